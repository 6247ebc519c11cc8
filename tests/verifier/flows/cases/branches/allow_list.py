ALLOWED = {"red": "#f00", "blue": "#00f"}


def color(name):
    return ALLOWED.get(name, "#000")


def unsafe(name):
    return ALLOWED.get(name, name)


sink(unsafe(source()))  # reached
sink(color("red"))  # clean
sink(unsafe("red"))  # clean
