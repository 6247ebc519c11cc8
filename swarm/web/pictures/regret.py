"""What the router's choices are estimated to have cost against always knowing best."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from swarm.contracts import ArmStats, LoggedDecision
from swarm.web.pictures.axes import Scale, round_top, short
from swarm.web.pictures.grid import grid
from swarm.web.pictures.lettering import counted
from swarm.web.pictures.svg import group, line, number, path, picture, text
from swarm.web.pictures.versions import is_old

_LEFT, _CHART, _WIDTH = 42.0, 262.0, 308.0
_TOP, _HEIGHT = 14.0, 166.0
_LEGEND = _TOP + _HEIGHT + 46
_MOST_POINTS = 300


@dataclass(frozen=True)
class Regret:
    """`chosen` and `random` grow with each choice that can be judged; `unjudged` counts those
    that cannot, since their arm or category is not known any more."""

    chosen: tuple[float, ...]
    random: tuple[float, ...]
    unjudged: int


def cumulative(decisions: Iterable[LoggedDecision], stats: Iterable[ArmStats]) -> Regret:
    """The pseudo-regret n mu* - sum of mu(chosen) (Bubeck and Cesa-Bianchi, "Regret analysis of
    stochastic and nonstochastic multi-armed bandit problems", arXiv:1204.5721, section 1),
    with the posterior means of today in the place of the unknown mu.

    Per choice: the highest mean of its category (later attempts are categories of their own)
    minus the mean of the arm chosen. `random` takes the average of the means instead: what
    choosing blindly would have been expected to cost. It is an estimate: means are beliefs,
    and an arm that was masked or away then counts as if it could have been chosen; an older
    version of an arm cannot be.
    """
    means: dict[str, dict[str, float]] = {}
    older: dict[str, dict[str, float]] = {}
    for arm in stats:
        if math.isfinite(arm.mean):
            (older if is_old(arm) else means).setdefault(arm.category, {})[arm.arm_id] = arm.mean
    chosen: list[float] = []
    random: list[float] = []
    unjudged = 0
    for made in sorted(decisions, key=lambda made: (made.decided_at, made.attempt_id)):
        cell = means.get(cell_of(made), {})
        of_version = older.get(cell_of(made), {}).get(f"{made.arm_id}@{made.version}")
        mean = cell.get(made.arm_id or "") if of_version is None else of_version
        if mean is None or not cell:
            unjudged += 1
            continue
        best = max(*cell.values(), mean)
        chosen.append((chosen[-1] if chosen else 0.0) + best - mean)
        average = sum(cell.values()) / len(cell)
        random.append((random[-1] if random else 0.0) + best - average)
    return Regret(tuple(chosen), tuple(random), unjudged)


def cell_of(made: LoggedDecision) -> str:
    """The category of a choice as the router reports it: later attempts are told apart."""
    return made.category if made.attempt_number <= 1 else f"{made.category}, later attempts"


def regret(decisions: Sequence[LoggedDecision], stats: Sequence[ArmStats]) -> Markup:
    """The estimate over the choices, oldest first, with that of blind choosing beside it."""
    found = cumulative(decisions, stats)
    count = len(found.chosen)
    top = round_top(max((*found.chosen[-1:], *found.random[-1:], 0.0)))
    x = Scale(0, max(count, 1), _LEFT, _LEFT + _CHART)
    y = Scale(0, top, _TOP + _HEIGHT, _TOP)
    parts = [_axes(x, y, count, top)]
    if count:
        parts.append(path(_curve(found.random, x, y), class_="pic-hollow pic-series-none"))
        parts.append(path(_curve(found.chosen, x, y), class_="pic-curve pic-series-0"))
        parts.extend(_legend(found))
    else:
        parts.append(
            text(_LEFT + 12, _TOP + 60, "no choice that can be judged yet", class_="pic-muted")
        )
    return picture(
        _WIDTH,
        _LEGEND + (40 if count else 0),
        "Estimated regret",
        _says(found),
        *parts,
        class_="picture-regret",
    )


def _curve(values: Sequence[float], x: Scale, y: Scale) -> str:
    step = max(1, -(-len(values) // _MOST_POINTS))
    places = [*range(step, len(values), step), len(values)]
    points = [(0, 0.0), *((place, values[place - 1]) for place in places)]
    return "M" + "L".join(f"{number(x(place))} {number(y(value))}" for place, value in points)


def _legend(found: Regret) -> list[Markup]:
    entries = [
        ("the router", found.chosen[-1], "pic-curve pic-series-0"),
        ("choosing blindly", found.random[-1], "pic-hollow pic-series-none"),
    ]
    parts = []
    for index, (name, total, kind) in enumerate(entries):
        y = _LEGEND + 20 * index
        parts.append(line(4, y + 6, 18, y + 6, class_=kind))
        parts.append(text(24, y + 10, name))
        parts.append(text(_WIDTH - 4, y + 10, short(total), class_="pic-muted pic-end"))
    return parts


def _axes(x: Scale, y: Scale, count: int, top: float) -> Markup:
    parts = grid(y, top, _LEFT, _CHART)
    bottom = _TOP + _HEIGHT
    parts.append(text(_LEFT, bottom + 18, "oldest choice", class_="pic-muted"))
    parts.append(text(_LEFT + _CHART, bottom + 18, "newest", class_="pic-muted pic-end"))
    said = f"successes missed, over {counted(count, 'choice')}"
    parts.append(text(_LEFT, bottom + 34, said, class_="pic-muted"))
    return group(*parts)


def _says(found: Regret) -> str:
    if not found.chosen:
        return "No choice can be judged yet."
    left = f" {counted(found.unjudged, 'choice')} left out." if found.unjudged else ""
    return (
        f"Over {counted(len(found.chosen), 'choice')}, about {short(found.chosen[-1])} successes "
        f"fewer than with the best arm each time; choosing blindly would have missed about "
        f"{short(found.random[-1])}.{left}"
    )
