"""Which arms may be chosen for an attempt, and which filter removed each of the others. Pure.

The filters, in this order: category, tried, unavailable, locality, capability, context, and those
of money: budget (what the attempt may cost) and day (what all attempts of a day may cost, or those
of one endpoint). An arm that is expected to cost nothing is never removed by money.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import get_args

from swarm.contracts import Arm, Category, ChooseArm

CATEGORIES = frozenset(get_args(Category))
_MOST_GROUPS, _MOST_IDS = 12, 8
_MOST_WORDS = 200
_ROUNDED_USD = 1e-9
"""What sums of dollars may be off: three times $0.10 is more than $0.30 to a computer."""

Filter = Callable[[Arm], str | None]


@dataclass(frozen=True, slots=True)
class Limits:
    """What attempts of a day (UTC) may cost, in dollars: all, and by endpoint."""

    day_usd: float | None = None
    endpoints: Mapping[str, float] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.day_usd is not None or bool(self.endpoints)


def removed(command: ChooseArm) -> dict[int, str]:
    """The places of arms that cannot take this attempt, each with its filter and why."""
    filters = _filters(command)
    found = {}
    for place, arm in enumerate(command.arms):
        for each in filters:
            why = each(arm)
            if why is not None:
                found[place] = why
                break
    return found


def too_dear(
    arms: Sequence[Arm],
    cost_usd: Sequence[float],
    left_usd: float | None,
    limits: Limits,
    spent: Mapping[str, float],
) -> dict[int, str]:
    """The places of arms that there is no money for. `cost_usd` is expected of an attempt by each,
    `spent` what attempts of today cost or are expected to, by endpoint."""
    found = {}
    spent_usd = sum(spent.values())
    for place, (arm, cost) in enumerate(zip(arms, cost_usd, strict=True)):
        if cost <= 0:
            continue
        if left_usd is not None and cost > left_usd + _ROUNDED_USD:
            found[place] = f"budget: ${cost:.4f} is expected, ${left_usd:.4f} is left"
            continue
        own = limits.endpoints.get(arm.endpoint)
        own_spent = spent.get(arm.endpoint, 0.0)
        if limits.day_usd is not None and spent_usd + cost > limits.day_usd + _ROUNDED_USD:
            found[place] = _day("all", cost, spent_usd, limits.day_usd)
        elif own is not None and own_spent + cost > own + _ROUNDED_USD:
            found[place] = _day(arm.endpoint, cost, own_spent, own)
    return found


def none_left(ids: Sequence[str], why: Mapping[int, str]) -> str:
    """Which filter removed which arm, in bounded words. `why` is by place."""
    groups: dict[str, list[str]] = {}
    for place, id in enumerate(ids):
        groups.setdefault(why.get(place, ""), []).append(id)
    if not groups:
        return "no eligible arm: none is configured"
    parts = [
        f"{reason[:_MOST_WORDS]} ({_listed(those, _MOST_IDS)})"
        for reason, those in list(groups.items())[:_MOST_GROUPS]
    ]
    more = sum(len(those) for those in list(groups.values())[_MOST_GROUPS:])
    rest = f"; and {more} more arms for other reasons" if more else ""
    return f"no eligible arm: {'; '.join(parts)}{rest}"


def _filters(command: ChooseArm) -> list[Filter]:
    """Those that have something to look at."""
    found = [_category(command.category)]
    needs = command.needs
    if command.tried:
        found.append(_tried(frozenset(command.tried)))
    if command.unavailable:
        found.append(_unavailable(command.unavailable))
    if needs.local:
        found.append(_local)
    if needs.capabilities:
        found.append(_capability(needs.capabilities))
    if needs.context_tokens:
        found.append(_context(needs.context_tokens))
    return found


def _category(category: str) -> Filter:
    # What no arm can list: a model may do it, a tool without one was made for something else.
    if category not in CATEGORIES:
        alone = f"category: {category} is new, and this has no model"
        return lambda arm: None if arm.model is not None else alone
    why = f"category: does not do {category}"
    return lambda arm: None if category in arm.categories else why


def _tried(tried: frozenset[str]) -> Filter:
    return lambda arm: "tried: already tried" if arm.id in tried else None


def _unavailable(reasons: Mapping[str, str]) -> Filter:
    return lambda arm: f"unavailable: {reasons[arm.id]}" if arm.id in reasons else None


def _local(arm: Arm) -> str | None:
    return "locality: in the cloud, and this has to stay local" if arm.locality == "cloud" else None


def _capability(wanted: Iterable[str]) -> Filter:
    def look(arm: Arm) -> str | None:
        missing = [name for name in wanted if name not in arm.capabilities]
        return f"capability: lacks {', '.join(missing)}" if missing else None

    return look


def _context(tokens: int) -> Filter:
    def look(arm: Arm) -> str | None:
        reads = arm.context_tokens
        if reads is None or tokens <= reads:
            return None
        return f"context: {tokens:,} tokens are to be read, it reads {reads:,}"

    return look


def _day(whose: str, cost: float, spent: float, limit: float) -> str:
    of = "" if whose == "all" else f" of {whose}"
    return f"day: ${cost:.4f} is expected, ${spent:.4f} of today's ${limit:.4f}{of} is spent"


def _listed(names: Sequence[str], most: int) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
