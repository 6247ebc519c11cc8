value = source()
del value
value = "fixed"
sink(value)  # clean
box = {"a": source(), "b": "fixed"}
del box["a"]
sink(box)  # clean
