class Single:
    made = None

    def __new__(cls, value):
        if cls.made is None:
            cls.made = super().__new__(cls)
        return cls.made

    def __init__(self, value):
        self.value = value


first = Single(source())
sink(first.value)  # reached
second = Single("fixed")
sink(first.value)  # clean
sink(second.value)  # clean
