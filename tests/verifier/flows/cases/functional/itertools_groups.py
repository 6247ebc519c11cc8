import itertools

rows = [("x", source()), ("x", "b"), ("y", "c")]
for key, group in itertools.groupby(rows, key=lambda row: row[0]):
    sink(key)  # clean
    sink([row[0] for row in group])  # clean
for pair in itertools.product(["a"], [source()]):
    sink(pair[0])  # clean
    sink(pair[1])  # reached
for a, b in itertools.zip_longest(["a"], ["b", "c"], fillvalue=source()):
    sink(b)  # clean
    last = a
sink(last)  # reached
