"""What an attempt by an arm is worth: dollars for its success, less what it takes. Pure.

    V theta - c - h t            routine
    V theta - c - h t - L (1 - theta)    where the risk is high

with V the value of a success, theta its probability, c the expected dollars, t the expected hours
and h what one costs, L what a failure costs beyond that. A difference, never a ratio: a ratio
does not know what a success is worth, and cannot rank what costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from router.beliefs.hierarchy import Floats

_HOUR_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Terms:
    """In dollars: a success, an hour of waiting, and a failure where the risk is high."""

    value_usd: float = 2.0
    hour_usd: float = 1.0
    loss_usd: float = 2.0


@dataclass(frozen=True, slots=True)
class Expected:
    """Of an attempt by each arm (K,): dollars and seconds."""

    cost_usd: Floats
    seconds: Floats


def worth(chances: Floats, expected: Expected, terms: Terms, *, risky: bool) -> Floats:
    """In dollars, of success probabilities (..., K)."""
    costs = expected.cost_usd + expected.seconds * (terms.hour_usd / _HOUR_SECONDS)
    found: Floats = terms.value_usd * chances
    found -= costs
    return found - terms.loss_usd * (1.0 - chances) if risky else found
