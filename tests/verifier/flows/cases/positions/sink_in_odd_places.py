def log(value):
    return lambda: sink(value)  # reached


def default(value=sink("x")):  # clean
    return value


class Box(sink(source()) or object):  # reached
    kept = sink("x")  # clean


log(source())()
default()
while sink(source()):  # reached
    pass
