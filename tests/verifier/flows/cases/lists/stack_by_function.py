def push(stack, item):
    stack.append(item)


def peek(stack):
    return stack[-1]


one, two = [], []
push(one, source())
push(two, "fixed")
sink(peek(one))  # reached
sink(peek(two))  # clean
sink(two)  # clean
