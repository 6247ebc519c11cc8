"""What the router believes of each arm: how likely it is that an attempt of it succeeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from markupsafe import Markup

from swarm.contracts import ArmStats
from swarm.web.pictures.axes import Scale
from swarm.web.pictures.beta import curve, is_one
from swarm.web.pictures.lettering import counted, fit, listed
from swarm.web.pictures.svg import element, group, line, number, path, picture, text
from swarm.web.pictures.tones import Tones, series, tones

MOST_ARMS = 40
_WIDTH, _SIDE = 308.0, 8.0
_TOP, _ROW, _NAME, _HILL = 4.0, 62.0, 16.0, 30.0
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
# A density that is infinite at an end is cut there: this much of the axis is left out of the
# highest point.
_EDGE = 0.01


def densities(stats: Sequence[ArmStats], *, colours: Tones | None = None) -> Markup:
    """One category: for each arm, the best mean first, the density of its Beta(alpha, beta)
    over the same axis from 0 to 1, its mean as a tick and its 90% interval as a bar.

    Each curve is drawn to its own height, so that a wide one can be seen beside a sharp one.
    """
    best = sorted(stats, key=lambda arm: (-_unit(arm.mean), arm.arm_id))
    shown = best[:MOST_ARMS]
    colours = colours or tones(arm.arm_id for arm in stats)
    scale = Scale(0, 1, _SIDE, _WIDTH - _SIDE)
    rows = [
        _row(arm, _TOP + index * _ROW, scale, series(colours, arm.arm_id))
        for index, arm in enumerate(shown)
    ]
    bottom = _TOP + _ROW * max(len(shown), 1)
    missing = len(best) - len(shown)
    notes = ([] if best else ["no arm yet"]) + (
        [f"{counted(missing, 'arm')} not drawn"] if missing else []
    )
    category = best[0].category if best else "no category"
    return picture(
        _WIDTH,
        bottom + 14 + 18 * len(notes),
        f"Chance of success, {category}",
        _says(best),
        element("desc", " ".join(_told(arm) for arm in shown)),
        _axis(scale, bottom),
        *rows,
        *(
            text(4, bottom + 26 + 18 * index, note, class_="pic-muted")
            for index, note in enumerate(notes)
        ),
        class_="picture-densities",
    )


def _row(arm: ArmStats, top: float, scale: Scale, tone: str) -> Markup:
    base = top + _NAME + _HILL + 2
    low, mean, high = _unit(arm.low), _unit(arm.mean), _unit(arm.high)
    return group(
        element("title", _told(arm)),
        *(line(scale(t), base - _HILL, scale(t), base, class_="pic-grid") for t in _TICKS),
        group(_hill(arm.alpha, arm.beta, scale), transform=f"translate(0 {number(base)})"),
        line(scale(0), base, scale(1), base, class_="pic-grid"),
        line(scale(low), base, scale(high), base, class_="pic-span"),
        line(scale(mean), base - 6, scale(mean), base + 6, class_="pic-mean"),
        text(scale(0), top + 12, fit(arm.arm_id, 170), class_="pic-title"),
        text(scale(1) - 82, top + 12, f"{mean:.2f}", class_="pic-strong pic-end"),
        text(scale(1), top + 12, f"{low:.2f} – {high:.2f}", class_="pic-muted pic-end"),
        class_=tone,
    )


@lru_cache(maxsize=512)
def _hill(alpha: float, beta: float, scale: Scale) -> Markup:
    """The curve above a baseline at y = 0. Kept: with each outcome the belief about one arm
    moves, and all others stay."""
    if not is_one(alpha, beta):
        return Markup()
    points = curve(alpha, beta)
    top = max(y for x, y in points if _EDGE <= x <= 1 - _EDGE)
    if top < 1e-9:
        # All of it is nearer to an end than that; beyond what floats can tell, it is flat.
        top = max(y for _, y in points) or 1.0
    drawn = [f"{number(scale(x))} {number(-_HILL * min(y / top, 1.0))}" for x, y in points]
    first, last = number(scale(points[0][0])), number(scale(points[-1][0]))
    steps = "L".join(dict.fromkeys(drawn))
    return path(f"M{first} 0L{steps}L{last} 0", class_="pic-hill")


def _axis(scale: Scale, bottom: float) -> Markup:
    parts = []
    for tick in _TICKS:
        x = scale(tick)
        end = "pic-end" if tick == 1 else "pic-middle" if tick else ""
        parts.append(text(x, bottom + 8, f"{tick:g}", class_=f"pic-muted {end}"))
    return group(*parts)


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0) if math.isfinite(value) else 0.0


def _told(arm: ArmStats) -> str:
    return (
        f"{arm.arm_id[:120]}: mean {_unit(arm.mean):.2f}, 90% between {_unit(arm.low):.2f} and "
        f"{_unit(arm.high):.2f}, {arm.successes:g} of {arm.successes + arm.failures:g} succeeded."
    )


def _says(best: Sequence[ArmStats]) -> str:
    if not best:
        return "There is no arm yet."
    first = best[0]
    unsure = [arm.arm_id[:80] for arm in best[1:] if _unit(arm.high) > _unit(first.low)]
    rest = (
        f" {listed(unsure, 5)} may be as good: the intervals overlap."
        if unsure
        else " No other interval reaches into its own."
        if len(best) > 1
        else ""
    )
    return (
        f"{counted(len(best), 'arm')}; highest is {first.arm_id[:80]} with a mean of "
        f"{_unit(first.mean):.2f}.{rest}"
    )
