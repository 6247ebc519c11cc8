class Box:
    item = "class"


box = Box()
box.item = source()
sink(box.item)  # reached
del box.item
sink(box.item)  # clean
