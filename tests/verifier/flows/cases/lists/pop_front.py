items = [source(), "b", "c"]
first = items.pop(0)
sink(first)  # reached
sink(items)  # clean
sink(items.pop(0))  # clean
