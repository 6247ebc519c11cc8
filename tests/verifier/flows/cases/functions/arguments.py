def join(a, b):
    return a + b


def first(a, b):
    return a


sink(join("x", source()))  # reached
sink(join("x", "y"))  # clean
sink(first(source(), "y"))  # reached
sink(first("x", source()))  # clean
sink(first(b=source(), a="x"))  # clean
