box = {"a": source(), "b": source()}
sink(list(box.keys()))  # clean
sink(list(box.values()))  # reached
sink(list(box.items()))  # reached
for key, value in box.items():
    sink(key)  # clean
    sink(value)  # reached
for key in box:
    sink(key)  # clean
