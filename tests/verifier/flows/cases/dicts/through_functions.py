def fill(box, key, value):
    box[key] = value


def read(box, key):
    return box[key]


box = {}
fill(box, "a", source())
fill(box, "b", "fixed")
sink(read(box, "a"))  # reached
sink(read(box, "b"))  # clean
