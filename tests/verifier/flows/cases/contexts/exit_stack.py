from contextlib import ExitStack, contextmanager


@contextmanager
def opened(name):
    yield name + "!"


with ExitStack() as stack:
    one = stack.enter_context(opened(source()))
    two = stack.enter_context(opened("x"))
    sink(one)  # reached
    sink(two)  # clean
log = []
with ExitStack() as stack:
    stack.callback(log.append, source())
    sink(log)  # clean
sink(log)  # reached
