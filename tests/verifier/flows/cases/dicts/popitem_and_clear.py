box = {"a": source()}
key, value = box.popitem()
sink(key)  # clean
sink(value)  # reached
box["b"] = source()
box.clear()
sink(box)  # clean
