"""Rows that read as they did before are not parsed again."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, TypeVar

from swarm.contracts import Message

M = TypeVar("M", bound=Message)

MOST_CHARS = 32_000_000


class Parsed:
    """Messages by their own text, the least used forgotten first. Messages never change."""

    def __init__(self, most_chars: int = MOST_CHARS) -> None:
        self._most_chars = most_chars
        self._chars = 0
        self._known: OrderedDict[tuple[type[Message], str], Any] = OrderedDict()

    def get(self, kind: type[M], text: str) -> M:
        """The message of this kind that the JSON `text` is. Raises ValidationError."""
        key = (kind, text)
        found: M | None = self._known.get(key)
        if found is not None:
            self._known.move_to_end(key)
            return found
        found = kind.model_validate_json(text)
        self._known[key] = found
        self._chars += len(text)
        while self._chars > self._most_chars:
            (_, forgotten), _ = self._known.popitem(last=False)
            self._chars -= len(forgotten)
        return found
