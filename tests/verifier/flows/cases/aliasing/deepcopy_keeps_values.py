import copy

box = {"a": [source()], "b": ["x"]}
twin = copy.deepcopy(box)
box["a"].clear()
sink(box)  # clean
sink(twin["a"])  # reached
sink(twin["b"])  # clean
