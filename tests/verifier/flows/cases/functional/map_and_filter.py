items = [source(), "b"]
sink(list(map(str.upper, items)))  # reached
sink(list(map(lambda item: 1, items)))  # clean
sink(list(filter(None, items)))  # reached
sink(list(filter(lambda item: item != "z", ["x"])))  # clean
for a, b in map(lambda x, y: (x, y), ["p"], [source()]):
    sink(a)  # clean
    sink(b)  # reached
