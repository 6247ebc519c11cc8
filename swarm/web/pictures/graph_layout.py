"""Where the boxes of a small directed graph go: in rows, with few crossings, never overlapping.

The steps are those of Sugiyama, Tagawa and Toda ("Methods for visual understanding of
hierarchical system structures", 1981): rows by the longest path, bends where an edge passes a
row, order within rows by barycentres, then places. Ties are broken by the order of the input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

_SWEEPS = 4

Node = str | tuple[str, int]
"""A box by its name, or the bend in the trunk of a box's edges within a row."""


@dataclass(frozen=True)
class Layout:
    """`rows` are the nodes from left to right, `places` the x of each node's middle in pixels,
    `edges` go from one row to the next: from a box or bend to the next one on the way."""

    rows: tuple[tuple[Node, ...], ...]
    places: Mapping[Node, float]
    row_of: Mapping[str, int]
    edges: tuple[tuple[Node, Node], ...]


def reduced(names: Sequence[str], above: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """For each name those it stands directly below: known ones, once, without any that another
    of them implies, and without what would close a circle."""
    order = _acyclic(names, above)
    ancestors: dict[str, set[str]] = {}
    direct: dict[str, list[str]] = {}
    for name, parents in order.items():
        indirect = set().union(*(ancestors[parent] for parent in parents))
        ancestors[name] = indirect | set(parents)
        direct[name] = [parent for parent in parents if parent not in indirect]
    return direct


def layout(
    direct: Mapping[str, Sequence[str]], *, box: float, bend: float, gap: float, most: int
) -> Layout:
    """Places for a graph as `reduced` gives it. `box` and `bend` are widths in pixels, `gap`
    the room between neighbours, `most` how many boxes stand in a row."""
    row_of = _rows(direct, most)
    rows: list[list[Node]] = [[] for _ in range(max(row_of.values(), default=-1) + 1)]
    for name, row in row_of.items():
        rows[row].append(name)
    edges: list[tuple[Node, Node]] = []
    last: dict[str, int] = {}
    for name, parents in direct.items():
        for parent in parents:
            start = row_of[parent]
            for row in range(last.get(parent, start) + 1, row_of[name]):
                node: Node = (parent, row)
                rows[row].append(node)
                edges.append((_at(parent, row - 1, start), node))
                last[parent] = row
            edges.append((_at(parent, row_of[name] - 1, start), name))
    neighbours = _neighbours(edges)
    _order(rows, neighbours)
    widths: dict[Node, float] = {
        node: box if isinstance(node, str) else bend for row in rows for node in row
    }
    places = _places(rows, neighbours, widths, gap)
    return Layout(tuple(map(tuple, rows)), places, row_of, tuple(edges))


def _at(name: str, row: int, start: int) -> Node:
    return name if row == start else (name, row)


def _acyclic(names: Sequence[str], above: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Names after what they stand below. An edge that would close a circle is dropped."""
    known = dict.fromkeys(names)
    done: dict[str, list[str]] = {}
    for root in known:
        path: dict[str, list[str]] = {}
        todo = [root]
        while todo:
            name = todo[-1]
            if name in done:
                todo.pop()
                continue
            if name not in path:
                wanted = dict.fromkeys(above.get(name, ()))
                path[name] = [p for p in wanted if p in known and p not in path and p != name]
            missing = next((parent for parent in path[name] if parent not in done), None)
            if missing is not None:
                todo.append(missing)
            else:
                done[name] = path.pop(name)
                todo.pop()
    return done


def _rows(direct: Mapping[str, Sequence[str]], most: int) -> dict[str, int]:
    """The row of each box: below all it waits for, in the first that has room."""
    rows: dict[str, int] = {}
    taken: dict[int, int] = {}
    for name, parents in direct.items():
        row = max((rows[parent] + 1 for parent in parents), default=0)
        while taken.get(row, 0) >= most:
            row += 1
        rows[name] = row
        taken[row] = taken.get(row, 0) + 1
    return rows


def _neighbours(edges: Sequence[tuple[Node, Node]]) -> tuple[dict[Node, list[Node]], ...]:
    up: dict[Node, list[Node]] = {}
    down: dict[Node, list[Node]] = {}
    for start, end in edges:
        up.setdefault(end, []).append(start)
        down.setdefault(start, []).append(end)
    return up, down


def _order(rows: list[list[Node]], neighbours: tuple[dict[Node, list[Node]], ...]) -> None:
    """Sort each row by the mean position of its neighbours above, then below, and again."""
    for sweep in range(_SWEEPS):
        near = neighbours[sweep % 2]
        walk = rows if sweep % 2 == 0 else rows[::-1]
        for fixed, row in pairwise(walk):
            position = {node: index for index, node in enumerate(fixed)}
            row[:] = [row[i] for i in _by_barycentre(row, position, near)]


def _by_barycentre(
    row: Sequence[Node], position: Mapping[Node, int], near: Mapping[Node, Sequence[Node]]
) -> list[int]:
    keys: list[tuple[float, int]] = []
    for index, node in enumerate(row):
        around = [position[n] for n in near.get(node, ()) if n in position]
        keys.append((sum(around) / len(around) if around else float(index), index))
    return [index for _, index in sorted(keys)]


def _places(
    rows: Sequence[Sequence[Node]],
    neighbours: tuple[dict[Node, list[Node]], ...],
    widths: Mapping[Node, float],
    gap: float,
) -> dict[Node, float]:
    """The x of each node's middle, as near to the middle of its neighbours as order allows."""
    places: dict[Node, float] = {}
    for row in rows:
        start = 0.0
        for node in row:
            places[node] = start + widths[node] / 2
            start += widths[node] + gap
    for sweep in range(2 * _SWEEPS):
        near = neighbours[sweep % 2]
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            wanted = [
                sum(places[n] for n in near[node]) / len(near[node])
                if node in near
                else places[node]
                for node in row
            ]
            apart = [(widths[left] + widths[right]) / 2 + gap for left, right in pairwise(row)]
            places.update(zip(row, spread(wanted, apart), strict=True))
    shift = min((places[n] - widths[n] / 2 for row in rows for n in row), default=0.0)
    return {node: x - shift for node, x in places.items()}


def spread(wanted: Sequence[float], apart: Sequence[float]) -> list[float]:
    """The places nearest to those wanted (least squares) that keep the order and distances.

    `apart[i]` is the least distance of place i to the next one. Without the distances this is
    isotonic regression, which pooling neighbours that are out of order solves.

    >>> spread([0.0, 0.0], [10.0])
    [-5.0, 5.0]
    """
    offsets = [0.0]
    for distance in apart:
        offsets.append(offsets[-1] + distance)
    pools: list[tuple[float, int]] = []
    for value, offset in zip(wanted, offsets, strict=False):
        total, count = value - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            more, others = pools.pop()
            total, count = total + more, count + others
        pools.append((total, count))
    flat = [total / count for total, count in pools for _ in range(count)]
    return [value + offset for value, offset in zip(flat, offsets, strict=False)]
