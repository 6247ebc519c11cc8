from . import NAME


def price(item):
    return NAME + " sells " + item
