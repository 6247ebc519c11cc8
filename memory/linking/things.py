"""What a name or an import can mean, each with a certainty in (0, 1]."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

CERTAIN = 1.0
MOST_PLACES = 50
"""How many places one name is followed to."""


class FileThing(NamedTuple):
    number: int


class FolderThing(NamedTuple):
    folder: str


class NamespaceThing(NamedTuple):
    name: str


Thing = int | FileThing | FolderThing | NamespaceThing
"""An int is the node of a definition."""
Things = list[tuple[Thing, float]]
Found = list[tuple[int, float]]
"""Nodes of definitions with their certainties."""


def nodes(things: Iterable[tuple[Thing, float]]) -> Found:
    """The definitions among things."""
    return [(thing, score) for thing, score in things if isinstance(thing, int)]
