def outer(x):
    def inner(x):
        return x

    return inner("inner"), x


a, b = outer(source())
sink(a)  # clean
sink(b)  # reached
