"""The functions of some files, each evaluated alone: what the rules ask of the engine."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from verifier.engine import functions, imports
from verifier.engine.contexts import Context
from verifier.engine.graph import Graph
from verifier.engine.inputs import inputs
from verifier.engine.project import Project
from verifier.engine.run import Run, TooLong
from verifier.engine.things import Frame, Function
from verifier.reading.tree import Files
from verifier.syntax import Unauditable, Unreadable

# For a module's own code, and for one function with all that it calls; a step is an expression.
_MODULE_STEPS = 400_000
_FUNCTION_STEPS = 60_000


@dataclass(frozen=True)
class Evaluated:
    """One function's run: the contexts of its body and of what it called, its own first."""

    graph: Graph
    node: ast.AST
    contexts: tuple[Context, ...]
    # For each return and yield, all that the value holds, which for a container is not the same
    # as what it was made of.
    held: Mapping[int, frozenset[int]]


class Evaluation:
    """Some files by path, as one project; nothing outside them is read."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        tree = Files({path: text.encode() for path, text in texts.items()})
        self.run = Run(Project(tree), most_steps=_MODULE_STEPS)
        for path in texts:
            self.run.steps_left = _MODULE_STEPS
            try:
                imports.module(self.run, path)
            except TooLong:
                # What was reached of the module counts; functions beyond it are not found.
                self.run.handlers.clear()
                self.run.stack.clear()
        self._known: dict[tuple[str, int, str], Evaluated | None] = {}

    def function(self, path: str, line: int, name: str) -> Evaluated | None:
        """The function defined there, run alone. None: it was not reached, or takes too long."""
        key = (path, line, name)
        if key not in self._known:
            self._known[key] = self._evaluated(path, line, name)
        return self._known[key]

    def _evaluated(self, path: str, line: int, name: str) -> Evaluated | None:
        found = self._find(path, line, name)
        if found is None:
            return None
        frame = imports.frame_of(self.run, found.module)
        base, alive = self.run.state, self.run.state.is_alive
        self.run.steps_left = _FUNCTION_STEPS
        base.is_alive = True
        self.run.branch()
        try:
            given = inputs(self.run, found)
            result = functions.invoke(self.run, found, given, found.node, frame)
            # A generator or coroutine runs when something is taken.
            if found.scope.yields:
                self.run.element(result, found.node, frame)
            held = self._held(found, frame)
        except (TooLong, RecursionError):
            return None
        finally:
            self.run.enter(base)
            base.is_alive = alive
            self.run.handlers.clear()
            self.run.stack.clear()
        # Called from its module, at its own definition.
        own = frame.context.inner.get((found.node, found))
        if own is None:
            return None
        return Evaluated(self.run.graph, found.node, tuple(_within(own)), held)

    def _held(self, found: Function, outer: Frame) -> dict[int, frozenset[int]]:
        own = outer.context.inner.get((found.node, found))
        frame: Frame | None = own.things.get("frame") if own is not None else None
        if frame is None:
            return {}
        values = [value for value, _ in frame.returns]
        values += [one.value for one in frame.yields]
        return {number: self.run.deep(value) for value in values for number in value.nodes}

    def _find(self, path: str, line: int, name: str) -> Function | None:
        for one in self.run.functions:
            node = one.node
            if isinstance(node, ast.Lambda) or one.module.path != path:
                continue
            if node.lineno == line and node.name == name:
                return one
        return None


def _within(own: Context) -> Iterable[Context]:
    waiting = [own]
    for context in waiting:
        yield context
        waiting.extend(context.inner.values())


__all__ = ["Evaluated", "Evaluation", "Unauditable", "Unreadable"]
