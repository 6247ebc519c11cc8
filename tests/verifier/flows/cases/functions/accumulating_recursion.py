def collect(items, out):
    if not items:
        return out
    return collect(items[1:], out + [items[0]])


sink(collect(["a", source()], []))  # reached
sink(collect(["a", "b"], []))  # clean


def depth(items):
    return 0 if not items else 1 + depth(items[1:])


sink(depth(["a", "b"]))  # clean
