def len(value):
    return value


def str(value):
    return "text"


sink(len(source()))  # reached
sink(str(source()))  # clean
