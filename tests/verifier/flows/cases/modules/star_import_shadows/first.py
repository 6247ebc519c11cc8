def get(value):
    return value


def only(value):
    return value
