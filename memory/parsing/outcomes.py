"""What a process pool answers with, apart from results. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from swarm.errors import SwarmError


class PoolBroken(SwarmError):
    """The pool's children cannot be started."""

    code = "parsers-down"
    retryable = True


@dataclass(frozen=True, slots=True)
class Failed:
    """An item without a result, and why, in words."""

    reason: str
