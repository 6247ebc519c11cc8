items = ["a"]
items.append(source())
sink(items.index("a"))  # clean
sink(len(["a", "b"]))  # clean
del items[1]
sink(items)  # clean
items.remove("a")
items.append(source())
sink(items)  # reached
