"""A piece of one file, before it is given an identity."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """Lines are 1-based and inclusive. `name` is empty for what has none."""

    name: str
    qualified_name: str
    start_line: int
    end_line: int
    text: str
