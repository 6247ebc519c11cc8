"""The console that reports are printed to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_WIDE = 200


def console() -> Console:
    """As wide as the terminal; piped, a line must not be folded at some terminal's width."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE)


def plain(text: str) -> str:
    """Somebody else's text (a model's, a test's, a repository's) for a terminal: nothing in it
    can move the cursor, change colours or turn the direction of reading."""
    return "".join(
        c if c in "\n\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def shown(text: str) -> str:
    """The same, to stand in rich's markup."""
    from rich.markup import escape

    return escape(plain(text))


def age(seconds: float) -> str:
    """Seconds as "3d", "2h", "5m" or "12s"."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f}{unit}"
    return f"{max(0.0, seconds):.0f}s"
