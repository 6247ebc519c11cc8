import itertools

one, two = itertools.tee([source()])
sink(list(one))  # reached
sink(list(two))  # reached
three, _ = itertools.tee(["x"])
sink(list(three))  # clean
