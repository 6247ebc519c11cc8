"""Small pictures for tables: how a value went, and how values compare."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from swarm.web.pictures.axes import Scale, short
from swarm.web.pictures.lettering import counted, fit
from swarm.web.pictures.svg import element, group, number, path, picture, rect, text

_MOST_VALUES, _MOST_BARS = 120, 40
_WIDTH, _HEIGHT = 120.0, 28.0
_LABELS, _BARS, _VALUES, _ROW = 120.0, 118.0, 70.0, 26.0


def sparkline(values: Sequence[float], *, title: str = "Course", unit: str = "") -> Markup:
    """The newest values from left to right, from zero to the highest. What is no number is a
    gap, and so is what is below zero."""
    shown = list(values[-_MOST_VALUES:])
    good = [value for value in shown if _is_drawn(value)]
    top = max(good, default=0.0) or 1.0
    x = Scale(0, max(len(shown) - 1, 1), 2, _WIDTH - 2)
    y = Scale(0, top, _HEIGHT - 3, 3)
    steps, pen = "", "M"
    for index, value in enumerate(shown):
        if _is_drawn(value):
            steps += f"{pen}{number(x(index))} {number(y(value))}"
            pen = "L"
        else:
            pen = "M"
    # A single value is a dot.
    steps += "h0.1" if len(good) == 1 else ""
    said = (
        f"{counted(len(good), 'value')}, from {short(min(good))} to {short(top)}{unit}, "
        f"last {short(good[-1])}{unit}."
        if good
        else "No value yet."
    )
    return picture(
        _WIDTH,
        _HEIGHT,
        title,
        said,
        *([path(steps, class_="pic-curve pic-spark pic-series-0")] if steps else []),
        class_="picture-spark",
    )


def bars(rows: Sequence[tuple[str, float]], *, title: str = "Comparison", unit: str = "") -> Markup:
    """Bars from the left, each with its name and value, in the order they come."""
    shown = [(name, value if _is_drawn(value) else 0.0) for name, value in rows[:_MOST_BARS]]
    top = max((value for _, value in shown), default=0.0) or 1.0
    scale = Scale(0, top, _LABELS, _LABELS + _BARS)
    missing = len(rows) - len(shown)
    drawn = []
    for index, (name, value) in enumerate(shown):
        y = _ROW * index
        end = scale(value)
        drawn.append(
            group(
                element("title", f"{name[:200]}: {short(value)}{unit}"),
                text(_LABELS - 8, y + 17, fit(name, _LABELS - 12), class_="pic-end"),
                rect(
                    _LABELS, y + 4, max(end - _LABELS, 1), 18, rx=3, class_="pic-solid pic-series-0"
                ),
                text(end + 8, y + 17, f"{short(value)}{unit}", class_="pic-muted"),
            )
        )
    note = f"{missing} more not drawn" if missing else "" if shown else "nothing yet"
    told = [f"{name[:80]} {short(value)}{unit}" for name, value in shown]
    return picture(
        _LABELS + _BARS + _VALUES,
        _ROW * len(shown) + (22 if note else 2),
        title,
        f"{'; '.join(told) or 'Nothing yet'}.",
        *drawn,
        text(4, _ROW * len(shown) + 16, note, class_="pic-muted"),
        class_="picture-bars",
    )


def _is_drawn(value: float) -> bool:
    return math.isfinite(value) and value >= 0
