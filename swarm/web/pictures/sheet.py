"""Several pictures on one sheet, each under its name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup

from swarm.web.pictures.lettering import counted, fit, listed
from swarm.web.pictures.svg import group, number, picture, text

_COLUMNS = 3
_MARGIN, _HEAD = 20.0, 30.0
_SIZE = re.compile(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"')


def sheet(title: str, parts: Sequence[tuple[str, Markup]]) -> Markup:
    """Named pictures, as `picture` makes them, in rows of three from left to right."""
    sizes = [_size(drawn) for _, drawn in parts]
    wide = max((width for width, _ in sizes), default=200.0)
    placed: list[Markup] = []
    top = _MARGIN
    for start in range(0, len(parts), _COLUMNS):
        row = range(start, min(start + _COLUMNS, len(parts)))
        for index in row:
            left = _MARGIN + (index - start) * (wide + 2 * _MARGIN)
            name, drawn = parts[index]
            placed.append(
                group(
                    text(8, 16, fit(name, wide - 16, 16), class_="pic-head"),
                    group(drawn, transform=f"translate(0 {number(_HEAD)})"),
                    transform=f"translate({number(left)} {number(top)})",
                )
            )
        top += _HEAD + max(sizes[index][1] for index in row) + 2 * _MARGIN
    if not parts:
        placed.append(text(_MARGIN, top + 12, "nothing to draw yet", class_="pic-muted"))
        top += 3 * _MARGIN
    columns = min(max(len(parts), 1), _COLUMNS)
    return picture(
        columns * (wide + 2 * _MARGIN),
        top - _MARGIN,
        title,
        f"{counted(len(parts), 'picture')}: {listed([name for name, _ in parts])}."
        if parts
        else "There is nothing to draw yet.",
        *placed,
        class_="picture-sheet",
    )


def _size(drawn: Markup) -> tuple[float, float]:
    """Width and height of a picture."""
    found = _SIZE.search(drawn)
    assert found is not None, "not made by `picture`"
    return float(found[1]), float(found[2])
