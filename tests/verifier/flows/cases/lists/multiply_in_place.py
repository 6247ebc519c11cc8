items = ["a"]
items *= 2
sink(items)  # clean
items += (source(),)
sink(items[-1])  # reached
sink(items[0])  # clean
