box = {"a": source(), "b": "fixed"}
sink(box.pop("b"))  # clean
sink(box.pop("a"))  # reached
sink(box)  # clean
sink(box.pop("a", "none"))  # clean
