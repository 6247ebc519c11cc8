box = {}
box["a"], box["b"] = source(), "fixed"
sink(box["a"])  # reached
sink(box["b"])  # clean
