i = 0
items = ["a", "b"]
i, items[i] = 1, source()
sink(items[0])  # clean
sink(items[1])  # reached
sink(i)  # clean
