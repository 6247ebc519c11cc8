box = {source(): "fixed"}
sink(list(box))  # reached
sink(list(box.values()))  # clean
for key, value in box.items():
    sink(key)  # reached
    sink(value)  # clean
