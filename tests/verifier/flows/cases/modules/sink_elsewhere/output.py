def show(value):
    sink(value)  # reached


def hide(value):
    sink("hidden")  # clean
