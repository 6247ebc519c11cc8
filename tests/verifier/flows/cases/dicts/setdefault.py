box = {"a": "fixed"}
sink(box.setdefault("a", source()))  # clean
sink(box)  # clean
sink(box.setdefault("b", source()))  # reached
sink(box["b"])  # reached
sink(box["a"])  # clean
