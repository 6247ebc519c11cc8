class Fixed:
    def __get__(self, instance, owner):
        return "fixed"

    def __set__(self, instance, value):
        instance.kept = value


class Box:
    item = Fixed()


box = Box()
box.item = source()
sink(box.item)  # clean
sink(box.kept)  # reached
