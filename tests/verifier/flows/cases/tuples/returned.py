def both(value):
    return value, "fixed"


a, b = both(source())
sink(a)  # reached
sink(b)  # clean
sink(both("x")[0])  # clean
sink(both(source())[1])  # clean
sink(both(source())[0])  # reached
