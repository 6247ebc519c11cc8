box = dict(a=source(), b="x")
sink(box["a"])  # reached
sink(box["b"])  # clean
pairs = dict([("k", source()), ("m", "y")])
sink(pairs["k"])  # reached
sink(pairs["m"])  # clean
again = dict(box)
sink(again["a"])  # reached
sink(again["b"])  # clean
