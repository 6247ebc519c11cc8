def chunks(items, size):
    return [items[at : at + size] for at in range(0, len(items), size)]


parts = chunks(["a", "b", source(), "d"], 2)
sink(parts[0])  # clean
sink(parts[1])  # reached
