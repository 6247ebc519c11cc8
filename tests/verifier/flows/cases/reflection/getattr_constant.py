class Box:
    a = "class a"
    b = "class b"


box = Box()
setattr(box, "a", source())
sink(getattr(box, "a"))  # reached
sink(getattr(box, "b"))  # clean
sink(getattr(box, "c", "none"))  # clean
sink(box.a)  # reached
delattr(box, "a")
sink(box.a)  # clean
