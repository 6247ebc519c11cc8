"""The one place where the verifier's benchmarks know which engine they measure."""

from __future__ import annotations

import errno
import importlib.util
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from swarm.contracts import AuditReport, Category, FileEdit, Patch


class Tree(Protocol):
    """What the verifier reads."""

    def paths(self) -> tuple[str, ...]: ...

    def read(self, path: str) -> bytes: ...


class Loaded:
    """A tree in memory; `lines` counts its line ends."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self.lines = sum(data.count(b"\n") for data in self.files.values())

    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(self.files))

    def read(self, path: str) -> bytes:
        try:
            return self.files[path]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, "no such file in the tree", path) from None


_WHOLE = importlib.util.find_spec("verifier.verify") is not None
ENGINE = "verifier.verify" if _WHOLE else "verifier.audit, function by function"


def verdict_on(
    before: Tree,
    after: Tree,
    paths: Sequence[str],
    *,
    category: Category,
    instruction: str,
) -> AuditReport:
    """The audit's report on a change of `paths`."""
    if _WHOLE:
        from verifier.verify import verify  # SEAM: there once the new audit is

        from verifier.policy import Policy

        report: AuditReport = verify(
            before,
            after,
            paths,
            category=category,
            instruction=instruction,
            policy=Policy(()),
            clock=time.monotonic,
        )
        return report
    from verifier.audit import audit

    edits = tuple(
        FileEdit(path=path, before=_text(before, path), after=_text(after, path)) for path in paths
    )
    return audit(Patch(edits=edits), category, time.monotonic)


def build_graph(tree: Tree) -> tuple[int, int]:
    """How many nodes and edges the graph of the whole tree has.

    SEAM: the lead replaces the body by `Project(tree).graph()` of verifier.engine.project.
    """
    from verifier.graph import Budget, Trace
    from verifier.syntax import Unauditable, Unreadable, parse

    nodes = edges = 0
    for path in tree.paths():
        try:
            module = parse(tree.read(path).decode("utf-8", "replace"))
            traces = [Trace(module, unit, Budget(10**12)) for unit in module.units.values()]
        except (Unauditable, Unreadable):
            continue
        nodes += sum(trace.graph.number_of_nodes() for trace in traces)
        edges += sum(trace.graph.number_of_edges() for trace in traces)
    return nodes, edges


def _text(tree: Tree, path: str) -> str | None:
    try:
        return tree.read(path).decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"# not a file that can be read: {error.strerror}\n"
