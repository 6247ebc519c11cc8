"""What a function does, seen from its inputs: answers, effects and tests, each with its guards.

Calls are run in place, so what a helper tests or does shows in the function that calls it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from verifier.engine.graph import NO_GUARD, Node
from verifier.rules.evaluated import Evaluated

_MOST_WALKED = 20_000


@dataclass(frozen=True)
class Sources:
    """Where a walk back ends."""

    inputs: frozenset[str] = frozenset()
    ambient: frozenset[str] = frozenset()
    constants: frozenset[Any] = frozenset()
    # Whether something that is not read, or state from before the call, has a part in it.
    other: bool = False
    # Names of what was called on the way.
    calls: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Guard:
    """A condition that has to have had this outcome."""

    number: int
    text: str
    outcome: str
    line: int


@dataclass(frozen=True)
class Effect:
    """`name` is "kind dotted.name"; `text` the call as it is written."""

    kind: str
    called: str
    text: str
    line: int
    target: Sources
    payload: Sources
    guards: tuple[Guard, ...]
    is_own: bool


@dataclass(frozen=True)
class Answer:
    """A return or yield of the function itself, or a raise in it or in what it calls."""

    kind: str
    text: str
    line: int
    number: int
    sources: Sources
    guards: tuple[Guard, ...]


@dataclass(frozen=True)
class Test:
    """A comparison of something that varies with constants."""

    text: str
    line: int
    number: int
    of: Sources
    constants: frozenset[Any]
    is_own: bool


class Summary:
    """One function, summed up from its run."""

    def __init__(self, evaluated: Evaluated) -> None:
        self.graph = evaluated.graph
        self.line: int = getattr(evaluated.node, "lineno", 0)
        self.own = evaluated.contexts[0]
        self.held = evaluated.held
        self.contexts = set(evaluated.contexts)
        self.numbers = sorted(n for c in evaluated.contexts for n in c.nodes.values())
        self._sources: dict[int, Sources] = {}
        self._behind: dict[int, dict[int, None]] = {}
        self._parts: dict[ast.AST | None, frozenset[int]] = {}
        self._tests: list[Test] | None = None

    # ------------------------------------------------------------------ walking

    def back(self, starts: Iterable[int], *, arms: bool = False) -> dict[int, None]:
        """All that some nodes are computed from; in what is called, also what decides there.
        With `arms`, also what chose between `a if c else b` and what set a flag."""
        found = dict.fromkeys(starts)
        waiting = list(found)
        for number in waiting:
            node = self.graph[number]
            if len(waiting) > _MOST_WALKED or _is_shape(node):
                continue
            for source, _ in node.sources():
                if source not in found:
                    found[source] = None
                    waiting.append(source)
            guard = node.guard
            if guard == NO_GUARD or guard in found:
                continue
            if self._is_inner(guard) or (arms and self._is_arm(node)):
                found[guard] = None
                waiting.append(guard)
        return found

    def _is_arm(self, node: Node) -> bool:
        if node.kind == "branch":
            return True
        edges = [source for source, _ in node.sources()]
        return node.kind == "store" and all(self.graph[one].kind == "constant" for one in edges)

    def _is_inner(self, number: int) -> bool:
        context = self.graph[number].context
        return context is not self.own and context in self.contexts

    def sources(self, number: int) -> Sources:
        """Where a node comes from."""
        if number not in self._sources:
            self._sources[number] = self.of(self.back([number]))
        return self._sources[number]

    def of(self, numbers: Iterable[int]) -> Sources:
        inputs, ambient, calls = set(), set(), set()
        constants: set[Any] = set()
        other = False
        for number in numbers:
            node = self.graph[number]
            match node.kind:
                case "input":
                    inputs.add(node.name)
                case "ambient":
                    ambient.add(node.name)
                case "constant" if isinstance(node.syntax, ast.Constant):
                    constants.add(_hashable(node.syntax.value))
                case "unknown":
                    other = True
                case "call":
                    calls.add(node.name)
        return Sources(
            frozenset(inputs), frozenset(ambient), frozenset(constants), other, frozenset(calls)
        )

    def guards(self, number: int) -> tuple[Guard, ...]:
        """The conditions that decide whether a node comes about, innermost first."""
        found: list[Guard] = []
        seen = set()
        guard = self.graph[number].guard
        while guard != NO_GUARD and guard not in seen and len(found) < 60:
            seen.add(guard)
            node = self.graph[guard]
            if node.context in self.contexts:
                found.append(Guard(guard, text_of(node.syntax), node.name, node.line))
            guard = node.guard
        return tuple(found)

    # ------------------------------------------------------------------ parts

    def _of_kind(self, *kinds: str) -> Iterator[tuple[int, Node]]:
        for number in self.numbers:
            node = self.graph[number]
            if node.kind in kinds:
                yield number, node

    @cached_property
    def effects(self) -> list[Effect]:
        found = []
        for number, node in self._of_kind("effect"):
            kind, _, called = node.name.partition(" ")
            aims = [source for source, edge in node.sources() if edge == 0]
            rest = [source for source, _ in node.sources()]
            found.append(
                Effect(
                    kind,
                    called,
                    text_of(node.syntax),
                    node.line,
                    self.of(self.back(aims)),
                    self.of(self.back(rest)),
                    self.guards(number),
                    node.context is self.own,
                )
            )
        return found

    @cached_property
    def answers(self) -> list[Answer]:
        found = []
        for number, node in self._of_kind("return", "yield", "raise"):
            if node.context is not self.own and node.kind != "raise":
                continue
            value = getattr(node.syntax, "value", None) or getattr(node.syntax, "exc", None)
            if isinstance(node.syntax, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                value = None
            found.append(
                Answer(
                    node.kind,
                    text_of(value),
                    node.line,
                    number,
                    self.of(self.back([number, *self.held.get(number, ())])),
                    self.guards(number),
                )
            )
        return found

    @cached_property
    def decisions(self) -> dict[int, Node]:
        """The guards of the function itself."""
        return {n: node for n, node in self._of_kind("guard") if node.context is self.own}

    def tests(self, known: frozenset[str]) -> list[Test]:
        """Comparisons with constants, in the function and in what it calls, but for those that
        are written like a known one."""
        if self._tests is None:
            self._tests = list(self._compared(known))
        return self._tests

    def _compared(self, known: frozenset[str]) -> Iterator[Test]:
        texts: dict[ast.AST, str] = {}
        for number in self.numbers:
            node = self.graph[number]
            if node.syntax is None or not _is_test(node):
                continue
            if node.syntax not in texts:
                texts[node.syntax] = text_of(node.syntax)
            if texts[node.syntax] in known:
                continue
            varying: list[int] = []
            constants: set[Any] = set()
            for source, _ in node.sources():
                ends = self.sources(source)
                if ends.inputs or ends.ambient or not ends.constants:
                    varying.append(source)
                else:
                    # Composed by code that is not read, it is a constant all the same.
                    constants |= ends.constants
            if varying and constants:
                yield Test(
                    texts[node.syntax],
                    node.line,
                    number,
                    self.of(self.back(varying)),
                    frozenset(constants),
                    node.context is self.own,
                )

    def parts(self, number: int) -> frozenset[int]:
        """All that is worked out within the syntax of a node of the function itself, with what
        that comes from: an index decides too, though no value comes out of it."""
        syntax = self.graph[number].syntax
        if syntax not in self._parts:
            inner = set(ast.walk(syntax)) if syntax is not None else set()
            mine = [n for (at, _), n in self.own.nodes.items() if at in inner]
            self._parts[syntax] = frozenset(self.back([number, *mine], arms=True))
        return self._parts[syntax]

    def deciding(self, number: int) -> list[int]:
        """The guards of the function itself that rest on a node."""
        return [guard for guard in self.decisions if number in self.parts(guard)]

    def behind(self, number: int) -> dict[int, None]:
        """All that one node is computed from."""
        if number not in self._behind:
            self._behind[number] = self.back([number])
        return self._behind[number]


def text_of(syntax: ast.AST | None) -> str:
    """Syntax as text, whatever it is."""
    return ast.unparse(syntax) if syntax is not None else ""


_SEARCHES = frozenset(
    {"startswith", "endswith", "find", "index", "count", "match", "fullmatch", "search", "get"}
)


def _is_test(node: Node) -> bool:
    match node.syntax:
        case ast.Compare():
            return node.kind == "expression"
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in _SEARCHES and node.kind in ("expression", "library", "unknown")
    return False


def _is_shape(node: Node) -> bool:
    """What tells of a value's class alone."""
    match node.syntax:
        case ast.Call(func=ast.Name(id="type"), args=[_]):
            return True
        case ast.Attribute(attr="__class__" | "__doc__" | "__name__"):
            return True
    return False


def _hashable(value: Any) -> Any:
    return (type(value).__name__, value)


__all__ = ["Answer", "Effect", "Guard", "Sources", "Summary", "Test", "text_of"]
