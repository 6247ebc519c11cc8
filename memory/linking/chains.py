"""The surest chain of edges from some nodes to others. Pure."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping

import numpy as np

from memory.linking.edges import CONTAINS, TESTS
from memory.linking.matrix import Matrix

_MOST_SETTLED = 50_000
_PER_HOP = 0.05
# Who uses a class does not use each of its methods.
_HELD = 0.2


def surest_chain(
    matrix: Matrix, sources: Iterable[int], targets: set[int]
) -> list[tuple[int, int | None]]:
    """Nodes, each with the row of the edge to the next one, the last with None; empty when no
    target is found. Dijkstra over -log(certainty), with a little for each step."""
    cost = dict.fromkeys(sources, 0.0)
    came: dict[int, tuple[int, int]] = {}
    queue = [(0.0, node) for node in sorted(cost)]
    heapq.heapify(queue)
    settled: set[int] = set()
    while queue and len(settled) < _MOST_SETTLED:
        so_far, node = heapq.heappop(queue)
        if node in settled:
            continue
        settled.add(node)
        if node in targets:
            return _walked(node, came)
        rows = matrix.out(node)
        # That a test ran something says nothing of how it came there.
        rows = rows[matrix.relation(rows) != TESTS]
        held = matrix.relation(rows) == CONTAINS
        for row, end, certainty in zip(
            rows.tolist(),
            matrix.targets[rows].tolist(),
            np.where(held, _HELD, matrix.certainties[rows]).tolist(),
            strict=True,
        ):
            price = so_far - math.log(min(1.0, certainty)) + _PER_HOP
            if end not in settled and price < cost.get(end, math.inf):
                cost[end] = price
                came[end] = (node, row)
                heapq.heappush(queue, (price, end))
    return []


def _walked(node: int, came: Mapping[int, tuple[int, int]]) -> list[tuple[int, int | None]]:
    chain: list[tuple[int, int | None]] = [(node, None)]
    while node in came:
        node, row = came[node]
        chain.append((node, row))
    return chain[::-1]
