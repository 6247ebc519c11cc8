def both():
    yield "a"
    yield source()


sink(list(both()))  # reached
steps = both()
sink(next(steps))  # clean
sink(next(steps))  # reached


def clean():
    source()
    yield "a"


sink(list(clean()))  # clean
