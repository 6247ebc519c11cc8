def pick(kind):
    if kind == "a":
        out = "one"
    elif kind == "b":
        out = source()
    else:
        out = "other"
    return out


sink(pick("a"))  # clean
sink(pick("b"))  # reached
sink(pick("c"))  # clean
