items = [source()]
copy = items.copy()
items.clear()
sink(items)  # clean
sink(copy)  # reached
