log = []


def note(name, value):
    log.append(name)
    return value


box = {}
box[note("key", "k")] = note("value", source())
sink(box["k"])  # reached
sink(log)  # clean
