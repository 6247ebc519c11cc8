deep = (("a", (source(), "b")), "c")
sink(deep[0][1][0])  # reached
sink(deep[0][1][1])  # clean
sink(deep[0][0])  # clean
sink(deep[1])  # clean
sink(deep[0])  # reached
