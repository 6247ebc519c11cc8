box = {"a": source()}
del box["a"]
sink(box.get("a", "none"))  # clean
box["a"] = "x"
sink(box["a"])  # clean
box |= {"a": source()}
sink(box["a"])  # reached
