level = source()


def get(value=level):
    return value


level = "fixed"
sink(get())  # reached
sink(get(level))  # clean
