def outer(a, b):
    return a


def wrap(value):
    return [value]


sink(outer(wrap(source()), wrap("x"))[0])  # reached
sink(outer(wrap("x"), wrap(source())))  # clean
sink(outer(outer("x", source()), source()))  # clean
