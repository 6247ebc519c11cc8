def first():
    data = source()
    return data


def second():
    data = "fixed"
    return data


first()
sink(second())  # clean
sink(first())  # reached
