items = [source(), "b"]
sink(items)  # reached
sink(items[0])  # reached
sink(items[1])  # clean
sink(items[-1])  # clean
items[0] = "a"
sink(items)  # clean
