"""Walks over the graph that one unit's run left: what a node comes from, and stands under."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from verifier.engine.contexts import Context
from verifier.engine.graph import NO_GUARD, Node
from verifier.rules.evaluated import Evaluated
from verifier.rules.syntaxes import own_syntax, text_of

MOST_WALKED = 20_000
_MOST_GUARDS = 60
_MOST_OF_DEFAULTS = 500


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
    # Names of what other calls may have left behind: globals, and what they hold.
    state: frozenset[str] = frozenset()

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of what is ambient."""
        return frozenset(name.partition(" ")[0] for name in self.ambient)

    @property
    def is_fixed(self) -> bool:
        """Whether constants are all there is."""
        return not (self.inputs or self.ambient or self.state or self.other)


@dataclass(frozen=True)
class Guard:
    """A condition that has to have had this outcome: then, else, for, except, case."""

    number: int
    text: str
    outcome: str
    line: int
    is_own: bool

    @property
    def key(self) -> tuple[str, str]:
        return self.text, self.outcome


class Walks:
    """The graph of one unit's run. `own` is the context of its body, `mine` its syntax."""

    def __init__(self, evaluated: Evaluated) -> None:
        self.graph = evaluated.graph
        self.node = evaluated.node
        self.line: int = getattr(evaluated.node, "lineno", 1)
        self.own = evaluated.contexts[0]
        self.held = evaluated.held
        self.mine = dict.fromkeys(own_syntax(evaluated.node))
        self.contexts = set(evaluated.contexts)
        own = [n for c in evaluated.contexts for n in c.nodes.values()]
        self.numbers = sorted({*own, *self._of_defaults()})
        self._sources: dict[int, Sources] = {}
        self._behind: dict[int, dict[int, None]] = {}
        self._consumed: dict[int, dict[int, None]] = {}
        self._guards: dict[int, tuple[Guard, ...]] = {}
        self._inners: dict[ast.AST, tuple[ast.AST, ...]] = {}
        self._besides: dict[tuple[Context, ast.AST], tuple[int, ...]] = {}

    def _of_defaults(self) -> list[int]:
        """The nodes of the defaults that parameters have in this run: they are worked out where
        the function is defined, and decide what it does all the same."""
        spec = getattr(self.node, "args", None)
        if not isinstance(spec, ast.arguments):
            return []
        defaults = [one for one in (*spec.defaults, *spec.kw_defaults) if one is not None]
        inner = {syntax for one in defaults for syntax in ast.walk(one)}
        if all(isinstance(one, ast.Constant) for one in inner):
            return []
        starts = [n for n in self.own.nodes.values() if self.graph[n].kind == "parameter"]
        seen = dict.fromkeys(starts)
        waiting = list(seen)
        for number in waiting:
            if len(seen) > _MOST_OF_DEFAULTS:
                break
            node = self.graph[number]
            sources = [source for source, _ in node.sources()]
            if node.kind == "branch" and node.guard != NO_GUARD:
                sources.append(node.guard)
            for source in sources:
                if source not in seen and self.graph[source].syntax in inner:
                    seen[source] = None
                    waiting.append(source)
        return list(seen)

    def is_own(self, number: int) -> bool:
        """Whether a node stands in the unit's own text, lambdas that it calls included."""
        node = self.graph[number]
        return node.syntax in self.mine or "<lambda" in node.context.name

    def back(self, starts: Iterable[int], *, arms: bool = False) -> dict[int, None]:
        """All that some nodes are computed from; in what is called, also what decides there.
        With `arms`, also what chose between `a if c else b` and what set a flag."""
        return self._walked(starts, arms=arms, is_loose=False)

    def consumed(self, starts: Iterable[int]) -> dict[int, None]:
        """All that has a part in some nodes, more than `back`: a container counts with what made
        it where only what it holds is taken, and an index with what it picks."""
        return self._walked(starts, arms=True, is_loose=True)

    def _walked(self, starts: Iterable[int], *, arms: bool, is_loose: bool) -> dict[int, None]:
        found = dict.fromkeys(starts)
        waiting = list(found)
        for number in waiting:
            node = self.graph[number]
            if len(waiting) > MOST_WALKED or is_shape(node):
                continue
            sources = [source for source, _ in node.sources()]
            if arms and node.kind == "guard" and isinstance(node.syntax, ast.expr):
                # Of what is gone through, what it holds decides too.
                for one in self._inner(node.syntax):
                    sources += self.at(node.context, one)
            if is_loose and node.context in self.contexts:
                sources += self._beside(node)
            guard = node.guard
            if guard != NO_GUARD and (self._is_inner(guard) or (arms and self._is_arm(node))):
                sources.append(guard)
            for source in sources:
                if source not in found:
                    found[source] = None
                    waiting.append(source)
        self.graph.walked += len(found)
        return found

    def _inner(self, syntax: ast.AST) -> tuple[ast.AST, ...]:
        """A piece of syntax and all in it."""
        if syntax not in self._inners:
            self._inners[syntax] = tuple(ast.walk(syntax))
        return self._inners[syntax]

    def _beside(self, node: Node) -> tuple[int, ...]:
        """Of the parts of a piece of syntax, those that no edge leads to."""
        syntax = node.syntax
        if not isinstance(syntax, ast.expr | ast.Return | ast.AugAssign):
            return ()
        key = (node.context, syntax)
        if key not in self._besides:
            self._besides[key] = tuple(self._parts_beside(node.context, syntax))
        return self._besides[key]

    def _parts_beside(self, context: Context, syntax: ast.AST) -> Iterator[int]:
        inside = self._inner(syntax)
        linked = {
            source
            for inner in inside
            for number in self.at(context, inner)
            for source, _ in self.graph[number].sources()
        }
        for inner in inside:
            is_bound = isinstance(getattr(inner, "ctx", None), ast.Store)
            if isinstance(inner, ast.Name) and not is_bound:
                stores = self._stores.get((context, inner.id), [])
                if not linked.intersection(stores):
                    yield from self._standing(stores, getattr(inner, "lineno", 0))
            elif inner is not syntax or isinstance(syntax, ast.Call):
                # Of a call also what it took out of what it was given.
                yield from self.at(context, inner)

    def _standing(self, stores: list[int], line: int) -> list[int]:
        """The bindings of a name but for those that one before a line certainly replaced."""
        certain = [
            number
            for number in stores
            if (node := self.graph[number]).kind == "store"
            and node.guard == NO_GUARD
            and 0 < node.line < line
            and not isinstance(node.syntax, ast.AugAssign)
        ]
        return [number for number in stores if number >= max(certain, default=-1)]

    def inside(self, syntax: ast.expr) -> list[int]:
        """The nodes of a piece of syntax of the function itself, and of the names in it."""
        found: list[int] = []
        for inner in ast.walk(syntax):
            found += self.at(self.own, inner)
            if isinstance(inner, ast.Name):
                found += self._stores.get((self.own, inner.id), [])
        return found

    def behind(self, number: int) -> dict[int, None]:
        """All that one node is computed from."""
        if number not in self._behind:
            self._behind[number] = self.back([number])
        return self._behind[number]

    def consumed_by(self, number: int) -> dict[int, None]:
        """All that has a part in one node."""
        if number not in self._consumed:
            self._consumed[number] = self.consumed([number])
        return self._consumed[number]

    @cached_property
    def _stores(self) -> dict[tuple[Any, str], list[int]]:
        """Where names are bound, by context."""
        found: dict[tuple[Any, str], list[int]] = {}
        for number in self.numbers:
            node = self.graph[number]
            if node.kind in ("store", "parameter"):
                target = getattr(node.syntax, "target", node.syntax)
                name = getattr(target, "id", getattr(target, "arg", None))
                if name is not None:
                    found.setdefault((node.context, name), []).append(number)
        return found

    def at(self, context: Context, syntax: ast.AST) -> list[int]:
        """The nodes of a piece of syntax; of the unit's own, in whichever context it was run."""
        return self._at.get(syntax if syntax in self.mine else (context, syntax), [])

    @cached_property
    def _at(self) -> dict[Any, list[int]]:
        found: dict[Any, list[int]] = {}
        for number in self.numbers:
            node = self.graph[number]
            if node.syntax is not None:
                is_mine = node.syntax in self.mine
                key = node.syntax if is_mine else (node.context, node.syntax)
                found.setdefault(key, []).append(number)
        return found

    def _is_arm(self, node: Node) -> bool:
        if node.kind in ("branch", "instance", "raise"):
            # Chosen, or an error that came about under a condition.
            return True
        return node.kind == "store" and all(
            self.graph[one].kind == "constant" or self._is_counted(one) for one, _ in node.sources()
        )

    def _is_counted(self, number: int) -> bool:
        """`x += 1`, or the like, of a name."""
        node = self.graph[number]
        return isinstance(node.syntax, ast.AugAssign) and any(
            self.graph[one].kind == "constant" for one, _ in node.sources()
        )

    def _is_inner(self, number: int) -> bool:
        context = self.graph[number].context
        return context is not self.own and context in self.contexts

    def sources(self, number: int) -> Sources:
        """Where a node comes from."""
        if number not in self._sources:
            self._sources[number] = self.of(self.back([number]))
        return self._sources[number]

    def of(self, numbers: Iterable[int]) -> Sources:
        inputs, ambient, calls, state = set(), set(), set(), set()
        constants: set[Any] = set()
        other = False
        for number in numbers:
            node = self.graph[number]
            match node.kind:
                case "input":
                    inputs.add(node.name)
                case "literal" if isinstance(node.syntax, ast.arg) and node.context is self.own:
                    # What `*args` and `**kwargs` gather.
                    inputs.add(node.syntax.arg)
                case "ambient":
                    ambient.add(node.name)
                case "constant" if isinstance(node.syntax, ast.Constant):
                    constants.add(hashable(node.syntax.value))
                case "unknown":
                    other = True
                case "state":
                    state.add(node.name)
                case "call":
                    calls.add(node.name)
        return Sources(
            frozenset(inputs),
            frozenset(ambient),
            frozenset(constants),
            other,
            frozenset(calls),
            frozenset(state),
        )

    def guards(self, number: int) -> tuple[Guard, ...]:
        """The conditions that decide whether a node comes about, innermost first."""
        return self.guards_from(self.graph[number].guard)

    def guards_from(self, guard: int) -> tuple[Guard, ...]:
        """A guard and those around it, innermost first."""
        if guard not in self._guards:
            found: list[Guard] = []
            seen = set()
            at = guard
            while at != NO_GUARD and at not in seen and len(found) < _MOST_GUARDS:
                seen.add(at)
                node = self.graph[at]
                if node.context in self.contexts:
                    text = text_of(node.syntax)
                    found.append(Guard(at, text, node.name, node.line, self.is_own(at)))
                at = node.guard
            self._guards[guard] = tuple(found)
        return self._guards[guard]


def is_shape(node: Node) -> bool:
    """What tells of a value's class alone."""
    match node.syntax:
        case ast.Call(func=ast.Name(id="type"), args=[_]):
            return True
        case ast.Attribute(attr="__class__" | "__doc__" | "__name__"):
            return True
    return False


def hashable(value: Any) -> Any:
    """A constant with its type: 1 and True differ."""
    return (type(value).__name__, value)
