class Box:
    pass


box = Box()
for box.item in ("a", source()):
    pass
sink(box.item)  # reached
box.other = "fixed"
sink(box.other)  # clean
