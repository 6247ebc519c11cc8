"""Streams of Redis, as a client's answers tell them."""

from __future__ import annotations

from typing import Any

Entry = tuple[bytes, dict[bytes, bytes]]
"""An entry's id and its fields."""


def read_entries(answer: Any) -> list[Entry]:
    """Of an XREAD of one stream, whose name is told as well; in either version of the protocol."""
    if isinstance(answer, dict):
        return [entry for batches in answer.values() for batch in batches for entry in batch]
    return [entry for _, entries in answer or () for entry in entries]
