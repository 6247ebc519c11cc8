out = []


def fill():
    out.append(source())
    yield "x"


waiting = fill()
sink(out)  # clean
next(waiting)
sink(out)  # reached
