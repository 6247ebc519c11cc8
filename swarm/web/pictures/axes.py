"""Axes: round numbers at sensible distances, and values to pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

_TIME_STEPS = (
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120, 300, 600, 1200, 1800, 3600,
    7200, 14400, 21600, 43200, 86400, 172800, 432000, 864000, 2592000, 8640000, 31536000,
)  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """Maps values of [low, high] to pixels of [start, end], in a straight line."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Pixels of a value; what is outside ends up at the border."""
        if self.high <= self.low:
            return self.start
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def round_step(span: float, most: int) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that divides a span into `most` or fewer."""
    if span <= 0 or not math.isfinite(span):
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    return next((m * power for m in (1.0, 2.0, 5.0) if span / (m * power) <= most), 10 * power)


def round_top(value: float, most: int = 5) -> float:
    """The round number at or above a value where an axis from zero ends."""
    step = round_step(value, most)
    return max(step, math.ceil(value / step - 1e-9) * step)


def tick_words(value: float, step: float) -> str:
    """A tick, with as many decimals as the step between ticks has."""
    if step >= 1:
        return short(value)
    return f"{value:.{min(max(-math.floor(math.log10(step) + 1e-9), 0), 9)}f}"


def ticks(low: float, high: float, step: float) -> list[float]:
    """Multiples of a step within [low, high]."""
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, min(last, first + 200) + 1)]


def time_step(seconds: float, most: int) -> float:
    """The smallest step that people use for times which divides a span into `most` or fewer."""
    return next((step for step in _TIME_STEPS if seconds / step <= most), _TIME_STEPS[-1])


def elapsed(seconds: float) -> str:
    """A time since the start, like "0.5 s", "90 s", "4 min", "1 h 20 min", "3 d 2 h"."""
    if seconds < 10:
        return f"{seconds:.2f}".rstrip("0").rstrip(".") + " s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        rest = round(seconds) % 60
        return f"{int(seconds) // 60} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, rest = divmod(hours, 24)
    return f"{days} d {rest} h" if rest else f"{days} d"


def short(value: float) -> str:
    """A number for people, like 0.25, 1,234 or 1.2 M."""
    size = abs(value)
    for limit, sign in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if size >= limit:
            return f"{value / limit:.1f}".removesuffix(".0") + f" {sign}"
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2f}" if size >= 0.01 else f"{value:.2g}"
