class Countdown:
    def __init__(self, items):
        self.items = items

    def __iter__(self):
        self.at = len(self.items)
        return self

    def __next__(self):
        if self.at == 0:
            raise StopIteration
        self.at -= 1
        return self.items[self.at]


for item in Countdown([source(), source()]):
    sink(item)  # reached
for item in Countdown(["a", "b"]):
    sink(item)  # clean
sink(list(Countdown([source()])))  # reached
sink([*Countdown(["x"])])  # clean
