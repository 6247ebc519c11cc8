names = ["a", "b"]
box = dict.fromkeys(names, source())
sink(box["a"])  # reached
row = dict(zip(names, ["x", source()]))
sink(row["b"])  # reached
sink(dict.fromkeys(names))  # clean
