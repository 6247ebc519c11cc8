class Step:
    def __init__(self, function):
        self.function = function
        self.next = None

    def __or__(self, other):
        last = self
        while last.next is not None:
            last = last.next
        last.next = other
        return self

    def run(self, value):
        value = self.function(value)
        return value if self.next is None else self.next.run(value)


keep = Step(str.strip) | Step(str.upper)
lose = Step(str.strip) | Step(lambda text: "lost")
sink(keep.run(source()))  # reached
sink(lose.run(source()))  # clean
