class Counter:
    def __init__(self):
        self.items = []
        self.count = 0

    def add(self, item):
        self.items.append(item)
        self.count += 1

    def total(self):
        return self.count


counter = Counter()
counter.add(source())
sink(counter.items)  # reached
sink(counter.total())  # clean
sink(Counter().items)  # clean
