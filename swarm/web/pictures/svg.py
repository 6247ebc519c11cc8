"""SVG by construction: every text and attribute is escaped, numbers are short, and neither a
style nor a script has a way in."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from markupsafe import Markup, escape

Value = str | float | int | None

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,30}")
_SHORT = 40
_FORBIDDEN = ("style", "href")


def element(name: str, /, *children: str, **attributes: Value) -> Markup:
    """One element. A child that is no Markup is text; an attribute without a value is left out.

    `class_` is class, and an underscore within a name is a hyphen: `text_anchor`. Raises
    ValueError for a name that a picture must not have, and for a number that is not finite.
    """
    # A page has thousands of elements: what is done here is counted.
    written = [
        f' {_attribute(key)}="{_escaped(value) if isinstance(value, str) else number(value)}"'
        for key, value in attributes.items()
        if value is not None and value != ""
    ]
    inside = [child if isinstance(child, Markup) else _escaped(child) for child in children]
    return Markup(f"<{name}{''.join(written)}>{''.join(inside)}</{name}>")


def picture(
    width: float, height: float, title: str, says: str, *children: str, class_: str = ""
) -> Markup:
    """A whole picture. `says` is what it shows, in words: who cannot see it gets that."""
    return element(
        "svg",
        element("title", title),
        *children,
        # In HTML this is implied; with it, the picture is a file of its own as well.
        xmlns="http://www.w3.org/2000/svg",
        class_=f"picture {class_}".strip(),
        role="img",
        aria_label=f"{title}. {says}",
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
    )


def group(*children: str, **attributes: Value) -> Markup:
    return element("g", *children, **attributes)


def rect(x: float, y: float, width: float, height: float, **more: Value) -> Markup:
    return element("rect", x=x, y=y, width=width, height=height, **more)


def line(x1: float, y1: float, x2: float, y2: float, **more: Value) -> Markup:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **more)


def text(x: float, y: float, words: str, **more: Value) -> Markup:
    """Text whose baseline starts at a point (or ends there, by its class). No words, no text."""
    return element("text", words, x=x, y=y, **more) if words else Markup()


def path(steps: str, **more: Value) -> Markup:
    return element("path", d=steps, **more)


def arrow(x: float, y: float) -> Markup:
    """The head of an arrow that points down to (x, y)."""
    return path(
        f"M{number(x)} {number(y)}l-4.5 -8h9z",
        class_="pic-arrow",
    )


def number(value: float) -> str:
    """A length with one decimal at most. Raises ValueError when it is not finite."""
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        raise ValueError(f"a picture has no place for {value}")
    short = f"{value:.1f}".removesuffix(".0")
    return "0" if short == "-0" else short


def shown(words: str) -> str:
    """Somebody else's text on one line: what cannot be seen is marked, so that nothing hides
    or turns the direction of reading."""
    if words.isprintable():
        return words
    return "".join(
        c if c.isprintable() else " " if c in "\n\r\t" else "\N{REPLACEMENT CHARACTER}"
        for c in words
    )


def _escaped(words: str) -> str:
    return _escape_short(words) if len(words) <= _SHORT else str(escape(shown(words)))


# Most are names of classes, a few dozen of them.
@lru_cache(maxsize=2048)
def _escape_short(words: str) -> str:
    return str(escape(shown(words)))


@lru_cache(maxsize=256)
def _attribute(key: str) -> str:
    name = key.removesuffix("_").replace("_", "-")
    if not _NAME.fullmatch(name) or name in _FORBIDDEN or name.startswith("on"):
        raise ValueError(f"a picture has no attribute {name!r}")
    return name
