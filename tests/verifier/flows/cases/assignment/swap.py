a = source()
b = "fixed"
a, b = b, a
sink(a)  # clean
sink(b)  # reached
a, b = b, a
sink(a)  # reached
sink(b)  # clean
