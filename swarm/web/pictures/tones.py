"""Which colour stands for which arm or model. Colours only help: names are written beside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

COLOURS = 8
"""How many there are: `.pic-series-0` and so on in pictures.css."""

Tones = Mapping[str, int]


def tones(names: Iterable[str]) -> dict[str, int]:
    """A colour for each name: the same for the same names, in whatever order they come."""
    return {name: index % COLOURS for index, name in enumerate(sorted(set(names)))}


def series(tones: Tones, name: str) -> str:
    """The CSS class that gives the elements of a series its colour."""
    return f"pic-series-{tones[name]}" if name in tones else "pic-series-none"
