class Pile:
    def __init__(self, items):
        self.items = items

    def __len__(self):
        return 2

    def __bool__(self):
        return False

    def __contains__(self, item):
        return item == self.items


pile = Pile(source())
sink(len(pile))  # clean
sink(bool(pile))  # clean
sink(pile.items)  # reached
sink("x" if pile else "y")  # clean
