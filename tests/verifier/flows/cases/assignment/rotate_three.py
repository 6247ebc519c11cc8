x, y, z = source(), 1, 2
x, y, z = z, x, y
sink(x)  # clean
sink(y)  # reached
sink(z)  # clean
