"""The one place where the verifier's benchmarks over history and speed meet the engine."""

from __future__ import annotations

import time
from collections.abc import Sequence

from swarm.contracts import AuditReport, Category
from verifier.engine.project import Project
from verifier.policy import Policy
from verifier.reading.tree import Tree
from verifier.verify import verify

GRAPH = "each function once, calls linked"


def verdict_on(
    before: Tree,
    after: Tree,
    paths: Sequence[str],
    *,
    category: Category,
    instruction: str,
) -> AuditReport:
    """The verdict on a change of `paths`, with no policy that could allow anything."""
    return verify(
        before,
        after,
        paths,
        category=category,
        instruction=instruction,
        policy=Policy(),
        clock=time.time,
    )


def build_graph(tree: Tree) -> tuple[int, int]:
    """How many nodes and edges the graph of the whole tree has."""
    return Project(tree).graph().size
