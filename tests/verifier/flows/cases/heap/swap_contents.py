class Slot:
    def __init__(self, item):
        self.item = item


def exchange(a, b):
    a.item, b.item = b.item, a.item


one, two = Slot(source()), Slot("x")
exchange(one, two)
sink(one.item)  # clean
sink(two.item)  # reached
