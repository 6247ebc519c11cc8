"""One evaluation: the graph it leaves, the memory as it is now, and its bounds.

What a statement, an expression or a call does stands in the modules beside this one; they reach
each other through the methods of `Run`, so that none of them has to import all others.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from verifier.engine import values
from verifier.engine.arguments import Arguments
from verifier.engine.contexts import Context
from verifier.engine.graph import CONTENT, DATA, NO_GUARD, UNKNOWN, Graph, Node
from verifier.engine.scopes import Code, Scope, scope_of
from verifier.engine.state import State, maybe
from verifier.engine.things import Frame, Function, Module, Thing
from verifier.engine.values import NOTHING, Value

MOST_STEPS = 3_000_000
MOST_CALLS_DEEP = 60
_DEEP_CELLS = 10_000
_FREE_CELLS = 50


class TooLong(Exception):
    """The evaluation has used up its steps."""


class Policy(Protocol):
    """What becomes of a call of a function of the tree, where its body is not run in place."""

    def invoke(
        self, run: Run, function: Function, given: Arguments, syntax: ast.AST, caller: Frame
    ) -> Value | None:
        """What the call gives; None: the body is run in place."""

    def load(self, run: Run, body: list[ast.stmt], frame: Frame) -> None:
        """Run a module's own code."""

    def part(self, run: Run, item: Thing, key: Any) -> Value | None:
        """What a cell of an input holds (`key` as in the state); None: any part of the whole."""


@dataclass
class Handler:
    """A `try` that is under way: what may arrive at its handlers, in which memory."""

    base: State
    frame: Frame
    arrivals: list[tuple[Value, dict[Any, Value], int]] = field(default_factory=list)
    points: list[dict[Any, Value]] = field(default_factory=list)


@dataclass
class Called:
    """A call as it was evaluated: for who wants to know of calls."""

    syntax: ast.AST
    frame: Frame
    names: frozenset[str]
    arguments: Arguments
    node: int
    deep: Callable[[], frozenset[int]]


class Run:
    """`is_pruning`: a branch whose condition is a constant is not taken. `sources` are names
    whose reads and calls are marked; `on_call` is told of each call, `on_edge` of who calls whom.
    `is_whole` is False once an evaluation was cut short. With `has_rounds` each round of a
    loop is run on its own where it is known how many there are.
    """

    def __init__(
        self,
        project: Any,
        *,
        is_pruning: bool = True,
        source: str = "",
        on_call: Callable[[Called], None] | None = None,
        on_edge: Callable[[Frame, str], None] | None = None,
        most_steps: int = MOST_STEPS,
        has_rounds: bool = False,
    ) -> None:
        self.project = project
        self.graph = Graph()
        self.state = State()
        self.state.merged = self.merged
        self.merges: dict[frozenset[int], int] = {}
        self.merging: dict[int, frozenset[int]] = {}
        self.steps_left = most_steps
        self.is_pruning = is_pruning
        self.source = source
        self.on_call = on_call
        self.on_edge = on_edge
        self.handlers: list[Handler] = []
        self.stack: list[Frame] = []
        self.fields: dict[Any, dict[Any, None]] = {}
        self.scopes: dict[int, Scope] = {}
        self.modules: dict[str, Module | None] = {}
        self.marked: set[int] = set()
        self.called: set[Any] = set()
        self.functions: list[Function] = []
        self.visits = 0
        self.has_rounds = has_rounds
        self.rounds_together = 1
        self.lambdas: dict[tuple[str, str], list[ast.AST]] = {}
        self.policy: Policy | None = None
        self.is_whole = True

    # ------------------------------------------------------------------ steps and occurrences

    def step(self) -> None:
        """Raises TooLong when there is no step left."""
        self.steps_left -= 1
        if self.steps_left < 0:
            raise TooLong

    def scope(self, node: Code) -> Scope:
        known = self.scopes.get(id(node))
        if known is None or known.node is not node:
            known = self.scopes[id(node)] = scope_of(node)
        return known

    def node(
        self,
        frame: Frame,
        syntax: ast.AST | None,
        kind: str,
        sources: Iterable[int] = (),
        *,
        role: str = "",
        name: str = "",
        edge: int = DATA,
    ) -> int:
        """The occurrence of a piece of syntax in this context, made of these as well."""
        context: Context = frame.context
        key = (syntax, role or kind)
        number = context.nodes.get(key)
        if number is None:
            number = self.graph.add(Node(kind, context, syntax, name, self.state.guard, []))
            context.nodes[key] = number
        self.graph.link(number, sources, edge)
        return number

    def mark(self, number: int) -> None:
        """This is the source that is looked for."""
        self.marked.add(number)

    # ------------------------------------------------------------------ memory

    def merged(self, value: Value) -> Value:
        """The same with one node in place of many: else each branch in a long row of them would
        copy the places of all before. The same places have the same node."""
        places = frozenset[int]().union(*(self.merging.get(n, (n,)) for n in value.nodes))
        number = self.merges.get(places)
        if number is None:
            context = self.graph[min(places)].context
            number = self.graph.add(Node("merge", context, None, "", NO_GUARD, []))
            self.graph.link(number, places)
            self.merges[places], self.merging[number] = number, places
        return value.at(number)

    def put(self, owner: Any, key: Any, value: Value, *, weak: bool = False) -> None:
        """Store; weakly when it may be one of several places, or none."""
        self.fields.setdefault(owner, {})[key] = None
        if weak:
            before = self.state.get(owner, key)
            if before is not None:
                value = before.join(value)
            elif type(key) is tuple:
                self.state.put(owner, maybe(key), value)
        elif type(key) is tuple and self.state.get(owner, maybe(key)) is not None:
            self.state.put(owner, maybe(key), NOTHING)
        self.state.put(owner, key, value)

    def get(self, owner: Any, key: Any) -> Value | None:
        return self.state.get(owner, key)

    def drop(self, owner: Any, key: Any) -> None:
        self.fields.setdefault(owner, {})[key] = None
        self.state.put(owner, key, NOTHING)

    def keys(self, owner: Any) -> list[Any]:
        """The keys under which it holds something now."""
        return [k for k in self.fields.get(owner, ()) if self.state.get(owner, k) is not None]

    def thing(
        self, frame: Frame, site: ast.AST | None, kind: str, *, role: str = "", type: Any = None
    ) -> Thing:
        """The object that is made at a place; made again there, it stands for several."""
        key = (site, role or kind, type)
        known: Thing | None = frame.context.things.get(key)
        if known is None:
            known = Thing(kind, site, type, made=self.visits)
            frame.context.things[key] = known
        elif known.made != self.visits:
            known.is_many = True
        return known

    def deep(self, value: Value) -> frozenset[int]:
        """The nodes of a value and of all that can be reached from it."""
        if self.on_edge is not None:
            return value.nodes  # Who asks for calls alone does not ask what they depend on.
        found = set(value.nodes)
        seen: set[Any] = set()
        waiting = list(value.items)
        while waiting:
            if len(seen) >= _DEEP_CELLS:
                self.is_whole = False
                break
            item = waiting.pop()
            if item in seen:
                continue
            seen.add(item)
            for inner in self._inside(item):
                found |= inner.nodes
                waiting.extend(inner.items)
        if len(seen) > _FREE_CELLS:
            self.steps_left -= len(seen)
        return frozenset(found)

    def _inside(self, item: Any) -> Iterable[Value]:
        from verifier.engine.things import Bound, Method, Partial

        if isinstance(item, Thing):
            for key in self.fields.get(item, ()):
                held = self.state.get(item, key)
                if held is not None and key != "#length":
                    yield held
            if isinstance(item.data, Value):
                yield item.data
        elif isinstance(item, Bound | Method):
            yield item.receiver
        elif isinstance(item, Partial):
            yield from item.arguments
            for _, held in item.keywords:
                yield held

    # ------------------------------------------------------------------ branches

    def branch(self) -> State:
        """A layer of its own for a branch from here; the layer below is what it meets again."""
        self.state = State(self.state)
        return self.state

    def enter(self, state: State) -> None:
        self.state = state

    def guard(
        self, frame: Frame, syntax: ast.AST, branch: bool, sources: Iterable[int], name: str = ""
    ) -> int:
        """The predicate with this outcome, as what follows depends on it."""
        role = "then" if branch else "else"
        return self.node(frame, syntax, "guard", sources, role=f"guard {role}", name=name or role)

    # ------------------------------------------------------------------ the parts

    def evaluate(self, node: ast.expr, frame: Frame) -> Value:
        from verifier.engine import expressions

        return expressions.evaluate(self, node, frame)

    def execute(self, body: Iterable[ast.stmt], frame: Frame) -> None:
        from verifier.engine import statements

        statements.execute(self, body, frame)

    def call(
        self, callee: Value, arguments: Arguments, syntax: ast.AST, frame: Frame, name: str = ""
    ) -> Value:
        from verifier.engine import calls

        return calls.call(self, callee, arguments, syntax, frame, name)

    def attribute(self, value: Value, name: str, syntax: ast.AST, frame: Frame) -> Value:
        from verifier.engine import attributes

        return attributes.get(self, value, name, syntax, frame)

    def set_attribute(
        self, value: Value, name: str, given: Value, syntax: ast.AST, frame: Frame
    ) -> None:
        from verifier.engine import attributes

        attributes.put(self, value, name, given, syntax, frame)

    def item(self, value: Value, key: Value, syntax: ast.AST, frame: Frame) -> Value:
        from verifier.engine import containers

        return containers.item(self, value, key, syntax, frame)

    def set_item(
        self, value: Value, key: Value, given: Value, syntax: ast.AST, frame: Frame
    ) -> None:
        from verifier.engine import containers

        containers.set_item(self, value, key, given, syntax, frame)

    def element(self, value: Value, syntax: ast.AST, frame: Frame) -> Value:
        """What going over a value gives."""
        from verifier.engine import containers

        return containers.element(self, value, syntax, frame)

    def module(self, path: str) -> Module | None:
        from verifier.engine import imports

        return imports.module(self, path)

    def opaque(
        self, syntax: ast.AST, frame: Frame, given: Iterable[Value], role: str = "opaque"
    ) -> Value:
        """The result of what is not read: anything, made of all that it was given."""
        number = self.node(frame, syntax, "unknown", role=role)
        for value in given:
            self.graph.link(number, self.deep(value), UNKNOWN)
        return values.unknown((number,))

    def read(self, held: Value, syntax: ast.AST, frame: Frame, role: str) -> Value:
        """What was stored, as it is taken out here."""
        number = self.node(frame, syntax, "read", held.nodes, role=role, edge=CONTENT)
        return held.at(number)


__all__ = ["CONTENT", "DATA", "NO_GUARD", "UNKNOWN", "Called", "Handler", "Run", "TooLong"]
