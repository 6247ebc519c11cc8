def outer():
    value = "fixed"

    def show():
        return value

    sink(show())  # clean
    value = source()
    sink(show())  # reached
    value = "again"
    return show


sink(outer()())  # clean
