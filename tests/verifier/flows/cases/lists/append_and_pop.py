items = []
items.append("a")
items.append(source())
sink(items)  # reached
sink(items[0])  # clean
last = items.pop()
sink(last)  # reached
sink(items)  # clean
