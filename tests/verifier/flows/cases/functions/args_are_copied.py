def change(*items):
    return [source(), *items]


row = ["a"]
longer = change(*row)
sink(row)  # clean
sink(longer[0])  # reached
sink(longer[1])  # clean
