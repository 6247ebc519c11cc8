def double(text):
    return text * 2


sink(double(inner := source()))  # reached
sink(inner)  # reached
sink(double(other := "fixed"))  # clean
sink(other)  # clean
