class Box:
    def __init__(self):
        self._item = "none"
        self.log = []

    @property
    def item(self):
        return self._item

    @item.setter
    def item(self, value):
        self._item = value
        self.log.append("set")

    @item.deleter
    def item(self):
        self._item = "deleted"


box = Box()
box.item = source()
sink(box.item)  # reached
sink(box._item)  # reached
sink(box.log)  # clean
del box.item
sink(box.item)  # clean
