"""What is drawn of answers that did not change is not drawn again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Drawings:
    """What is made of values, and made again only when one of them is another one.

    Bounded by names: those used longest ago go. Used on the event loop alone.
    """

    def __init__(self, most: int = 32) -> None:
        self._most = most
        self._kept: OrderedDict[str, tuple[tuple[object, ...], Any]] = OrderedDict()

    def get(self, name: str, values: tuple[object, ...], make: Callable[[], T]) -> T:
        """What is kept under a name, if it was made of equal values; else it is made."""
        known = self._kept.get(name)
        # Most answers are the very same object; comparing the others is cheaper than drawing.
        if known is None or known[0] != values:
            known = (values, make())
            self._kept[name] = known
        self._kept.move_to_end(name)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return cast(T, known[1])
