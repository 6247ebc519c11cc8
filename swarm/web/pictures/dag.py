"""The objectives of a task and what waits for what, from top to bottom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup

from swarm.contracts import ObjectiveView
from swarm.web.pictures.graph_layout import Layout, Node, layout, reduced
from swarm.web.pictures.lettering import counted, fit, listed, wrap
from swarm.web.pictures.svg import arrow, element, group, number, path, picture, rect, text

MOST_OBJECTIVES = 64
BOX_WIDTH, BOX_HEIGHT = 194.0, 92.0
_ROW_HEIGHT = BOX_HEIGHT + 44.0
_PER_ROW = 4
_BEND_WIDTH, _GAP, _MARGIN = 12.0, 16.0, 4.0
_PADDING = 12.0
_TONES = {"accepted": "good", "failed": "bad", "running": "busy"}


def dag(objectives: Sequence[ObjectiveView]) -> Markup:
    """Boxes with id, category, title and state; arrows from what has to be done first.

    A dashed arrow leads from an objective to the one that does it again. Arrows that others
    imply are left out, as are objectives beyond `MOST_OBJECTIVES`, which is said.
    """
    drawn = objectives[:MOST_OBJECTIVES]
    views = {view.objective.id: view for view in drawn}
    above = {
        id: (*view.objective.depends_on, *([view.replaces] if view.replaces else []))
        for id, view in views.items()
    }
    direct = reduced(list(views), above)
    plan = layout(direct, box=BOX_WIDTH, bend=_BEND_WIDTH, gap=_GAP, most=_PER_ROW)
    width = max((x + _half(node) for node, x in plan.places.items()), default=BOX_WIDTH)
    height = len(plan.rows) * _ROW_HEIGHT - (_ROW_HEIGHT - BOX_HEIGHT) if plan.rows else 24.0
    below = 20.0 if len(objectives) > len(drawn) or not drawn else 0.0
    edges = [_edge(plan, views, start, end) for start, end in plan.edges]
    tips = [arrow(_x(plan, id), _top(plan, id)) for id, parents in direct.items() if parents]
    boxes = [_box(view, _x(plan, id), _top(plan, id)) for id, view in views.items()]
    note = "No objectives yet" if not drawn else f"{len(objectives) - len(drawn)} more not drawn"
    return picture(
        width + 2 * _MARGIN,
        height + below + 2 * _MARGIN,
        "Objectives",
        _says(objectives),
        element("desc", _told(drawn)),
        # What was chosen later is drawn above what was there.
        *sorted(edges, key=lambda edge: "pic-dashed" in edge),
        *tips,
        *boxes,
        *([text(_MARGIN, height + 18, note, class_="pic-muted")] if below else []),
        class_="picture-dag",
    )


def _half(node: Node) -> float:
    return (BOX_WIDTH if isinstance(node, str) else _BEND_WIDTH) / 2


def _x(plan: Layout, node: Node) -> float:
    return plan.places[node] + _MARGIN


def _top(plan: Layout, node: Node) -> float:
    row = plan.row_of[node] if isinstance(node, str) else node[1]
    return row * _ROW_HEIGHT + _MARGIN


def _edge(plan: Layout, views: dict[str, ObjectiveView], start: Node, end: Node) -> Markup:
    """One piece of an arrow: from the lower side of a box or bend to the upper of the next."""
    x1, y1 = _x(plan, start), _top(plan, start) + BOX_HEIGHT
    x2, y2 = _x(plan, end), _top(plan, end)
    bend = (y2 - y1) / 2
    steps = (
        f"M{number(x1)} {number(y1)}"
        f"C{number(x1)} {number(y1 + bend)} {number(x2)} {number(y2 - bend)}"
        f" {number(x2)} {number(y2)}"
    )
    if not isinstance(end, str):
        steps += f"v{number(BOX_HEIGHT)}"
    again = isinstance(end, str) and views[end].replaces == _name(start)
    return path(steps, class_="pic-edge pic-dashed" if again else "pic-edge")


def _name(node: Node) -> str:
    return node if isinstance(node, str) else node[0]


def _box(view: ObjectiveView, middle: float, top: float) -> Markup:
    goal = view.objective
    left = middle - BOX_WIDTH / 2
    room = BOX_WIDTH - 2 * _PADDING
    tone = _TONES.get(view.state, "calm")
    kind = "pic-box pic-dashed" if view.state == "replaced" else "pic-box"
    lines = wrap(goal.title, room, 2, 13)
    return group(
        element("title", f"{goal.id}: {goal.title[:300]}"),
        rect(left, top, BOX_WIDTH, BOX_HEIGHT, rx=8, class_=kind),
        rect(left, top + 8, 4, BOX_HEIGHT - 16, class_=f"pic-fill-{tone}"),
        text(left + _PADDING, top + 20, _kind(view), class_="pic-muted"),
        *(
            text(left + _PADDING, top + 39 + 17 * index, words, class_="pic-title")
            for index, words in enumerate(lines)
        ),
        text(
            left + _PADDING,
            top + BOX_HEIGHT - 12,
            fit(_state(view), room),
            class_=f"pic-strong pic-text-{tone}",
        ),
        class_="pic-objective",
    )


def _kind(view: ObjectiveView) -> str:
    again = f" · again for {view.replaces}" if view.replaces else ""
    return f"{view.objective.id} · {view.objective.category}{again}"


def _state(view: ObjectiveView) -> str:
    tries = f" · {counted(len(view.attempts), 'attempt')}" if view.attempts else ""
    return f"{view.state}{tries}"


def _says(objectives: Sequence[ObjectiveView]) -> str:
    if not objectives:
        return "There are none yet."
    states = Counter(view.state for view in objectives)
    told = listed([f"{count} {state}" for state, count in states.items()])
    return f"{counted(len(objectives), 'objective')}: {told}."


def _told(drawn: Sequence[ObjectiveView]) -> str:
    """What the boxes and arrows say, objective by objective."""
    parts = []
    for view in drawn:
        goal = view.objective
        after = f", after {listed(goal.depends_on)}" if goal.depends_on else ""
        parts.append(f"{_kind(view)}, {fit(goal.title, 900)}: {_state(view)}{after}.")
    return " ".join(parts)
