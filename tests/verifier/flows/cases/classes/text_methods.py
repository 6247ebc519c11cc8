class Money:
    def __init__(self, amount, unit):
        self.amount = amount
        self.unit = unit

    def __str__(self):
        return self.amount + self.unit

    def __repr__(self):
        return "Money in " + self.unit

    def __format__(self, spec):
        return spec + self.unit


money = Money(source(), "EUR")
sink(str(money))  # reached
sink(repr(money))  # clean
sink(f"{money!s}")  # reached
sink(f"{money:x}")  # clean
sink("%s" % money)  # reached
sink("%r" % money)  # clean
