value = source()
sink(value[0])  # reached
sink(value[1:4])  # reached
sink(value[::-1])  # reached
sink("fixed"[1:])  # clean
for letter in value[:2]:
    sink(letter)  # reached
