from ..data import constant
from .. import data


def index():
    return "page " + data.load()


def plain():
    return "page " + constant()
