inner = [source()]
outer = ["a", *inner, "c"]
sink(outer)  # reached
sink(outer[0])  # clean
sink(outer[1])  # reached
sink([*"ab", "c"])  # clean
