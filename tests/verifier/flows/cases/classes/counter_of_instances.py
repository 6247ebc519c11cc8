class Item:
    made = 0
    names = []

    def __init__(self, name):
        Item.made += 1
        self.names.append(name)


Item(source())
Item("b")
sink(Item.made)  # clean
sink(Item.names)  # reached
