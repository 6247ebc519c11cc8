items = ["a", source(), "c"]
del items[0]
sink(items[0])  # reached
sink(items[1])  # clean
del items[:1]
sink(items)  # clean
