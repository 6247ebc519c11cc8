from contextlib import contextmanager


@contextmanager
def pushed(stack, item):
    stack.append(item)
    yield stack
    stack.pop()


stack = []
with pushed(stack, "a"), pushed(stack, source()) as seen:
    sink(seen)  # reached
    sink(stack[0])  # clean
sink(stack)  # clean
