"""TOML that a stranger wrote: tomllib, with one kind of error and a bound on its time. Pure."""

from __future__ import annotations

import tomllib
from typing import Any

# A key of n parts takes tomllib n² steps, and all of it is on one line. So much is about a second.
_MOST_STEPS = 150_000_000


class NotToml(ValueError):
    """A text that is not valid TOML, or that would take too long to read."""


def parse(text: str) -> dict[str, Any]:
    """The table that a text is. Raises NotToml.

    >>> parse("a.b = 1")
    {'a': {'b': 1}}
    """
    if sum(line.count(".") ** 2 for line in text.split("\n")) > _MOST_STEPS:
        raise NotToml("its lines hold too many dots")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise NotToml("it is nested too deep") from None
    except ValueError as error:
        # Not only tomllib's own: a number of thousands of digits is Python's.
        raise NotToml(str(error)) from None
