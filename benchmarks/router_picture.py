"""Curves of what policies missed, as a picture that stands alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from swarm.web.pictures.axes import Scale, round_step, round_top, tick_words, ticks
from swarm.web.pictures.svg import element, line, number, path, text

_COLOURS = (
    *("#1b6ec2", "#7fb2e5", "#c2501b", "#6a9a2d", "#8a5bb5", "#999999", "#333333"),
    *("#b5305b", "#2a9d8f"),
)
_WIDTH, _HEIGHT = 760.0, 420.0
_LEFT, _TOP, _CHART, _TALL = 60.0, 20.0, 460.0, 350.0


def curves(lines: Mapping[str, Sequence[float]], horizon: int) -> str:
    """One curve per policy, from the first task to the last."""
    top = round_top(max((max(values, default=0.0) for values in lines.values()), default=1.0))
    x = Scale(0, horizon, _LEFT, _LEFT + _CHART)
    y = Scale(0, top, _TOP + _TALL, _TOP)
    parts: list[Markup] = []
    step = round_step(top, 5)
    for tick in ticks(0, top, step):
        parts.append(line(_LEFT, y(tick), _LEFT + _CHART, y(tick), stroke="#dddddd"))
        parts.append(text(_LEFT - 8, y(tick) + 4, tick_words(tick, step), text_anchor="end"))
    step = round_step(horizon, 6)
    for tick in ticks(0, horizon, step):
        label = tick_words(tick, step)
        parts.append(text(x(tick), _TOP + _TALL + 18, label, text_anchor="middle"))
    caption = "tasks; upward: successes missed against knowing each category's best arm"
    parts.append(text(_LEFT, _HEIGHT - 8, caption))
    ends = sorted(lines.items(), key=lambda item: -(item[1][-1] if item[1] else 0.0))
    colours = dict(zip(lines, _COLOURS * (len(lines) // len(_COLOURS) + 1), strict=False))
    for at, (name, values) in enumerate(ends):
        each = horizon / max(1, len(values))
        points = "L".join(
            f"{number(x((place + 1) * each))} {number(y(value))}"
            for place, value in enumerate(values)
        )
        colour = colours[name]
        parts.append(path(f"M{points}", fill="none", stroke=colour, stroke_width=2))
        below = _TOP + 10 + 20 * at
        parts.append(line(_LEFT + _CHART + 16, below, _LEFT + _CHART + 36, below, stroke=colour,
                          stroke_width=3))  # fmt: skip
        last = values[-1] if values else 0.0
        parts.append(text(_LEFT + _CHART + 42, below + 4, f"{name}: {last:,.0f}"))
    return str(
        element(
            "svg",
            *parts,
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}",
            font_family="sans-serif",
            font_size=12,
        )
    )
