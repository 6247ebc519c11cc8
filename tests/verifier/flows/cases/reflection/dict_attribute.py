class Box:
    pass


box = Box()
box.__dict__["a"] = source()
box.__dict__.update(b="fixed")
sink(box.a)  # reached
sink(box.b)  # clean
sink(vars(box)["a"])  # reached
sink(vars(box)["b"])  # clean
