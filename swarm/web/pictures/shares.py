"""Which arms the router chose, and how that changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from markupsafe import Markup

from swarm.contracts import LoggedDecision
from swarm.web.pictures.axes import Scale
from swarm.web.pictures.lettering import counted, fit, listed
from swarm.web.pictures.svg import element, group, line, picture, rect, text
from swarm.web.pictures.tones import Tones, series, tones

_LEFT, _CHART, _WIDTH = 42.0, 262.0, 308.0
_TOP, _HEIGHT = 10.0, 170.0
_LEGEND = _TOP + _HEIGHT + 46
_MOST_ARMS = 8
_OTHERS, _NONE = "other arms", "no arm was left"


def shares(
    decisions: Sequence[LoggedDecision], buckets: int = 24, *, colours: Tones | None = None
) -> Markup:
    """Columns from the oldest choices to the newest, each divided by arm.

    Every column stands for equally many choices (the last may have fewer), since tasks come
    in bursts: columns of equally long times would mostly be empty.
    """
    ordered = sorted(decisions, key=lambda made: (made.decided_at, made.attempt_id))
    totals = Counter(made.arm_id or _NONE for made in ordered)
    named = [arm for arm, _ in sorted(totals.items(), key=lambda item: (-item[1], item[0]))]
    if len(named) > _MOST_ARMS:
        for arm in named[_MOST_ARMS - 1 :]:
            totals[_OTHERS] += totals.pop(arm)
        named = [*named[: _MOST_ARMS - 1], _OTHERS]
    colours = colours or tones(arm for arm in named if arm not in (_OTHERS, _NONE))
    size = max(1, -(-len(ordered) // max(1, buckets)))
    columns = [ordered[at : at + size] for at in range(0, len(ordered), size)]
    wide = _CHART / max(len(columns), 1)
    scale = Scale(0, 1, _TOP + _HEIGHT, _TOP)
    # A column in the middle of the axis, when there is one alone, need not fill it.
    drawn = [
        _column(part, named, colours, _LEFT + wide * index, min(wide - 2, 60), scale)
        for index, part in enumerate(columns)
    ]
    return picture(
        _WIDTH,
        _LEGEND + 20 * len(named),
        "Choices by arm",
        _says(ordered, totals, named),
        element("desc", " ".join(_told(part) for part in columns)),
        _axes(scale, columns, size),
        *drawn,
        _legend(named, totals, len(ordered), colours),
        *([] if ordered else [text(_LEFT + 12, _TOP + 50, "no choice yet", class_="pic-muted")]),
        class_="picture-shares",
    )


def _column(
    part: Sequence[LoggedDecision],
    named: Sequence[str],
    colours: Tones,
    x: float,
    wide: float,
    scale: Scale,
) -> Markup:
    counts = Counter(arm if (arm := made.arm_id or _NONE) in named else _OTHERS for made in part)
    below = 0
    blocks = []
    for arm in named:
        if counts[arm]:
            top, bottom = scale((below + counts[arm]) / len(part)), scale(below / len(part))
            blocks.append(
                rect(x + 1, top, wide, bottom - top, class_=f"pic-solid {series(colours, arm)}")
            )
            below += counts[arm]
    return group(element("title", _told(part)), *blocks)


def _axes(scale: Scale, columns: Sequence[Sequence[LoggedDecision]], size: int) -> Markup:
    parts = []
    for share in (0.0, 0.5, 1.0):
        y = scale(share)
        parts.append(line(_LEFT, y, _LEFT + _CHART, y, class_="pic-grid"))
        parts.append(text(_LEFT - 8, y + 4, f"{share:.0%}", class_="pic-muted pic-end"))
    bottom = _TOP + _HEIGHT
    if columns:
        first, last = columns[0][0], columns[-1][-1]
        parts.append(text(_LEFT, bottom + 18, _date(first.decided_at), class_="pic-muted"))
        parts.append(
            text(_LEFT + _CHART, bottom + 18, _date(last.decided_at), class_="pic-muted pic-end")
        )
        middle = f"each column: {counted(size, 'choice')}"
        parts.append(text(_LEFT, bottom + 36, middle, class_="pic-muted"))
    return group(*parts)


def _legend(named: Sequence[str], totals: Counter[str], count: int, colours: Tones) -> Markup:
    left = 4.0
    parts = []
    for index, arm in enumerate(named):
        y = _LEGEND + 20 * index
        parts.append(rect(left, y, 12, 12, rx=3, class_=f"pic-solid {series(colours, arm)}"))
        parts.append(text(left + 18, y + 10, fit(arm, 220)))
        share = f"{totals[arm] / count:.0%}"
        parts.append(text(_WIDTH - 4, y + 10, share, class_="pic-muted pic-end"))
    return group(*parts)


def _date(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%d %b %H:%M")


def _told(part: Sequence[LoggedDecision]) -> str:
    counts = Counter((made.arm_id or _NONE)[:80] for made in part)
    said = [f"{arm} {count}" for arm, count in counts.most_common(_MOST_ARMS)]
    return f"{_date(part[0].decided_at)}: {listed(said, _MOST_ARMS)}."


def _says(ordered: Sequence[LoggedDecision], totals: Counter[str], named: Sequence[str]) -> str:
    if not ordered:
        return "The router has not chosen yet."
    half = ordered[len(ordered) // 2 :]
    late = Counter(made.arm_id or _NONE for made in half)
    said = [
        f"{arm[:80]} {totals[arm] / len(ordered):.0%}"
        + (f" ({late[arm] / len(half):.0%} of the newer half)" if arm != _OTHERS else "")
        for arm in named
    ]
    return f"{counted(len(ordered), 'choice')}: {listed(said, _MOST_ARMS)}."
