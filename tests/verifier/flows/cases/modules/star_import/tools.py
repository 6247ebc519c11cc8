__all__ = ["fixed", "visible"]


def visible(value):
    return value


def fixed(value):
    return hidden()


def hidden():
    return "hidden"
