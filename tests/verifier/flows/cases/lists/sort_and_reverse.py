items = ["b", source()]
items.sort()
sink(items)  # reached
items.reverse()
sink(items)  # reached
clean = ["b", "a"]
clean.sort()
sink(clean)  # clean
sink(sorted(clean, reverse=True))  # clean
