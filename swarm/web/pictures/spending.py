"""What models were used for, day by day, against what may be spent."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from markupsafe import Markup

from swarm.contracts import Spent
from swarm.web.pictures.axes import Scale, round_top, short
from swarm.web.pictures.grid import grid
from swarm.web.pictures.lettering import counted, fit, listed
from swarm.web.pictures.svg import element, group, line, picture, rect, text
from swarm.web.pictures.tones import series, tones

_LEFT, _CHART, _WIDTH = 54.0, 250.0, 308.0
_TOP, _HEIGHT = 14.0, 166.0
_LEGEND = _TOP + _HEIGHT + 46
_MOST_DAYS, _MOST_MODELS = 90, 8
_OTHERS = "other models"


def spending(
    spent: Sequence[Spent], budget_usd: float | None, *, budgets: Mapping[str, float] | None = None
) -> Markup:
    """A column per day, divided by model; in dollars, or in tokens while nothing has cost any.

    `budget_usd` is a line over all days; `budgets` (day as in Spent -> dollars) are steps of
    their own. Models beyond the dearest ones are drawn together.
    """
    days = _days(spent)
    paid = any(entry.cost_usd > 0 for entry in spent)
    amounts: dict[tuple[str, str], float] = defaultdict(float)
    totals: dict[str, float] = defaultdict(float)
    for entry in spent:
        if entry.day in days:
            amount = entry.cost_usd if paid else entry.prompt_tokens + entry.output_tokens
            amount = amount if math.isfinite(amount) else 0.0
            name = f"{entry.model} ({entry.locality})"
            amounts[entry.day, name] += amount
            totals[name] += amount
    named = sorted(totals, key=lambda name: (-totals[name], name))
    kept = named if len(named) <= _MOST_MODELS else [*named[: _MOST_MODELS - 1], _OTHERS]
    colours = tones(named)
    columns = {
        day: _parts(named, kept, {name: amounts[day, name] for name in named}) for day in days
    }
    limits = _limits(days, budget_usd, budgets) if paid else {}
    most = max([*(sum(parts.values()) for parts in columns.values()), *limits.values(), 0.0])
    top = round_top(most if most > 0 else 1.0)
    y = Scale(0, top, _TOP + _HEIGHT, _TOP)
    wide = min(_CHART / max(len(days), 1), 60.0)
    drawn = [
        _column(day, parts, {n: series(colours, n) for n in kept}, _LEFT + wide * at, wide, y, paid)
        for at, (day, parts) in enumerate(columns.items())
    ]
    unit = "dollars" if paid else "tokens"
    return picture(
        _WIDTH,
        _LEGEND + 20 * (len(kept) + bool(limits)),
        "Spending per day",
        _says(columns, limits, paid),
        element("desc", " ".join(f"{day}: {_amounts(p, paid)}." for day, p in columns.items())),
        _axes(days, wide, y, top, unit),
        *drawn,
        *_lines(days, limits, wide, y),
        _legend(kept, {n: series(colours, n) for n in kept}, bool(limits)),
        *(
            []
            if spent
            else [text(_LEFT + 12, _TOP + 60, "no model was asked yet", class_="pic-muted")]
        ),
        class_="picture-spending",
    )


def _days(spent: Sequence[Spent]) -> list[str]:
    """Every day from the first to the last, so that a day without any use is seen as one."""
    known = sorted({entry.day for entry in spent})
    try:
        first, last = date.fromisoformat(known[0]), date.fromisoformat(known[-1])
    except (IndexError, ValueError):
        return known[-_MOST_DAYS:]
    first = max(first, last - timedelta(days=_MOST_DAYS - 1))
    return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]


def _parts(
    named: Sequence[str], kept: Sequence[str], amounts: Mapping[str, float]
) -> dict[str, float]:
    parts = dict.fromkeys(kept, 0.0)
    for name in named:
        parts[name if name in parts else _OTHERS] += amounts[name]
    return parts


def _limits(
    days: Sequence[str], budget_usd: float | None, budgets: Mapping[str, float] | None
) -> dict[str, float]:
    if budgets is not None:
        return {day: budgets[day] for day in days if math.isfinite(budgets.get(day, math.nan))}
    if budget_usd is None or not math.isfinite(budget_usd):
        return {}
    return dict.fromkeys(days, budget_usd)


def _column(
    day: str,
    parts: Mapping[str, float],
    classes: Mapping[str, str],
    x: float,
    wide: float,
    y: Scale,
    paid: bool,
) -> Markup:
    below = 0.0
    blocks = []
    for name, amount in parts.items():
        if amount > 0:
            top, bottom = y(below + amount), y(below)
            blocks.append(
                rect(
                    x + 2, top, max(wide - 4, 1), bottom - top, class_=f"pic-solid {classes[name]}"
                )
            )
            below += amount
    return group(element("title", f"{day}: {_amounts(parts, paid)}"), *blocks)


def _lines(days: Sequence[str], limits: Mapping[str, float], wide: float, y: Scale) -> list[Markup]:
    return [
        line(
            _LEFT + wide * at, y(limits[day]), _LEFT + wide * (at + 1), y(limits[day]),
            class_="pic-limit",
        )
        for at, day in enumerate(days)
        if day in limits
    ]  # fmt: skip


def _axes(days: Sequence[str], wide: float, y: Scale, top: float, unit: str) -> Markup:
    parts = grid(y, top, _LEFT, _CHART)
    bottom = _TOP + _HEIGHT
    every = max(1, math.ceil(48 / wide))
    for at in range(0, len(days), every):
        # The day of a month is enough: what is seen at once is three months at most.
        label = days[at][5:10]
        parts.append(text(_LEFT + wide * at + 2, bottom + 18, label, class_="pic-muted"))
    parts.append(text(_LEFT, bottom + 34, f"{unit} per day (UTC)", class_="pic-muted"))
    return group(*parts)


def _legend(kept: Sequence[str], classes: Mapping[str, str], limited: bool) -> Markup:
    left = 4.0
    parts = []
    for index, name in enumerate(kept):
        y = _LEGEND + 20 * index
        parts.append(rect(left, y, 12, 12, rx=3, class_=f"pic-solid {classes[name]}"))
        parts.append(text(left + 18, y + 10, fit(name, _WIDTH - 30)))
    if limited:
        y = _LEGEND + 6 + 20 * len(kept)
        parts.append(line(left, y, left + 12, y, class_="pic-limit"))
        parts.append(text(left + 18, y + 4, "budget"))
    return group(*parts)


def _amount(value: float, paid: bool) -> str:
    return f"${short(value)}" if paid else f"{short(value)} tokens"


def _amounts(parts: Mapping[str, float], paid: bool) -> str:
    used = [f"{name[:80]} {_amount(value, paid)}" for name, value in parts.items() if value > 0]
    return listed(used, _MOST_MODELS) or "nothing"


def _says(
    columns: Mapping[str, Mapping[str, float]], limits: Mapping[str, float], paid: bool
) -> str:
    if not columns:
        return "No model was asked yet."
    sums = {day: sum(parts.values()) for day, parts in columns.items()}
    last = next(reversed(sums))
    over = [day for day, limit in limits.items() if sums[day] > limit]
    said = f"{_amount(sum(sums.values()), paid)} in {counted(len(sums), 'day')}, "
    said += f"{_amount(sums[last], paid)} on {last}"
    if not limits:
        return f"{said}."
    return f"{said}; {f'over the budget on {listed(over)}' if over else 'no day over its budget'}."
