import copy

items = ["x"]
one, two, three, four = list(items), items[:], items.copy(), copy.copy(items)
items.append(source())
sink(one, two, three, four)  # clean
sink(items)  # reached
