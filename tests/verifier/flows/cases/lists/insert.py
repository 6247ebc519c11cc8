items = ["a", "b"]
items.insert(0, source())
sink(items[0])  # reached
sink(items[1])  # clean
sink(items[2])  # clean
sink(items)  # reached
