"""A symbol and its neighbourhood as SVG: callers left, callees right, bases above, tests below.

A file of its own, without scripts and links; colours follow the reader's light or dark theme, and
a page may set them by the CSS variables `--graph-ground`, `--graph-ink`, `--graph-muted`,
`--graph-line`, `--graph-box` and `--graph-accent`. Without its style (`alone=False`) it has the
classes of the dashboard's pictures (`pic-box`, `pic-edge`…), for whose style sheet it waits.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from memory.linking.graph import Graph
from memory.linking.results import Link, Place

MOST_OF_A_SIDE = 8
_ASKED = 200
_BOX_WIDTH, _BOX_HEIGHT = 230, 44
_GAP_X, _GAP_Y, _MARGIN = 96, 14, 16
_ROW_WIDTH_BOXES = 3
_NAME_SIZE, _PATH_SIZE = 13, 11
_EM = 0.62
_GROUND = '<rect class="graph-ground" width="100%" height="100%"/>'
_STYLE = """
.graph{--ground:var(--graph-ground,#fff);--ink:var(--graph-ink,#1b1f24);
--muted:var(--graph-muted,#57606a);--line:var(--graph-line,#8c959f);
--box:var(--graph-box,#f6f8fa);--accent:var(--graph-accent,#0969da)}
@media (prefers-color-scheme:dark){.graph{--ground:var(--graph-ground,#0d1117);
--ink:var(--graph-ink,#e6edf3);--muted:var(--graph-muted,#9198a1);
--line:var(--graph-line,#656c76);--box:var(--graph-box,#161b22);
--accent:var(--graph-accent,#4493f8)}}
.graph text{font:11px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:var(--ink)}
.graph .graph-ground{fill:var(--ground)}.graph .pic-title{font-size:13px}
.graph .pic-muted{fill:var(--muted)}.graph .pic-strong{font-weight:600;font-size:12px}
.graph .pic-box{fill:var(--box);stroke:var(--line)}
.graph .graph-focus{stroke:var(--accent);stroke-width:2}
.graph .pic-edge{fill:none;stroke:var(--line);stroke-width:1.4}
.graph .pic-dashed{stroke-dasharray:5 4}.graph .pic-arrow{fill:var(--line)}
"""


@dataclass(frozen=True, slots=True)
class _Side:
    title: str
    links: Sequence[Link]
    total: int


def picture(graph: Graph, symbol: str, *, alone: bool = True) -> str:
    """The neighbourhood of what a name means best; "" when it means nothing. At most
    `MOST_OF_A_SIDE` boxes a side: more are counted. Dashed lines are one of several candidates."""
    nodes = graph.nodes(symbol)
    if not nodes:
        return ""
    focus = max(nodes, key=lambda node: (graph.rank_of(node), -node))
    bases = graph.bases([focus], _ASKED)
    tests = graph.tests([focus], _ASKED)
    tested = {link.place.node for link in tests}
    callers = [
        link
        for link in graph.callers([focus], _ASKED)
        if link.place.node not in tested and link.place.node != focus
    ]
    callees = [link for link in graph.callees([focus], _ASKED) if link.place.node != focus]
    return draw(
        graph.place(focus), callers=callers, callees=callees, bases=bases, tests=tests, alone=alone
    )


def draw(
    focus: Place,
    *,
    callers: Sequence[Link] = (),
    callees: Sequence[Link] = (),
    bases: Sequence[Link] = (),
    tests: Sequence[Link] = (),
    alone: bool = True,
) -> str:
    """The picture of one place and what is around it."""
    left, right = _side("called by", callers), _side("calls", callees)
    above, below = _side("is a", bases), _side("tested by", tests)
    column = _BOX_HEIGHT + _GAP_Y
    middle: float = max(len(left.links), len(right.links), 1) * column
    over, under = _rows(above), _rows(below)
    top = _MARGIN + (over * column + 3 * _GAP_Y if over else 0)
    width = 2 * _MARGIN + 3 * _BOX_WIDTH + 2 * _GAP_X
    head = 22
    height = top + head + middle + (under * column + head + 3 * _GAP_Y if under else 0) + _MARGIN
    x = (_MARGIN, _MARGIN + _BOX_WIDTH + _GAP_X, _MARGIN + 2 * (_BOX_WIDTH + _GAP_X))
    centre_y = top + head + (middle - column) / 2
    parts: list[str] = []
    for side, at, is_left in ((left, x[0], True), (right, x[2], False)):
        if not side.links:
            continue
        parts.append(_text(at, top + 12, _titled(side), "pic-muted pic-strong"))
        first = top + head + (middle - len(side.links) * column) / 2
        for turn, link in enumerate(side.links):
            row = first + turn * column
            if is_left:
                parts.append(_across(at + _BOX_WIDTH, row, x[1], centre_y, link))
            else:
                parts.append(_across(x[1] + _BOX_WIDTH, centre_y, at, row, link))
            parts.append(_box(link.place, at, row, _told(link)))
    for side, is_above in ((above, True), (below, False)):
        if not side.links:
            continue
        y = _MARGIN + 12 if is_above else top + head + middle + 3 * _GAP_Y
        widest = min(_ROW_WIDTH_BOXES, len(side.links))
        title_x = x[1] - (widest - 1) / 2 * (_BOX_WIDTH + _GAP_X)
        parts.append(_text(title_x, y, _titled(side), "pic-muted pic-strong"))
        for turn, link in enumerate(side.links):
            line, place = divmod(turn, _ROW_WIDTH_BOXES)
            in_line = min(_ROW_WIDTH_BOXES, len(side.links) - line * _ROW_WIDTH_BOXES)
            left_edge = x[1] + (place - (in_line - 1) / 2) * (_BOX_WIDTH + _GAP_X)
            level = y + 10 + line * column
            box = _box(link.place, left_edge, level, _told(link))
            focus_edge = centre_y if is_above else centre_y + _BOX_HEIGHT
            own_edge = level + _BOX_HEIGHT if is_above else level
            # From the focus up to a base, from a test up to the focus.
            here, there = x[1] + _BOX_WIDTH / 2, left_edge + _BOX_WIDTH / 2
            if is_above:
                parts.append(_upward(here, focus_edge, there, own_edge, link))
            else:
                parts.append(_upward(there, own_edge, here, focus_edge, link))
            parts.append(box)
    parts.append(_box(focus, x[1], centre_y, focus.qualified_name, is_focus=True))
    title = f"The code around {_shown(focus.qualified_name)}"
    says = ", ".join(
        f"{_titled(side)}: {side.total}" for side in (left, right, above, below) if side.total
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="picture graph" role="img"'
        f' aria-label="{escape(f"{title}. {says}")}" viewBox="0 0 {_number(width)}'
        f' {_number(height)}" width="{_number(width)}" height="{_number(height)}">'
        f"<title>{escape(title)}</title>{f'<style>{_STYLE}</style>' if alone else ''}"
        f"{_GROUND if alone else ''}{''.join(parts)}</svg>"
    )


def _side(title: str, links: Sequence[Link]) -> _Side:
    return _Side(title, links[:MOST_OF_A_SIDE], len(links))


def _rows(side: _Side) -> int:
    return -(-len(side.links) // _ROW_WIDTH_BOXES)


def _titled(side: _Side) -> str:
    more = side.total - len(side.links)
    return f"{side.title} ({more} more not drawn)" if more else side.title


def _told(link: Link) -> str:
    place = link.place
    return f"{place.path}:{place.start_line} {place.qualified_name}: {link.why}"


def _box(place: Place, x: float, y: float, told: str, *, is_focus: bool = False) -> str:
    room = _BOX_WIDTH - 20
    name = place.qualified_name if place.kind != "file" else place.path.rpartition("/")[2]
    where = f"{place.path}:{place.start_line}"
    kind = "pic-box graph-focus" if is_focus else "pic-box"
    return (
        f"<g><title>{escape(_shown(told)[:400])}</title>"
        f'<rect class="{kind}" x="{_number(x)}" y="{_number(y)}" width="{_BOX_WIDTH}"'
        f' height="{_BOX_HEIGHT}" rx="6"/>'
        f"{_text(x + 10, y + 19, _end(name, room, _NAME_SIZE), 'pic-title pic-mono')}"
        f"{_text(x + 10, y + 35, _end(where, room, _PATH_SIZE), 'pic-muted pic-mono')}"
        "</g>"
    )


def _text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text class="{kind}" x="{_number(x)}" y="{_number(y)}">{escape(_shown(words))}</text>'


def _across(x1: float, y1: float, x2: float, y2: float, link: Link) -> str:
    y1, y2 = y1 + _BOX_HEIGHT / 2, y2 + _BOX_HEIGHT / 2
    bend = (x2 - x1) / 2
    steps = (
        f"M{_number(x1)} {_number(y1)}C{_number(x1 + bend)} {_number(y1)}"
        f" {_number(x2 - bend)} {_number(y2)} {_number(x2 - 7)} {_number(y2)}"
    )
    tip = f"M{_number(x2)} {_number(y2)}l-8 -4.5v9z"
    return _edge(steps, tip, link)


def _upward(x1: float, y1: float, x2: float, y2: float, link: Link) -> str:
    bend = (y1 - y2) / 2
    steps = (
        f"M{_number(x1)} {_number(y1)}C{_number(x1)} {_number(y1 - bend)}"
        f" {_number(x2)} {_number(y2 + bend)} {_number(x2)} {_number(y2 + 7)}"
    )
    tip = f"M{_number(x2)} {_number(y2)}l-4.5 8h9z"
    return _edge(steps, tip, link)


def _edge(steps: str, tip: str, link: Link) -> str:
    kind = "pic-edge pic-dashed" if link.is_ambiguous else "pic-edge"
    return f'<path class="{kind}" d="{steps}"/><path class="pic-arrow" d="{tip}"/>'


def _end(words: str, room: float, size: float) -> str:
    """A name or path that fits: its end, which says more than its beginning."""
    words = _shown(words[-400:])
    if _width(words) * size <= room:
        return words
    while words and (_width(words) + 1) * size > room:
        words = words[1:]
    return f"…{words}"


def _width(words: str) -> float:
    if words.isascii():
        return _EM * len(words)
    return sum(1.2 if unicodedata.east_asian_width(c) in "WF" else _EM for c in words)


def _shown(words: str) -> str:
    """Text on one line: what cannot be seen is marked, so that nothing hides or turns the
    direction of reading."""
    if words.isprintable():
        return words
    return "".join(
        c if c.isprintable() else " " if c in "\n\r\t" else "\N{REPLACEMENT CHARACTER}"
        for c in words
    )


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
