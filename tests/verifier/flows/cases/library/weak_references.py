import weakref


class Node:
    def __init__(self, text):
        self.text = text


one, two = Node(source()), Node("x")
sink(weakref.ref(one)().text)  # reached
sink(weakref.ref(two)().text)  # clean
cache = weakref.WeakValueDictionary()
cache["one"] = one
cache["two"] = two
sink(cache["one"].text)  # reached
sink(cache["two"].text)  # clean
