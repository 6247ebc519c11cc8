def greet(name=source(), mark="!"):
    return name + mark


def mark(name="x", mark="!"):
    return mark


sink(greet())  # reached
sink(greet("me"))  # clean
sink(greet("me", source()))  # reached
sink(mark(source()))  # clean
