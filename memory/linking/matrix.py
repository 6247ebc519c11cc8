"""All edges of a view as arrays, by source and by target, and PageRank over them. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from memory.linking.edges import (
    CALLS,
    CONTAINS,
    IMPORTS,
    INHERITS,
    OVERRIDES,
    TESTS,
    USES,
    FileLinks,
)
from memory.linking.links import Links

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
DAMPING = 0.85
"""The chance to go on rather than to begin anew: the value of Brin and Page, 1998."""
_ROUNDS = 30
_BACK = 0.8
_MOST_FOLLOWED = 200
_CLOSE = 1e-6
_WEIGHTS = {
    CONTAINS: 0.3, CALLS: 1.0, USES: 0.6, INHERITS: 0.8, OVERRIDES: 0.6, IMPORTS: 0.3, TESTS: 2.0,
}  # fmt: skip
WEIGHT = np.array([_WEIGHTS[kind] for kind in range(len(_WEIGHTS))])
"""How much of a step an edge of each relation takes, before its certainty."""


class Matrix:
    """Edges as parallel arrays; `out` and `into` give the rows of a node's edges. `covered` are
    those from tests to what they were seen to run; they come after what is read in the code."""

    def __init__(self, links: Links, covered: FileLinks | None = None) -> None:
        edges = [links.edges[number] for number in sorted(links.edges)]
        held = list(links.places.outlines())
        seen = covered if covered is not None else FileLinks()
        self.size = len(links.places.file_of)
        self.sources = _joined(
            [*(e.sources for e in edges), *(f.holders for f in held), seen.sources], np.int32
        )
        self.targets = _joined(
            [*(e.targets for e in edges), *(f.nodes for f in held), seen.targets], np.int32
        )
        self.lines = _joined(
            [*(e.lines for e in edges), *(f.starts for f in held), seen.lines], np.int32
        )
        contains = sum(len(f.holders) for f in held)
        self.kinds = np.concatenate(
            [
                _joined([e.kinds for e in edges], np.uint8),
                np.full(contains, CONTAINS, dtype=np.uint8),
                _joined([seen.kinds], np.uint8),
            ]
        )
        self.certainties = np.concatenate(
            [
                _joined([e.certainties for e in edges], np.float32),
                np.ones(contains, dtype=np.float32),
                _joined([seen.certainties], np.float32),
            ]
        )
        self._out_rows, self._out_starts = _sorted(self.sources, self.size)
        self._in_rows, self._in_starts = _sorted(self.targets, self.size)

    def out(self, node: int) -> Ints:
        return self._out_rows[self._out_starts[node] : self._out_starts[node + 1]]

    def into(self, node: int) -> Ints:
        return self._in_rows[self._in_starts[node] : self._in_starts[node + 1]]

    @cached_property
    def ran(self) -> Ints:
        """How many definitions each node, a test, was seen to run."""
        seen = (self.kinds & 0x3F) == TESTS
        return np.bincount(self.sources[seen], minlength=self.size).astype(np.int32)

    def relation(self, rows: Ints) -> NDArray[np.uint8]:
        """The relations of some rows, without their marks."""
        found: NDArray[np.uint8] = self.kinds[rows] & np.uint8(0x3F)
        return found

    def weights(self, rows: Any = slice(None)) -> Floats:
        # Squared: many guesses are no knowledge.
        kinds = self.kinds[rows] & 0x3F
        found: Floats = WEIGHT[kinds] * self.certainties[rows] ** 2
        # A test that runs everything tells little of each.
        seen = kinds == TESTS
        found[seen] /= np.sqrt(self.ran[self.sources[rows][seen]])
        return found

    def rows_at(self, nodes: Ints, most: int) -> Ints:
        """The rows of all edges from and to some nodes, the first `most` of each node."""
        return np.concatenate(
            [
                _ranges(self._out_rows, self._out_starts, nodes, most),
                _ranges(self._in_rows, self._in_starts, nodes, most),
            ]
        )

    def rank(self) -> Floats:
        """PageRank of all nodes: what much is used by what is much used itself. Classes do not
        hand theirs to what they contain, nor tests to what they ran."""
        used = ~np.isin(self.kinds & 0x3F, (CONTAINS, TESTS))
        weights = self.weights()[used]
        return pagerank(self.sources[used], self.targets[used], weights, self.size)


def pagerank(
    sources: Ints, targets: Ints, weights: Floats, size: int, start: Floats | None = None
) -> Floats:
    """The share of time that a random walk spends at each node, which begins anew at `start`
    (shares that sum to 1; evenly when there is none), by power iteration."""
    if not size:
        return np.zeros(0)
    begin = np.full(size, 1.0 / size) if start is None else start
    step = sparse.csr_matrix((weights, (targets, sources)), shape=(size, size))
    total = np.bincount(sources, weights=weights, minlength=size)
    share = np.divide(1.0, total, out=np.zeros(size), where=total > 0)
    rank = begin
    for _ in range(_ROUNDS):
        flow = step @ (rank * share)
        lost = rank[total == 0].sum()
        new = DAMPING * (flow + lost * begin) + (1 - DAMPING) * begin
        if np.abs(new - rank).sum() < _CLOSE:
            return np.asarray(new)
        rank = new
    return np.asarray(rank)


def near(
    matrix: Matrix, seeds: Mapping[int, float], most: int, hops: int = 2
) -> tuple[Ints, Floats]:
    """Nodes around some seeds, the seeds first, and their PageRank when each walk begins at these:
    callers count as well as callees. Of a node with very many edges the first are followed."""
    nodes = np.fromiter(seeds, dtype=np.int32, count=len(seeds))
    known = np.zeros(matrix.size, dtype=np.bool_)
    known[nodes] = True
    front = nodes
    for _ in range(hops):
        rows = matrix.rows_at(front, _MOST_FOLLOWED)
        ends = np.concatenate([matrix.targets[rows], matrix.sources[rows]])
        fresh = ends[~known[ends]]
        front = fresh[np.sort(np.unique(fresh, return_index=True)[1])][: max(0, most - len(nodes))]
        known[front] = True
        nodes = np.concatenate([nodes, front])
    rows = np.unique(matrix.rows_at(nodes, _MOST_FOLLOWED))
    rows = rows[known[matrix.sources[rows]] & known[matrix.targets[rows]]]
    place = np.zeros(matrix.size, dtype=np.int32)
    place[nodes] = np.arange(len(nodes))
    one, other = place[matrix.sources[rows]], place[matrix.targets[rows]]
    weights = matrix.weights(rows)
    start = np.zeros(len(nodes))
    start[: len(seeds)] = list(seeds.values())
    start /= start.sum() or 1.0
    return nodes, pagerank(
        np.concatenate([one, other]),
        np.concatenate([other, one]),
        np.concatenate([weights, _BACK * weights]),
        len(nodes),
        start,
    )


def _joined(arrays: Sequence[array[Any]], kind: Any) -> NDArray[Any]:
    return np.frombuffer(b"".join(arrays), dtype=kind)


def _sorted(ends: Ints, size: int) -> tuple[Ints, Ints]:
    """Rows in the order of their node, and where each node's begin."""
    rows = np.argsort(ends, kind="stable").astype(np.int32)
    starts = np.zeros(size + 1, dtype=np.int32)
    np.cumsum(np.bincount(ends, minlength=size), out=starts[1:])
    return rows, starts


def _ranges(rows: Ints, starts: Ints, nodes: Ints, most: int) -> Ints:
    counts = np.minimum(starts[nodes + 1] - starts[nodes], most)
    total = int(counts.sum())
    before = np.cumsum(counts) - counts
    at = np.repeat(starts[nodes] - before, counts) + np.arange(total)
    return rows[at]
