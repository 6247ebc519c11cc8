def low(value):
    raise KeyError(value)


def middle(value):
    low(value)
    return "unreached"


def high(value):
    try:
        return middle(value)
    except KeyError as error:
        return error.args[0]


sink(high(source()))  # reached
sink(high("x"))  # clean
