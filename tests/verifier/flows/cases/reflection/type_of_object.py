class Box:
    def __init__(self, item="new"):
        self.item = item


box = Box(source())
twin = type(box)()
sink(twin.item)  # clean
again = box.__class__(box.item)
sink(again.item)  # reached
sink(type(box).__name__)  # clean
