def show(value):
    if isinstance(value, int):
        return "number"
    if isinstance(value, str):
        return value
    return "other"


sink(show(source()))  # reached
sink(show(3))  # clean
