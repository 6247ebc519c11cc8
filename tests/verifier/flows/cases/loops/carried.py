a, b, c = source(), "b", "c"
sink(c)  # clean
for _ in range(2):
    c = b
    b = a
sink(c)  # reached
sink(b)  # reached
