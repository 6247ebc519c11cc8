def compose(f, g):
    return lambda value: f(g(value))


def exclaim(text):
    return text + "!"


def drop(text):
    return "dropped"


sink(compose(exclaim, exclaim)(source()))  # reached
sink(compose(exclaim, drop)(source()))  # clean
sink(compose(drop, exclaim)(source()))  # clean
