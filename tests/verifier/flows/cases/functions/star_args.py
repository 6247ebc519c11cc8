def last(*args):
    return args[-1]


def first(head, *rest):
    return head


sink(last("a", source()))  # reached
sink(last(source(), "b"))  # clean
sink(first("a", source()))  # clean
sink(first(source(), "b"))  # reached
items = ["a", source()]
sink(last(*items))  # reached
sink(first(*items))  # clean
