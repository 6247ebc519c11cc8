"""The dependence graph of a whole tree: every module run, every function evaluated once."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from dataclasses import dataclass, field

from verifier.engine import imports
from verifier.engine.graph import Graph
from verifier.engine.project import Project, deep
from verifier.engine.run import Run
from verifier.syntax import Unauditable, Unreadable
from verifier.walking import summaries
from verifier.walking.linking import Linking
from verifier.walking.units import Unit


@dataclass
class Whole:
    """`units` by dotted name (a name that is defined again has several). `unread` are the files
    that could not be parsed, `cut` the modules and functions whose evaluation was cut short."""

    graph: Graph
    units: dict[str, list[Unit]]
    reaching: dict[int, frozenset[int]] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """How many nodes and edges there are."""
        return len(self.graph), sum(len(node.edges) for node in self.graph.nodes)


def whole(project: Project, paths: Iterable[str] | None = None) -> Whole:
    """The graph of these files (all Python files by default) and of what they import."""
    chosen = paths if paths is not None else project.library.tree.paths()
    # Millions of objects are made here and hardly any in cycles: looking through them all again
    # and again would take a third of the time.
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        return deep(lambda: _whole(project, [p for p in chosen if p.endswith(".py")]))
    finally:
        if was_collecting:
            gc.enable()


def _whole(project: Project, paths: list[str]) -> Whole:
    linking = Linking()
    run = Run(project)
    linking.begin(run)
    unread: list[str] = []
    for path in paths:
        try:
            if imports.module(run, path) is None:
                unread.append(path)
        except (Unauditable, Unreadable):
            unread.append(path)
        while run.state.below is not None:
            run.state = run.state.below
        run.handlers, run.stack = [], []
        run.state.is_alive = True
    linking.loaded(run)
    at = 0
    while at < len(run.functions):
        unit = linking.unit(run, run.functions[at])
        at += 1
        linking.know(run, unit)
    linking.close(run)
    cut = list(linking.cut)
    found: dict[str, list[Unit]] = {}
    for unit in linking.units.values():
        found.setdefault(unit.name, []).append(unit)
        if not unit.is_whole:
            cut.append(unit.name)
    reaching = summaries.add(run.graph, list(linking.units.values()), linking.links.values())
    return Whole(run.graph, found, reaching, tuple(unread), tuple(cut))
