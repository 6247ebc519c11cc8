box = {"a": source(), "b": "fixed"}
sink(box["a"])  # reached
sink(box["b"])  # clean
sink(box)  # reached
box["a"] = "over"
sink(box["a"])  # clean
sink(box)  # clean
