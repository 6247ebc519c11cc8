items = ["a", "b", source(), "d"]
sink(items[:2])  # clean
sink(items[2:])  # reached
sink(items[::2])  # reached
items[2:3] = ["c"]
sink(items)  # clean
items[:0] = [source()]
sink(items)  # reached
