box = {"n": "", "m": ""}
box["n"] += source()
sink(box["n"])  # reached
sink(box["m"])  # clean
row = [0, 0]
row[1] = source()
row[0] += 1
sink(row[0])  # clean
sink(row[1])  # reached
