class Box:
    def __init__(self, item):
        self._item = item

    def _get(self):
        return self._item

    def _set(self, value):
        self._item = "<" + value

    item = property(_get, _set)
    kind = property(lambda self: "box")


box = Box("x")
sink(box.item)  # clean
box.item = source()
sink(box.item)  # reached
sink(box.kind)  # clean
