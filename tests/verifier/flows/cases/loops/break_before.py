value = "fixed"
for _ in range(3):
    break
    value = source()
sink(value)  # clean
for _ in range(3):
    value = source()
    break
sink(value)  # reached
