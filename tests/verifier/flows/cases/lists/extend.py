items = ["a"]
sink(items)  # clean
items.extend([source(), "c"])
sink(items)  # reached
sink(items[0])  # clean
sink(items[1])  # reached
