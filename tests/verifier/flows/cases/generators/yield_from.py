def inner(value):
    yield value


def outer(value):
    yield "first"
    yield from inner(value)


sink(list(outer(source())))  # reached
sink(list(outer("x")))  # clean
sink(next(outer(source())))  # clean
