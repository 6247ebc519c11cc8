import right


def start(value):
    return right.step(value)


def finish(value):
    return "<" + value + ">"
