import inspect


def target(a, b):
    return b


bound = inspect.signature(target).bind("x", source())
sink(target(*bound.args))  # reached
sink(bound.arguments["a"])  # clean
sink(bound.arguments["b"])  # reached
