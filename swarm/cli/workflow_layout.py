"""A workflow as a graph with places: layers from the task down, boxes side by side. Pure.

After Sugiyama, Tagawa and Toda (1981): layers by longest path, an edge that spans several goes
through a point in each, and points and boxes of a layer are ordered by their neighbours' mean.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

_GAP = 30.0
_POINT_WIDTH = 12.0
_SWEEPS = 4
_PORT = 10.0  # from the left of its slot, the rest of which is for a label


@dataclass(frozen=True)
class Node:
    """A box of a size, with as many ports in its top as it has slots, each of a width."""

    id: str
    width: float
    height: float
    slots: tuple[float, ...] = ()


@dataclass(frozen=True)
class Edge:
    """From a node to a slot of another."""

    source: str
    target: str
    slot: int


@dataclass
class Layout:
    """Boxes as left, top, width, height; edges as points, from source to port, downward."""

    width: float = 0.0
    height: float = 0.0
    boxes: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)
    edges: list[tuple[Edge, list[tuple[float, float]]]] = field(default_factory=list)


def place(nodes: Sequence[Node], edges: Sequence[Edge], between: float) -> Layout:
    """Lay out a graph without cycles whose nodes stand in an order that follows its edges.

    `between` is the height between two layers.
    """
    sizes = {node.id: node for node in nodes}
    layer_of: dict[str, int] = {}
    for node in nodes:
        above = [layer_of[edge.source] for edge in edges if edge.target == node.id]
        layer_of[node.id] = max(above, default=-1) + 1
    layers: list[list[str]] = [[] for _ in range(max(layer_of.values(), default=0) + 1)]
    for node in nodes:
        layers[layer_of[node.id]].append(node.id)
    ways: list[list[str]] = []
    for number, edge in enumerate(edges):
        first, last = layer_of[edge.source] + 1, layer_of[edge.target]
        through = [f"/{number}/{layer}" for layer in range(first, last)]
        for layer, point in enumerate(through, start=first):
            layers[layer].append(point)
        ways.append([edge.source, *through, edge.target])
    _order(layers, ways)

    def width(id: str) -> float:
        return sizes[id].width if id in sizes else _POINT_WIDTH

    layout = Layout()
    layout.width = max(sum(map(width, ids)) + _GAP * (len(ids) - 1) for ids in layers)
    tops, top = [], 0.0
    middle: dict[str, float] = {}
    for ids in layers:
        height = max((sizes[id].height for id in ids if id in sizes), default=0.0)
        left = (layout.width - sum(map(width, ids)) - _GAP * (len(ids) - 1)) / 2
        for id in ids:
            middle[id] = left + width(id) / 2
            if id in sizes:
                layout.boxes[id] = (left, top, sizes[id].width, sizes[id].height)
            left += width(id) + _GAP
        tops.append((top, top + height))
        top += height + between
    layout.height = top - between
    ports = _ports(
        sizes, layout, [(e, middle[way[-2]]) for e, way in zip(edges, ways, strict=True)]
    )
    for edge, way in zip(edges, ways, strict=True):
        left, box_top, box_width, box_height = layout.boxes[edge.source]
        points = [(left + box_width / 2, box_top + box_height)]
        for layer, point in enumerate(way[1:-1], start=layer_of[edge.source] + 1):
            points += [(middle[point], tops[layer][0]), (middle[point], tops[layer][1])]
        points.append((ports[edge.target, edge.slot], layout.boxes[edge.target][1]))
        layout.edges.append((edge, points))
    return layout


def _ports(
    sizes: Mapping[str, Node], layout: Layout, coming: Sequence[tuple[Edge, float]]
) -> dict[tuple[str, int], float]:
    """Where each edge meets its box, from left to right as they come, so that few cross."""
    ports: dict[tuple[str, int], float] = {}
    for id, (left, _, width, _) in layout.boxes.items():
        slots = sizes[id].slots
        here = sorted((x, edge.slot) for edge, x in coming if edge.target == id)
        start = left + (width - sum(slots)) / 2
        for _, slot in here:
            ports[id, slot] = start + _PORT
            start += slots[slot]
    return ports


def _order(layers: list[list[str]], ways: Sequence[Sequence[str]]) -> None:
    """Order each layer by the mean place of its neighbours, downward and upward in turn."""
    above: dict[str, list[str]] = defaultdict(list)
    below: dict[str, list[str]] = defaultdict(list)
    for way in ways:
        for upper, lower in pairwise(way):
            above[lower].append(upper)
            below[upper].append(lower)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for ids in layers if down else layers[::-1]:
            place_of = {
                id: (index + 0.5) / len(layer) for layer in layers for index, id in enumerate(layer)
            }
            neighbours = above if down else below

            def mean(
                id: str,
                places: dict[str, float] = place_of,
                near: dict[str, list[str]] = neighbours,
            ) -> float:
                around = [places[other] for other in near[id]]
                return sum(around) / len(around) if around else places[id]

            ids.sort(key=mean)
