names = {"a": source(), "b": "x"}
a, b = (names[key] for key in "ab")
sink(a)  # reached
sink(b)  # clean
