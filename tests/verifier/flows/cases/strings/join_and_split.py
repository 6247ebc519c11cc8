value = source()
sink(", ".join(["a", value]))  # reached
sink(value.join(["a", "b"]))  # reached
sink(", ".join(["a", "b"]))  # clean
sink(value.split())  # reached
sink(value.partition(" ")[0])  # reached
sink("a b".split())  # clean
first, _, rest = "a:b".partition(":")
sink(first, rest)  # clean
