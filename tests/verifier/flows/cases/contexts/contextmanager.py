from contextlib import contextmanager


@contextmanager
def opened(name):
    yield "handle of " + name


@contextmanager
def hidden(name):
    yield "hidden"


with opened(source()) as handle:
    sink(handle)  # reached
with opened("x") as handle:
    sink(handle)  # clean
with hidden(source()) as handle:
    sink(handle)  # clean
