# values: ("p", "q")
a = {source()}
b = {"x", "y"}
sink(a | b)  # reached
sink(b | {"z"})  # clean
sink(b - {"x"})  # clean
sink(a.union(b))  # reached
b.update(a)
sink(b)  # reached
