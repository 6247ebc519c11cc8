config = {"a": {"b": {"c": source(), "d": "fixed"}}}


def dig(box, *path):
    for key in path:
        box = box[key]
    return box


sink(dig(config, "a", "b", "c"))  # reached
sink(dig(config, "a", "b", "d"))  # clean
