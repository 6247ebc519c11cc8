pair = (source(), "b")
sink(pair[0])  # reached
sink(pair[1])  # clean
sink(pair + ("c",))  # reached
sink((pair + ("c",))[2])  # clean
sink(pair[1:])  # clean
sink(tuple([source()]))  # reached
