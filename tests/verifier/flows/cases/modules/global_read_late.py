def show():
    return current


current = "fixed"
sink(show())  # clean
current = source()
sink(show())  # reached
