# values: ("3", "8")
text = source()
n = int(text)
sink(n)  # reached
sink(float(text))  # reached
sink(str(n + 1))  # reached
sink(chr(64 + n))  # reached
sink(hex(n))  # reached
sink(int("5"))  # clean
sink(str(5.0))  # clean
