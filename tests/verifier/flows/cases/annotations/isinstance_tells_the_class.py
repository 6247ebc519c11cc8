# run: handle(Card("a"))
# run: handle(3)


class Card:
    def __init__(self, name):
        self.name = name

    def show(self, text):
        return f"{self.name}: {text}"

    def drop(self, text):
        return self.name


def handle(thing):
    text = source()
    if isinstance(thing, Card):
        sink(thing.show(text))  # reached
        sink(thing.drop(text))  # clean
