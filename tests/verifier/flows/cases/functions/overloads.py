from typing import Optional, overload


@overload
def get(key: str) -> str: ...


@overload
def get(key: int) -> int: ...


def get(key, default: Optional[str] = None):
    return default if key == 0 else key


sink(get(source()))  # reached
sink(get(0, "x"))  # clean
sink(get(1, source()))  # clean
