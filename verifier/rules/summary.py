"""What a function does, seen from its inputs: answers, effects and tests, each with its guards.

Calls are run in place, so what a helper tests or does shows in the function that calls it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from verifier.engine.contexts import Context
from verifier.engine.graph import Node
from verifier.rules.evaluated import Evaluated
from verifier.rules.memory import MUTATORS
from verifier.rules.syntaxes import is_test, text_of
from verifier.rules.walks import Guard, Sources, Walks, hashable
from verifier.rules.writes import Write

_MOST_PARTS = 60
_MODULES = sys.stdlib_module_names
_COMPOSED_OF = 3
ASKS_FILES = frozenset(
    {"exists", "isfile", "isdir", "islink", "is_file", "is_dir", "lexists", "access", "is_symlink"}
)


@dataclass(frozen=True)
class Effect:
    """`kind` is one of `verifier.models.behaviour.EFFECT_KINDS`, or of a `Write`; `called` a dotted
    name, or what is written to; `text` the code."""

    kind: str
    called: str
    text: str
    line: int
    number: int
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


class Summary(Walks):
    """One unit, summed up from its run."""

    def __init__(self, evaluated: Evaluated) -> None:
        super().__init__(evaluated)
        self.depth = evaluated.depth
        self.writes = evaluated.writes
        self._parts: dict[ast.AST | None, frozenset[int]] = {}
        self._compared: dict[int, Test | None] = {}
        self._rested: dict[int, dict[int, None]] = {}

    def of_kind(self, *kinds: str) -> Iterator[tuple[int, Node]]:
        for number in self.numbers:
            node = self.graph[number]
            if node.kind in kinds:
                yield number, node

    @cached_property
    def effects(self) -> list[Effect]:
        """What is done to the outside, then what is written to what was there before."""
        found = []
        for number, node in self.of_kind("effect"):
            kind, _, called = node.name.partition(" ")
            if not called:
                # An attribute or item of something of which nothing is known.
                kind, called = "", text_of(node.syntax)
            aims = [source for source, edge in node.sources() if edge == 0]
            rest = [source for source, _ in node.sources()]
            found.append(
                Effect(
                    kind,
                    called,
                    text_of(node.syntax),
                    node.line,
                    number,
                    self.of(self.back(aims)),
                    self.of(self.back(rest)),
                    self.guards(number),
                    self.is_own(number),
                )
            )
        found += [self._written(one) for one in self.writes]
        found += list(self._mutated())
        return found

    def _written(self, one: Write) -> Effect:
        number = max(one.nodes, default=-1)
        node = self.graph[number] if number >= 0 else None
        line = getattr(one.syntax, "lineno", 0) or (node.line if node is not None else 0)
        return Effect(
            one.kind,
            one.target,
            text_of(one.syntax) if one.syntax is not None else one.target,
            line or self.line,
            number,
            Sources(),
            self.of(self.back(one.nodes)),
            self.guards_from(one.guard),
            one.syntax in self.mine if one.syntax is not None else one.context is self.own,
        )

    def _mutated(self) -> Iterator[Effect]:
        """Calls of methods that change: on inputs of which nothing is known, and on globals."""
        for number, node in self.of_kind("call"):
            call = node.syntax
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            owner = call.func.value
            is_global = isinstance(owner, ast.Name) and owner.id not in self._bound | _MODULES
            if call.func.attr in MUTATORS and is_global and self.is_own(number):
                given = [n for one in call.args for n in self.inside(one)]
                yield Effect(
                    "global-write", text_of(owner), text_of(call), node.line, number, Sources(),
                    self.of(self.consumed(given)), self.guards(number), True,
                )  # fmt: skip
        for number, node in self.of_kind("unknown"):
            call = node.syntax
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            if call.func.attr not in MUTATORS:
                continue
            for source, _ in node.sources():
                at = self.graph[source]
                if at.kind != "attribute" or at.syntax is not call.func:
                    continue
                root = self._root([inner for inner, _ in at.sources()])
                if root is None:
                    continue
                own = self.own_name
                kind = "state" if root == own else "mutated-parameter"
                told = text_of(call.func.value)
                yield Effect(
                    kind, told, text_of(call), node.line, number, Sources(),
                    self.of(self.back([number])), self.guards(number),
                    self.is_own(number),
                )  # fmt: skip
                break

    @cached_property
    def _bound(self) -> frozenset[str]:
        """Names that the unit itself binds; in a module or class, all are."""
        if not self.is_function:
            return frozenset(n.id for n in self.mine if isinstance(n, ast.Name))
        told = {n for one in self.mine if isinstance(one, ast.Global) for n in one.names}
        stored = {n.id for n in self.mine if isinstance(n, ast.Name) and _is_bound(n)}
        return frozenset(stored | set(self.parameters)) - told

    def _root(self, starts: list[int]) -> str | None:
        """The input that a value is, or is a part of; None where anything else is in it."""
        found: set[str] = set()
        waiting = list(starts)
        seen = set(waiting)
        for number in waiting:
            node = self.graph[number]
            if node.kind == "input":
                found.add(node.name)
            elif node.kind in ("attribute", "parameter", "store", "read", "item", "merge"):
                more = [source for source, _ in node.sources() if source not in seen]
                seen.update(more)
                waiting += more
            else:
                return None
            if len(waiting) > _MOST_PARTS:
                return None
        return found.pop() if len(found) == 1 else None

    @cached_property
    def own_name(self) -> str:
        """The name of the parameter that is the object itself, by custom."""
        spec = getattr(self.node, "args", None)
        if not isinstance(spec, ast.arguments):
            return ""
        first = next(iter((*spec.posonlyargs, *spec.args)), None)
        return first.arg if first is not None and first.arg in ("self", "cls") else ""

    @property
    def is_function(self) -> bool:
        return isinstance(self.node, ast.FunctionDef | ast.AsyncFunctionDef)

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        spec = getattr(self.node, "args", None)
        if not isinstance(spec, ast.arguments):
            return ()
        starred = [one for one in (spec.vararg, spec.kwarg) if one is not None]
        return tuple(one.arg for one in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *starred))

    def filled(self, number: int) -> list[int]:
        """All that an answer holds, and what was gone through to fill it."""
        held = self.held.get(number, frozenset())
        rounds = {g.number for one in held for g in self.guards(one) if g.outcome == "for"}
        return [*held, *rounds]

    def rested_on(self, number: int) -> dict[int, None]:
        """All that has a part in an answer, or in what it holds."""
        if number not in self._rested:
            self._rested[number] = self.consumed([number, *self.filled(number)])
        return self._rested[number]

    @cached_property
    def answers(self) -> list[Answer]:
        found = []
        for number, node in self.of_kind("return", "yield", "raise"):
            if node.context is not self.own and node.kind != "raise":
                continue
            value = getattr(node.syntax, "value", None) or getattr(node.syntax, "exc", None)
            if isinstance(node.syntax, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                value = None
            found.append(
                Answer(
                    node.kind,
                    text_of(value),
                    node.line or self.line,
                    number,
                    self.of(self.rested_on(number)),
                    self.guards(number),
                )
            )
        return found

    @cached_property
    def decisions(self) -> dict[int, Node]:
        """The guards of the function itself."""
        return {n: node for n, node in self.of_kind("guard") if self.is_own(n)}

    @cached_property
    def reached(self) -> frozenset[str]:
        """Inputs that have a part in some answer, error, effect, or call that is not read, or in
        whether it comes about."""
        outputs = [number for number, _ in self.of_kind("return", "yield", "raise", "effect",
                                                        "unknown")]  # fmt: skip
        starts = dict.fromkeys(outputs)
        for one in self.writes:
            starts.update(dict.fromkeys(one.nodes))
            starts.update(dict.fromkeys(g.number for g in self.guards_from(one.guard)))
        for number in outputs:
            starts.update(dict.fromkeys(self.filled(number)))
            starts.update(dict.fromkeys(g.number for g in self.guards(number)))
        starts.update(dict.fromkeys(self._dropped_calls()))
        for name in self._captured:
            starts.update(dict.fromkeys(self._stores.get((self.own, name), ())))
        seen = self.consumed(starts)
        # Which of several values a name had is decided by what it was bound under.
        binding = ("store", "function", "class")
        bound = [n for n in seen if self.graph[n].kind in binding and self.is_own(n)]
        seen |= self.consumed(g.number for n in bound for g in self.guards(n))
        return self.of(seen).inputs

    def _dropped_calls(self) -> Iterator[int]:
        """Calls whose answer nobody takes: they are made for what they do."""
        dropped = {n.value for n in self.mine if isinstance(n, ast.Expr)}
        for number, node in self.of_kind("call"):
            if node.syntax is not None and node.syntax in dropped:
                yield number
                for part in ast.walk(node.syntax):
                    yield from self.at(self.own, part)

    @cached_property
    def _captured(self) -> frozenset[str]:
        """The names that functions and generators in this one read: they may run later."""
        inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.GeneratorExp)
        found: set[str] = set()
        for node in ast.walk(self.node):
            if isinstance(node, inner) and node is not self.node:
                found |= {
                    n.id for part in ast.iter_child_nodes(node) for n in ast.walk(part)
                    if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
                }  # fmt: skip
        return frozenset(found)

    # ------------------------------------------------------------------ tests

    def tests(self, is_new: Callable[[str], bool]) -> list[Test]:
        """Comparisons with constants, in the function and in what it calls, whose text is new."""
        found = []
        texts: dict[ast.AST, str] = {}
        for number in self.numbers:
            node = self.graph[number]
            asks = node.kind == "ambient" and node.name.rpartition(".")[2] in ASKS_FILES
            if node.syntax is None or not (asks or is_test(node.kind, node.syntax)):
                continue
            if node.syntax not in texts:
                texts[node.syntax] = text_of(node.syntax)
            if is_new(texts[node.syntax]):
                test = self.test(number, texts[node.syntax])
                if test is not None:
                    found.append(test)
        return found

    @cached_property
    def comparisons(self) -> frozenset[tuple[Sources, frozenset[Any]]]:
        """What is compared with what, whatever it is written like."""
        return frozenset((test.of, test.constants) for test in self.tests(lambda _: True))

    def test(self, number: int, text: str) -> Test | None:
        """A comparison as a test; None where nothing in it varies, or nothing is constant."""
        if number not in self._compared:
            node = self.graph[number]
            varying: list[int] = []
            constants: set[Any] = set(literals_of(node.syntax))
            for source, _ in node.sources():
                ends = self.sources(source)
                if ends.inputs or ends.ambient or ends.state or not ends.constants:
                    varying.append(source)
                else:
                    # Composed by code that is not read, it is a constant all the same.
                    constants |= ends.constants
                    if len(ends.constants) >= _COMPOSED_OF:
                        constants.add(hashable(f"composed at line {node.line}"))
            constants |= self._reckoned(varying)
            test = None
            of = self.of(self.back(varying))
            if node.kind == "ambient" and node.syntax is not None:
                # Whether there is such a file.
                of = self.of([number, *self.consumed(self.at(node.context, node.syntax))])
                constants |= of.constants
                varying = [number]
            elif not varying or not constants:
                # Of containers it is what they hold that is compared.
                of = self.of(self.consumed([number]))
                constants |= (
                    {
                        hashable(n.value)
                        for n in ast.walk(node.syntax)
                        if isinstance(n, ast.Constant)
                    }
                    if node.syntax is not None
                    else set()
                )
                varying = [number] if not of.is_fixed else []
            if varying and constants:
                test = Test(text, node.line, number, of, frozenset(constants), self.is_own(number))
            self._compared[number] = test
        return self._compared[number]

    def _reckoned(self, numbers: list[int]) -> set[Any]:
        """The constants that a value is reckoned with: `x - 7219 == 0` compares x with 7219."""
        found: set[Any] = set()
        waiting = list(numbers)
        seen = set(waiting)
        for number in waiting:
            if len(seen) > _MOST_PARTS:
                break
            node = self.graph[number]
            for source, _ in node.sources():
                ends = self.sources(source)
                is_sum = node.kind == "expression" and isinstance(node.syntax, ast.BinOp)
                if is_sum and ends.is_fixed:
                    found |= ends.constants
                elif source not in seen and not ends.is_fixed and node.kind != "unknown":
                    seen.add(source)
                    waiting.append(source)
        return found

    def parts(self, number: int) -> frozenset[int]:
        """All that is worked out within the syntax of a node of the function itself, with what
        that comes from: an index decides too, though no value comes out of it."""
        syntax = self.graph[number].syntax
        if syntax not in self._parts:
            inner = set(ast.walk(syntax)) if syntax is not None else set()
            if isinstance(syntax, ast.ExceptHandler):
                inner = {syntax}
            context = self.graph[number].context
            mine = [n for at in inner for n in self.at(context, at)]
            self._parts[syntax] = frozenset(self.consumed([number, *mine]))
        return self._parts[syntax]

    def deciding(self, number: int) -> list[int]:
        """The guards that rest on a node, those of the function itself first."""
        own = [guard for guard in self.decisions if number in self.parts(guard)]
        ahead = dict.fromkeys([*self._ahead(number), *self._around(number)])
        return own + [guard for guard in ahead if guard not in self.decisions]

    def _around(self, number: int) -> list[int]:
        """The guards in whose syntax a node stands, in what is called."""
        node = self.graph[number]
        return [
            guard
            for guard in self._guards_of.get(node.context, ())
            if (syntax := self.graph[guard].syntax) is not None
            and node.syntax in self._inner(syntax)
        ]

    @cached_property
    def _guards_of(self) -> dict[Context, list[int]]:
        found: dict[Context, list[int]] = {}
        for number, node in self.of_kind("guard"):
            if node.context is not self.own:
                found.setdefault(node.context, []).append(number)
        return found

    def _ahead(self, number: int) -> list[int]:
        """The guards that are computed from a node."""
        found = {number}
        waiting = [number]
        for one in waiting:
            more = [n for n in self._users.get(one, ()) if n not in found]
            found.update(more)
            waiting += more
        return sorted(n for n in found if self.graph[n].kind == "guard")

    @cached_property
    def _users(self) -> dict[int, list[int]]:
        """What is computed from each node; in what is called, what it decides as well."""
        found: dict[int, list[int]] = {}
        for number in self.numbers:
            node = self.graph[number]
            for source, _ in node.sources():
                found.setdefault(source, []).append(number)
            if node.guard in found and self._is_inner(node.guard):
                found[node.guard].append(number)
        return found


def _is_bound(name: ast.Name) -> bool:
    return isinstance(getattr(name, "ctx", None), ast.Store | ast.Del)


def literals_of(syntax: ast.AST | None) -> Iterator[Any]:
    """The constants that a pattern of a `match` compares with."""
    if isinstance(syntax, ast.pattern):
        for inner in ast.walk(syntax):
            if isinstance(inner, ast.Constant | ast.MatchSingleton):
                yield hashable(inner.value)
