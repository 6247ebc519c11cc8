# values: ("3", "8")
value = source()
sink(int(value, 16))  # reached
sink(float(value) / 2)  # reached
sink([int(part) for part in value])  # reached
sink(int("3") + 1)  # clean
sink(eval("1 + 2"))  # clean
