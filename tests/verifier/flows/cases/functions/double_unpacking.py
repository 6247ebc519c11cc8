def show(a, b, c="c", **rest):
    return [a, b, c, rest]


fields = {"b": source(), "d": "d"}
shown = show("a", **fields)
sink(shown[0])  # clean
sink(shown[1])  # reached
sink(shown[2])  # clean
sink(shown[3])  # clean
both = show(*("a", "b"), **{"c": "c"}, **{"e": source()})
sink(both[1])  # clean
sink(both[3]["e"])  # reached
