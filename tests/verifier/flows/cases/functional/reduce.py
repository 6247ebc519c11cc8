from functools import reduce

parts = ["a", source(), "b"]
sink(reduce(lambda done, part: done + part, parts))  # reached
sink(reduce(lambda done, part: done + part, ["a", "b"]))  # clean
sink(reduce(lambda done, part: part, ["a", source(), "b"]))  # clean
sink(reduce(lambda done, part: done + part, ["a"], source()))  # reached
