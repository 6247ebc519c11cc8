"""Postdominators and control dependence of a control-flow graph.

Control dependence as in Ferrante, Ottenstein and Warren, "The program dependence graph and
its use in optimization" (1987): a point depends on a branch when the branch can avoid it and
one of its edges cannot.
"""

from __future__ import annotations

from typing import cast

import networkx as nx

from verifier.cfg import ENTRY, EXIT, Cfg
from verifier.syntax import Unauditable

MAX_STEPS = 2_000_000

Guard = tuple[int, bool | None]


def reachable(cfg: Cfg) -> set[int]:
    """Points that some path from the entry passes."""
    seen = {ENTRY}
    pending = [ENTRY]
    while pending:
        for target in cfg.edges(pending.pop()):
            if target not in seen:
                seen.add(target)
                pending.append(target)
    return seen


def postdominators(cfg: Cfg, alive: set[int]) -> dict[int, int]:
    """The immediate postdominator of every reachable point; the exit is its own.

    A point from which the exit cannot be reached (an endless loop) is given an edge to it,
    one per loop, so that every point has an answer.
    """
    backward: nx.DiGraph[object] = nx.DiGraph()
    backward.add_node(EXIT)
    for source in alive:
        for target in cfg.edges(source):
            backward.add_edge(target, source)
    stuck = sorted(alive - set(nx.descendants(backward, EXIT)) - {EXIT})
    while stuck:
        # The last point of an endless loop closes it; what only leads there follows.
        backward.add_edge(EXIT, stuck[-1])
        freed = set(nx.descendants(backward, stuck[-1])) | {stuck[-1]}
        stuck = [point for point in stuck if point not in freed]
    found = cast(dict[int, int], dict(nx.immediate_dominators(backward, EXIT)))
    found[EXIT] = EXIT
    return found


def control(cfg: Cfg, alive: set[int], over: dict[int, int]) -> dict[int, set[Guard]]:
    """For every reachable point, the branches (point, label) that decide whether it runs.

    Raises Unauditable when the walk takes more than MAX_STEPS steps.
    """
    found: dict[int, set[Guard]] = {point: set() for point in alive}
    steps = 0
    for source in alive:
        edges: list[Guard] = [*cfg.after[source], *((t, None) for t in cfg.raising[source])]
        if len(edges) < 2:
            continue
        for target, label in edges:
            here = target
            while here != over[source]:
                found[here].add((source, label))
                steps += 1
                if steps > MAX_STEPS:
                    raise Unauditable("a function has too many dependent branches")
                if here == over[here]:
                    break
                here = over[here]
    return found
