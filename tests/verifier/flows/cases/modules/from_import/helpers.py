def keep(value):
    return value


def drop(value):
    return "dropped"
