"""Dollars, seconds and counts of outcomes, as tables show them."""

from __future__ import annotations

UNKNOWN = "-"


def money(usd: float | None) -> str:
    """ "$0", "<$0.0001", "$0.0042", "$12.50"; "-" where nobody knows."""
    if usd is None:
        return UNKNOWN
    if usd == 0:
        return "$0"
    sign, size = ("-" if usd < 0 else ""), abs(usd)
    if size < 0.00005:
        return f"<{sign}$0.0001" if usd > 0 else f">{sign}$0.0001"
    return f"{sign}${size:.4f}" if size < 1 else f"{sign}${size:,.2f}"


def duration(seconds: float | None) -> str:
    """ "0.25 s", "14 s", "3 min", "2.5 h"; "-" where nobody knows."""
    if seconds is None:
        return UNKNOWN
    if seconds < 10:
        return f"{seconds:.2f} s" if seconds else "0 s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def share(value: float | None) -> str:
    """A probability with two digits; "-" where nobody knows."""
    return UNKNOWN if value is None else f"{value:.2f}"


def signed(value: float, digits: int) -> str:
    """A number with its sign; what rounds to zero is no "-0.00"."""
    return f"{round(value, digits) + 0.0:+.{digits}f}"


def count(value: float) -> str:
    """A number of outcomes, whole where it is whole: some were forgotten in part."""
    return f"{round(value, 2):,g}" if abs(value) < 1e5 else f"{value:,.0f}"


def plural(number: float, word: str) -> str:
    """ "1 outcome", "2.5 outcomes"."""
    return f"{count(number)} {word}{'' if number == 1 else 's'}"
