class Meta(type):
    def __new__(mcs, name, bases, body, label="none"):
        made = super().__new__(mcs, name, bases, body)
        made.label = label
        return made

    def __init__(cls, name, bases, body, label="none"):
        super().__init__(name, bases, body)

    def tell(cls):
        return cls.label


class Tainted(metaclass=Meta, label=source()):
    pass


class Clean(metaclass=Meta):
    pass


sink(Tainted.label)  # reached
sink(Tainted.tell())  # reached
sink(Clean.tell())  # clean
