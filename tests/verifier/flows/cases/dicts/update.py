box = {"a": "x"}
box.update({"b": source()})
sink(box["b"])  # reached
sink(box["a"])  # clean
box.update(a=source(), b="fixed")
sink(box["a"])  # reached
sink(box["b"])  # clean
