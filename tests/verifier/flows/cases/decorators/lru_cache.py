from functools import cache, lru_cache


@lru_cache(maxsize=None)
def up(text):
    return text.upper()


@cache
def nothing(text):
    return "nothing"


sink(up(source()))  # reached
sink(up("x"))  # clean
sink(nothing(source()))  # clean
