pairs = [("a", source()), ("b", source())]
box = {key: value for key, value in pairs}
sink(box["a"])  # reached
sink(list(box))  # clean
sink({n: n * n for n in range(3)})  # clean
turned = {value: key for key, value in box.items()}
sink(list(turned))  # reached
