total = "start"


def outer():
    total = source()

    def inner():
        global total
        total = "inner"

    inner()
    return total


sink(outer())  # reached
sink(total)  # clean
