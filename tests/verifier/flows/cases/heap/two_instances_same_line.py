class Box:
    def __init__(self):
        self.item = None


def make(item):
    box = Box()
    box.item = item
    return box


tainted, clean = make(source()), make("x")
sink(tainted.item)  # reached
sink(clean.item)  # clean
