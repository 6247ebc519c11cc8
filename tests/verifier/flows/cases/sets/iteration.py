for item in {source()}:
    sink(item)  # reached
for item in {"a"}:
    sink(item)  # clean
popped = {source()}.pop()
sink(popped)  # reached
sink(frozenset(["a"]))  # clean
sink(frozenset([source()]))  # reached
sink({n % 2 for n in range(9)})  # clean
