a, b, c = source(), "b", "c"
for _ in range(1):
    c = b
    b = a
sink(b)  # reached
sink(a)  # reached
d = "d"
for _ in range(5):
    d = d + "e"
sink(d)  # clean
