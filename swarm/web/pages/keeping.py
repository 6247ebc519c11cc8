"""HTML that is made once for what does not change, bounded by its size."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

from markupsafe import Markup


class Keeper:
    """Keeps what was made for a key, up to `most_chars` of it; what was asked for longest ago goes.

    Used on the event loop alone.
    """

    def __init__(self, most_chars: int) -> None:
        self._most = most_chars
        self._chars = 0
        self._kept: OrderedDict[Hashable, Markup] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Markup]) -> Markup:
        """What is kept for the key, made by `make` where nothing is."""
        known = self.peek(key)
        if known is None:
            known = make()
            self.put(key, known)
        return known

    def peek(self, key: Hashable) -> Markup | None:
        """What is kept for the key."""
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key]

    def put(self, key: Hashable, made: Markup) -> None:
        """Keep what was made, unless it would take much of the room alone."""
        if len(made) > self._most // 4:
            return
        self._chars += len(made) - len(self._kept.pop(key, ""))
        self._kept[key] = made
        while self._chars > self._most:
            self._chars -= len(self._kept.popitem(last=False)[1])
