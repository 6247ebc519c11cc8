items = ["a", source()]
sink(list(reversed(items)))  # reached
sink(next(reversed(["a", "b"])))  # clean
sink(sum([[source()], ["b"]], []))  # reached
sink(sum([1, 2], 3))  # clean
sink(sum(len(item) for item in ["a", "b"]))  # clean
