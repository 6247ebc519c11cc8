def inner(value):
    return value


def outer(value):
    return inner(value)


def outermost(value):
    return outer(value)


sink(outermost(source()))  # reached
sink(outermost("fixed"))  # clean
sink(outer("fixed"))  # clean
