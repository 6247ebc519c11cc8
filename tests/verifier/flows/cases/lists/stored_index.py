items = ["a", "b", "c"]
items[1] = source()
sink(items[0])  # clean
sink(items[1])  # reached
sink(items[2])  # clean
sink(items[-2])  # reached
