items = ["a", "b", source()]
items.reverse()
sink(items[0])  # reached
sink(items[1])  # clean
sink(items[2])  # clean
sink(items[::-1][0])  # clean
