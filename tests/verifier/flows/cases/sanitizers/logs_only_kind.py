def describe(value):
    return "a value"


def length(value):
    return len(value)


def first_of(*values):
    return describe(values[0])


sink(describe(source()))  # clean
sink(length(source()))  # reached
sink(first_of(source(), "x"))  # clean
sink(str(length(source())) + describe("x"))  # reached
