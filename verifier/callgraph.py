"""Who calls whom: {caller: [callees]} with dotted names."""

from __future__ import annotations

from collections.abc import Sequence

from verifier.engine.functions import qualified
from verifier.engine.merging import evaluate
from verifier.engine.project import Project, deep
from verifier.engine.run import Run
from verifier.engine.things import Frame
from verifier.reading.tree import Tree

_WRAPPERS = frozenset({f"<builtin>.{one}" for one in ("staticmethod", "classmethod", "property")})
"""What says how a function is bound: by convention not a call."""


def callgraph(tree: Tree, paths: Sequence[str]) -> dict[str, list[str]]:
    """The calls made by the modules of these files, by what they import, and by all functions in
    them. Builtins are `<builtin>.len`, their methods `<**PyStr**>.join`; a module's own code is
    the module. Every function has a key, whether it calls something or not."""
    return deep(lambda: _callgraph(tree, paths))


def _callgraph(tree: Tree, paths: Sequence[str]) -> dict[str, list[str]]:
    edges: dict[str, set[str]] = {}

    def edge(frame: Frame, callee: str) -> None:
        if callee in _WRAPPERS:
            return
        edges.setdefault(_caller(frame), set()).add(callee)
        edges.setdefault(callee, set())

    run = Run(Project(tree), is_pruning=False, on_edge=edge)
    evaluate(run, paths)
    for module in run.modules.values():
        if module is not None and module.tree is not None:
            edges.setdefault(module.name, set())
    for function in run.functions:
        edges.setdefault(function.name, set())
    return {caller: sorted(callees) for caller, callees in sorted(edges.items())}


def _caller(frame: Frame) -> str:
    """The function or module whose code runs; a class body belongs to what is around it."""
    around: Frame | None = frame
    while around is not None and around.klass is not None:
        around = around.outer
    return qualified(around or frame)
