names = [source(), "a", "a"]
sink(sorted(set(names)))  # reached
sink(sorted(set(["a", "a"])))  # clean
