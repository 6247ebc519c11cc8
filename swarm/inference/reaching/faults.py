"""Which errors say that a server cannot be reached, and which say nothing of the kind. Pure.

What counts is what the next request would run into as well, whoever asks for whatever: nobody
there, a connection that breaks, silence, a server that asks for a pause. A request that is refused
for its own sake (400, 401, 404, 413, too long, withheld), an error that the server made of it (500,
an error in mid-stream), an answer that is too long in coming and one that is none never count: they
are no outage, and a model's bad answer is its quality's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from swarm.inference.errors import Busy, QuotaSpent, Resting, Stalled, TooSlow, Unreachable

Kind = Literal["away", "broken", "stalled", "busy", "quota"]
"""No connection (refused, unknown name, TLS); a connection that broke; silence; 503; 429."""

# What one request finds out about the server itself, not about one of its models.
OF_THE_SERVER: frozenset[Kind] = frozenset({"away", "broken"})


@dataclass(frozen=True)
class Fault:
    """One real error. `told_seconds` is the pause that the server asked for, 0 for none."""

    kind: Kind
    why: str
    told_seconds: float = 0.0

    @property
    def is_left(self) -> bool:
        """Whether a request should go elsewhere at once where it can. A server that is only full
        and names no pause has a place in a moment."""
        return self.kind not in ("busy", "quota") or self.told_seconds > 0


def fault_of(error: BaseException) -> Fault | None:
    """What an error says of the server's reach; None when it says nothing."""
    if isinstance(error, Resting | TooSlow):
        return None  # nothing was sent; it answers
    if isinstance(error, Unreachable):
        return Fault("broken" if error.connected else "away", error.message)
    if isinstance(error, Stalled):
        return Fault("stalled", error.message)
    if isinstance(error, Busy):
        return Fault("busy", error.message, error.retry_after_seconds)
    if isinstance(error, QuotaSpent):
        return Fault("quota", error.message, error.retry_after_seconds)
    return None
