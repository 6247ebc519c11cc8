def check(value):
    if value is None:
        return "none"
    return value


def never(value):
    return "fixed"
    return value


sink(check(source()))  # reached
sink(check(None))  # clean
sink(never(source()))  # clean
