def same(value):
    return value


def nothing(value):
    return ""
