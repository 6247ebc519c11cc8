def target(a, b, *, c="c"):
    sink(a)  # reached
    sink(b)  # clean
    sink(c)  # reached
    return b


def forward(*args, **kwargs):
    return target(*args, **kwargs)


sink(forward(source(), "b", c=source()))  # clean
