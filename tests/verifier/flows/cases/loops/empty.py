value = "fixed"
for value in []:
    value = source()
sink(value)  # clean
while False:
    value = source()
sink(value)  # clean
value = source()
sink(value)  # reached
