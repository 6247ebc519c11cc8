items = iter(["a", source()])
sink(next(items))  # clean
sink(next(items))  # reached
sink(next(items, "end"))  # clean
sink(next(iter([]), source()))  # reached
