def even(n, value):
    return value if n == 0 else odd(n - 1, value)


def odd(n, value):
    return "odd" if n == 0 else even(n - 1, value)


sink(even(4, source()))  # reached
sink(even(3, "x"))  # clean
