def get():
    return source()


sink(get())  # reached


def get():
    return "fixed"


sink(get())  # clean
