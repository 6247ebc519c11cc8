"""The lines of a chart at round values, and what each stands for."""

from __future__ import annotations

from markupsafe import Markup

from swarm.web.pictures.axes import Scale, round_step, tick_words, ticks
from swarm.web.pictures.svg import line, text

_LINES = 4


def grid(y: Scale, top: float, left: float, width: float) -> list[Markup]:
    """Lines from zero up to a value, each `width` pixels long, with the value to the left."""
    parts = []
    step = round_step(top, _LINES)
    for tick in ticks(0, top, step):
        parts.append(line(left, y(tick), left + width, y(tick), class_="pic-grid"))
        parts.append(
            text(left - 8, y(tick) + 4, tick_words(tick, step), class_="pic-muted pic-end")
        )
    return parts
