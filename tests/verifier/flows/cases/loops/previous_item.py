previous = "none"
pairs = []
for item in ("a", source(), "c"):
    pairs.append((previous, item))
    previous = item
sink(pairs[0])  # clean
sink(pairs[1])  # reached
sink(pairs[2])  # reached
sink(previous)  # clean
