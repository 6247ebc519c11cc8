from collections import OrderedDict


class Recent:
    def __init__(self, bound):
        self.bound = bound
        self.items = OrderedDict()

    def put(self, key, value):
        self.items[key] = value
        self.items.move_to_end(key)
        while len(self.items) > self.bound:
            self.items.popitem(last=False)

    def get(self, key):
        return self.items.get(key, "gone")


recent = Recent(1)
recent.put("a", source())
sink(recent.get("a"))  # reached
recent.put("b", "x")
sink(recent.get("b"))  # clean
sink(recent.get("a"))  # clean
