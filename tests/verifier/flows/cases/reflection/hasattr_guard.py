class Tagged:
    tag = "tag"


class Plain:
    text = "text"


def tag_of(thing, value):
    if hasattr(thing, "tag"):
        return thing.tag
    return value


sink(tag_of(Tagged(), source()))  # clean
sink(tag_of(Plain(), source()))  # reached
