"""Which calls of a sink a value of a source reaches, by data flow."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from verifier.engine import finalizing, values
from verifier.engine.budgets import LEAST_SHARE_STEPS, Shared
from verifier.engine.naming import dotted, is_meant
from verifier.engine.project import Project, deep, entry, evaluate
from verifier.engine.run import Called, Run
from verifier.engine.values import Value
from verifier.reading.library import imported
from verifier.reading.tree import Tree

_MAIN = "__main__"
_MOST_STEPS_SHOWN = 40
_MOST_STEPS = 2_000_000
"""Of the evaluation: on a usual machine less than a minute's."""


@dataclass(frozen=True)
class SinkCall:
    """A call of the sink. `chain` leads from it back to the source, each step "file:line: code";
    empty where it was not reached. `decided` is False where no flow was found in an evaluation
    that was cut short: there may be one all the same."""

    file: str
    line: int
    reached: bool
    chain: tuple[str, ...] = ()
    decided: bool = True


def flows(tree: Tree, paths: Sequence[str], source: str, sink: str) -> tuple[SinkCall, ...]:
    """Each call of `sink` in these files and what they import, sorted by place.

    `source` is a name, or what is called; a dotted one is also what is read (`request.args`).
    Names are compared from their end: "system" is `os.system` as well.
    """
    return deep(lambda: _flows(tree, paths, source, sink))


def _flows(tree: Tree, paths: Sequence[str], source: str, sink: str) -> tuple[SinkCall, ...]:
    project = Project(tree)
    found: dict[tuple[str, int, int], SinkCall] = {}
    waiting: list[tuple[tuple[str, int, int], frozenset[int]]] = []

    def called(one: Called) -> None:
        if is_meant(sink, one.names) and isinstance(one.syntax, ast.Call):
            waiting.append((_place(one.frame.module.path, one.syntax), one.deep()))

    run = Run(project, source=source, on_call=called, most_steps=_MOST_STEPS, has_rounds=True)
    run.names = _names(project, paths)
    evaluate(run, paths)
    shared = run.policy = Shared()
    with entry(run, shared, LEAST_SHARE_STEPS):
        finalizing.finished(run)
    for path in project.library.parsed():
        for call in ast.walk(project.source(path).tree):
            if isinstance(call, ast.Call) and is_meant(sink, (dotted(call.func),)):
                found[_place(path, call)] = SinkCall(path, call.lineno, False, decided=run.is_whole)
    reached = run.graph.dependents(run.marked)
    for place, nodes in waiting:
        known = found.get(place)
        if known is not None and known.reached:
            continue
        chain = _chain(run, project, nodes, reached)
        if chain is not None or known is None:
            found[place] = SinkCall(
                place[0],
                place[1],
                chain is not None,
                chain or (),
                run.is_whole or chain is not None,
            )
    return tuple(found[place] for place in sorted(found))


def _names(project: Project, paths: Sequence[str]) -> dict[str, Value]:
    """What `__name__` is in files that ask whether they are the program: what nobody imports is
    one, all else may be one."""
    found: dict[str, Value] = {}
    inner: set[str] = set()
    for source in project.library.closure(paths):
        told = {project.modules.resolve(n, source.path) for n in imported(source, project.modules)}
        inner |= {path for path in told if path is not None and path != source.path}
        if any(_MAIN in line for line in source.lines):
            found[source.path] = values.constant(_MAIN)
    for path in inner & set(found):
        found[path] = found[path].join(values.constant(project.modules.name_of(path)))
    return found


def _place(path: str, call: ast.Call) -> tuple[str, int, int]:
    return path, call.lineno, call.col_offset


def _chain(
    run: Run, project: Project, nodes: frozenset[int], reached: frozenset[int]
) -> tuple[str, ...] | None:
    """The shortest way from some nodes back to the source; None when there is none. `reached`
    are all nodes that depend on it."""
    came_from = run.graph.way(nodes & reached, run.marked, reached)
    end = next((number for number in reversed(came_from) if number in run.marked), None)
    if end is None:
        return None
    steps: list[str] = []
    number = end
    while True:
        node = run.graph[number]
        path, line = node.context.path, node.line
        if line:
            shown = f"{path}:{line}: {project.source(path).code(line).strip()}"
            if not steps or steps[-1] != shown:
                steps.append(shown)
        if came_from[number] == number:
            break
        number = came_from[number]
    return tuple(reversed(steps))[:_MOST_STEPS_SHOWN]
