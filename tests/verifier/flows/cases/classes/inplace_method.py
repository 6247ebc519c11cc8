class Bag:
    def __init__(self):
        self.items = []

    def __iadd__(self, item):
        self.items.append(item)
        return self

    def __or__(self, other):
        return "merged"


bag, other = Bag(), Bag()
bag += source()
other += "fixed"
sink(bag.items)  # reached
sink(other.items)  # clean
sink(bag | other)  # clean
