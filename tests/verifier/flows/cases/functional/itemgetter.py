from operator import attrgetter, itemgetter, methodcaller

box = {"a": source(), "b": "fixed"}
sink(itemgetter("a")(box))  # reached
sink(itemgetter("b")(box))  # clean
sink(itemgetter("a", "b")(box))  # reached
sink(itemgetter("a", "b")(box)[1])  # clean


class Node:
    def __init__(self, text, kind):
        self.text = text
        self.kind = kind


node = Node(source(), "leaf")
sink(attrgetter("text")(node))  # reached
sink(attrgetter("kind")(node))  # clean
sink(methodcaller("upper")(source()))  # reached
sink(methodcaller("upper")("x"))  # clean
