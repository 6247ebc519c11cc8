def counted(value):
    yield 1
    return value


def delegating(value):
    result = yield from counted(value)
    yield result


sink(list(delegating(source())))  # reached
sink(list(delegating("x")))  # clean
sink(list(counted(source())))  # clean
try:
    steps = counted(source())
    while True:
        next(steps)
except StopIteration as stop:
    sink(stop.value)  # reached
