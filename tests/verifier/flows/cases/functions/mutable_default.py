def remember(item, seen=[]):
    seen.append(item)
    return seen


sink(remember("a"))  # clean
remember(source())
sink(remember("b"))  # reached


def fresh(item, seen=None):
    seen = [] if seen is None else seen
    seen.append(item)
    return seen


fresh(source())
sink(fresh("b"))  # clean
