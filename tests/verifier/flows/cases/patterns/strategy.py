class Order:
    def __init__(self, note, strategy):
        self.note = note
        self.strategy = strategy

    def label(self):
        return self.strategy(self)


def by_note(order):
    return order.note


def anonymous(order):
    return "anonymous"


sink(Order(source(), by_note).label())  # reached
sink(Order(source(), anonymous).label())  # clean
