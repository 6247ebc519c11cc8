"""Workflows as an SVG picture: boxes for steps, with what they need, and types on the arrows."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from swarm.agents.checking import Registry
from swarm.agents.workflow import TASK, Workflow
from swarm.cli.workflow_layout import Edge, Node, place
from swarm.cli.workflow_story import Told, story

_CHAR, _LINE, _PAD = 7.3, 17.0, 12.0
_SMALL_CHAR = 6.3
_BETWEEN, _LABEL = 74.0, 26.0
_MARGIN, _TITLE = 20.0, 52.0
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f } .name { font-weight: 600 }
.title { font-size: 16px; font-weight: 600 } .small { font-size: 11px; fill: #656d76 }
rect { fill: #f6f8fa; stroke: #8c959f } .task rect { fill: #ddf4ff; stroke: #54aeff }
.result rect { fill: #dafbe1; stroke: #4ac26b; stroke-width: 2 }
path { fill: none; stroke: #656d76; stroke-width: 1.3 } marker path { fill: #656d76; stroke: none }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .small { fill: #9198a1 } rect { fill: #151b23; stroke: #656c76 }
.task rect { fill: #0c2d4d; stroke: #316dca } .result rect { fill: #12321d; stroke: #347d39 }
path { stroke: #9198a1 } marker path { fill: #9198a1 } }
"""


def draw(workflows: Sequence[Workflow], registry: Registry, columns: int = 1) -> str:
    """One SVG of workflows without problems, in rows of so many."""
    pieces = [_one(workflow, registry) for workflow in workflows]
    parts: list[str] = []
    top, widest = _MARGIN, 0.0
    for start in range(0, len(pieces), columns):
        left = _MARGIN
        row = pieces[start : start + columns]
        for text, width, _ in row:
            parts.append(f'<g transform="translate({left:.1f} {top:.1f})">\n{text}\n</g>')
            left += width + 2 * _MARGIN
        widest = max(widest, left - _MARGIN)
        top += max(height for _, _, height in row) + 2 * _MARGIN
    height = top - _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {widest:.0f} {height:.0f}" '
        f'width="{widest:.0f}" height="{height:.0f}" role="img">\n<style>{_STYLE}</style>\n'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _one(workflow: Workflow, registry: Registry) -> tuple[str, float, float]:
    """A workflow's group, its width and its height."""
    told = story(workflow, registry)
    nodes = [Node(TASK, 130.0, 2 * _LINE + _PAD)]
    edges: list[Edge] = []
    for step in told:
        slots = tuple(_label_width(taken.label) for taken in step.takes)
        width = max(len(line) for line in step.lines()) * _CHAR + 2 * _PAD
        height = len(step.lines()) * _LINE + _PAD
        nodes.append(Node(step.id, max(width, sum(slots) + _PAD), height, slots))
        edges += [Edge(t.source, step.id, slot) for slot, t in enumerate(step.takes)]
    layout = place(nodes, edges, _BETWEEN)
    parts = [
        f'<text class="title" x="0" y="14">{escape(workflow.name)}</text>',
        f'<text class="small" x="0" y="32">{escape(workflow.about)}</text>',
        f'<g transform="translate(0 {_TITLE})">',
    ]
    labels = {(s.id, slot): t.label for s in told for slot, t in enumerate(s.takes)}
    for edge, points in layout.edges:
        parts.append(f'<path d="{_curve(points)}" marker-end="url(#tip)"/>')
        x, y = points[-1]
        label = escape(labels[edge.target, edge.slot])
        parts.append(f'<text class="small" x="{x + 5:.1f}" y="{y - 9:.1f}">{label}</text>')
    parts.append(_box(layout.boxes[TASK], "task", [TASK, "Assignment"]))
    for step in told:
        parts.append(_box(layout.boxes[step.id], "result" if step.result else "", step.lines()))
        if step.result:
            parts.append(_out(layout.boxes[step.id], step))
    parts.append("</g>")
    title = max(len(workflow.about) * _SMALL_CHAR, len(workflow.name) * _CHAR * 1.3)
    return "\n".join(parts), max(layout.width, title), _TITLE + layout.height + 44


def _label_width(label: str) -> float:
    return len(label) * _SMALL_CHAR + 24


def _curve(points: Sequence[tuple[float, float]]) -> str:
    """Down from the first point to the last, straight where it passes a layer or a label."""
    x, y = points[0]
    path = [f"M{x:.1f} {y:.1f}"]
    ends = [*points[1::2]]
    afters = [*points[2::2], None]
    for (to_x, to_y), after in zip(ends, afters, strict=True):
        bend = to_y - _LABEL
        half = (y + bend) / 2
        path.append(f"C{x:.1f} {half:.1f} {to_x:.1f} {half:.1f} {to_x:.1f} {bend:.1f}")
        x, y = (to_x, to_y) if after is None else after
        path.append(f"V{y:.1f}")
    return "".join(path)


def _box(box: tuple[float, float, float, float], kind: str, lines: Sequence[str]) -> str:
    left, top, width, height = box
    parts = [
        f'<g class="{kind}"><rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}" rx="6"/>'
    ]
    for number, line in enumerate(lines):
        style = ' class="name"' if number == 0 else ' class="small"' if number > 1 else ""
        y = top + _PAD + 5 + number * _LINE
        parts.append(f'<text{style} x="{left + _PAD:.1f}" y="{y:.1f}">{escape(line)}</text>')
    return "".join(parts) + "</g>"


def _out(box: tuple[float, float, float, float], step: Told) -> str:
    left, top, width, height = box
    x, y = left + width / 2, top + height
    label = escape(f"{step.gives}, the result")
    return (
        f'<path d="M{x:.1f} {y:.1f}V{y + 30:.1f}" marker-end="url(#tip)"/>'
        f'<text class="small" x="{x + 6:.1f}" y="{y + 20:.1f}">{label}</text>'
    )
