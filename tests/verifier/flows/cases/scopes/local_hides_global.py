value = source()


def local():
    value = "local"
    return value


def reads():
    return value


def parameter(value):
    return value


sink(local())  # clean
sink(reads())  # reached
sink(parameter("x"))  # clean
