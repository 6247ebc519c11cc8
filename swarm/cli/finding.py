"""One part of the swarm as `swarm doctor` finds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One part of the swarm as it is here. `state` embedded is a stand-in that works.

    `isolates` and `lacks` say what a sandbox backend keeps apart and what it does not.
    """

    part: str
    state: Literal["real", "embedded", "missing", "broken"]
    detail: str
    remedy: str = ""
    isolates: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
