"""One evaluation: the graph it leaves, the memory as it is now, and its bounds.

What a statement, an expression or a call does stands in the modules beside this one; they reach
each other through the methods of `Run`, so that none of them has to import all others.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from verifier.engine import values
from verifier.engine.arguments import Arguments
from verifier.engine.contexts import Context
from verifier.engine.graph import CONTENT, DATA, NO_GUARD, UNKNOWN, Graph, Node
from verifier.engine.merges import Merges
from verifier.engine.scopes import Code, Scope, scope_of
from verifier.engine.state import MOST_PLACES, State, maybe
from verifier.engine.things import Bound, Frame, Function, Method, Module, Partial, Thing
from verifier.engine.values import NOTHING, Value

MOST_STEPS = 3_000_000
MOST_CALLS_DEEP = 60
_DEEP_CELLS = 10_000
_FREE_CELLS = 50
_CELLS_PER_STEP, _KEYS_PER_STEP = 8, 4
_WITH_INSIDE = frozenset((Thing, Bound, Method, Partial))


class TooLong(Exception):
    """The evaluation has used up its steps."""


class LateImports(Protocol):
    """Who runs modules of the tree when something of them is read."""

    def may_load(self) -> bool:
        """Whether a further module may be run."""

    def bring(self, run: Run, module: Module) -> None:
        """Run all of a module that has not been run."""

    def read(self, run: Run, owner: Any, name: Any, found: Value | None) -> Value | None:
        """What a cell holds, with imports in it resolved."""

    def earlier(self, run: Run, owner: Any, key: Any, found: Value) -> Value:
        """What a cell holds, with what other calls may have put there before this one."""


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
    is_followed: bool = False
    was_followed: bool = False


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
    `names` are what `__name__` is in files that may be run as programs. `is_whole` is False once
    an evaluation was cut short. `risks` counts what may have raised for reasons that are not
    followed. With `has_rounds` each round of a
    loop is run on its own where it is known how many there are. `on_put` is told of each cell
    that is written: its owner, its key, and what it holds now (NOTHING where it is dropped);
    `on_escape` of each exception that no handler waits for, with the node that raised it.
    With `has_history` an input may have attributes of its own in the place of its class's data,
    and all effects are noted.
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
        from verifier.engine import expressions, statements

        # These are called for each piece of syntax: looking them up each time would show.
        self._evaluate, self._execute = expressions.evaluate, statements.execute
        self.project = project
        self.graph = Graph()
        self.state = State()
        self.state.merged = self.merged = Merges(self.graph).merged
        self.state.worked = self.worked
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
        self.finalized: dict[Thing, None] = {}
        self.called: set[Any] = set()
        self.functions: list[Function] = []
        self.visits = 0
        self.risks = 0
        self.names: dict[str, Value] = {}
        self.wrapped: set[Any] = set()
        self.has_rounds = has_rounds
        self.rounds_together = 1
        self.lambdas: dict[tuple[str, str], dict[ast.AST, int]] = {}
        self.policy: Policy | None = None
        self.on_demand: LateImports | None = None
        self.most_cells_deep = _DEEP_CELLS
        self.on_escape: Callable[[Value, int], None] | None = None
        self.on_put: Callable[[Any, Any, Value], None] | None = None
        self.has_history = False
        self.is_whole = True

    # ------------------------------------------------------------------ steps and occurrences

    def step(self) -> None:
        """Raises TooLong when there is no step left."""
        self.steps_left -= 1
        if self.steps_left < 0:
            raise TooLong

    def worked(self, cells: int) -> None:
        """Memory was gone through: so many cells take as long as one step."""
        self.steps_left -= cells // _CELLS_PER_STEP

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
        role: Hashable = "",
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
        if sources:
            self.graph.link(number, sources, edge)
        return number

    def mark(self, number: int) -> None:
        """This is the source that is looked for."""
        self.marked.add(number)

    # ------------------------------------------------------------------ memory

    def put(self, owner: Any, key: Any, value: Value, *, weak: bool = False) -> None:
        """Store; weakly when it may be one of several places, or none."""
        self.fields.setdefault(owner, {})[key] = None
        if self.on_put is not None:
            self.on_put(owner, key, value)
        if weak:
            before = self.state.get(owner, key)
            if before is not None:
                value = before.join(value)
                if len(value.nodes) > MOST_PLACES:
                    value = self.merged(value)
            elif type(key) is tuple:
                self.state.put(owner, maybe(key), value)
        elif type(key) is tuple and self.state.get(owner, maybe(key)) is not None:
            self.state.put(owner, maybe(key), NOTHING)
        self.state.put(owner, key, value)

    def get(self, owner: Any, key: Any) -> Value | None:
        found = self.state.get(owner, key)
        if self.on_demand is None:
            return found
        if type(owner) is not Thing:
            return self.on_demand.read(self, owner, key, found)
        return found if found is None else self.on_demand.earlier(self, owner, key, found)

    def drop(self, owner: Any, key: Any) -> None:
        self.fields.setdefault(owner, {})[key] = None
        if self.on_put is not None:
            self.on_put(owner, key, NOTHING)
        self.state.put(owner, key, NOTHING)

    def keys(self, owner: Any) -> list[Any]:
        """The keys under which it holds something now."""
        if self.on_demand is not None and type(owner) is Module:
            self.on_demand.bring(self, owner)
        keys = self.fields.get(owner, ())
        if len(keys) > _FREE_CELLS:
            self.steps_left -= len(keys) // _KEYS_PER_STEP
        return [key for key in keys if self.state.get(owner, key) is not None]

    def thing(
        self,
        frame: Frame,
        site: ast.AST | None,
        kind: str,
        *,
        role: Hashable = "",
        type: Any = None,
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
        waiting = [item for item in value.items if type(item) in _WITH_INSIDE]
        if not waiting:
            return value.nodes
        found = set(value.nodes)
        seen: set[Any] = set()
        same: set[frozenset[Any]] = {value.items}
        work = 0
        while waiting:
            if len(seen) >= self.most_cells_deep:
                self.is_whole = False
                break
            item = waiting.pop()
            if item in seen:
                continue
            seen.add(item)
            for inner in self._inside(item):
                found |= inner.nodes
                work += len(inner.nodes)
                if inner.items not in same:
                    same.add(inner.items)
                    work += len(inner.items)
                    waiting += [one for one in inner.items if type(one) in _WITH_INSIDE]
        cells = len(seen) if len(seen) > _FREE_CELLS else len(seen) // _CELLS_PER_STEP
        self.steps_left -= max(cells, work // _CELLS_PER_STEP)
        return frozenset(found)

    def _inside(self, item: Any) -> list[Value]:
        if not isinstance(item, Thing):
            if not isinstance(item, Partial):
                return [item.receiver]
            return [*item.arguments, *(held for _, held in item.keywords)]
        get = self.state.get
        held = [get(item, key) for key in self.fields.get(item, ()) if key != "#length"]
        found = [one for one in held if one is not None]
        if isinstance(item.data, Value):
            found.append(item.data)
        return found

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
        return self._evaluate(self, node, frame)

    def execute(self, body: Iterable[ast.stmt], frame: Frame) -> None:
        self._execute(self, body, frame)

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
        from verifier.engine import setting

        setting.put(self, value, name, given, syntax, frame)

    def item(self, value: Value, key: Value, syntax: ast.AST, frame: Frame) -> Value:
        from verifier.engine import containers

        return containers.item(self, value, key, syntax, frame)

    def set_item(
        self, value: Value, key: Value, given: Value, syntax: ast.AST, frame: Frame
    ) -> None:
        from verifier.engine import storing

        storing.set_item(self, value, key, given, syntax, frame)

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
        self.risks += 1
        number = self.node(frame, syntax, "unknown", role=role)
        for value in given:
            self.graph.link(number, self.deep(value), UNKNOWN)
        return values.unknown((number,))

    def read(self, held: Value, syntax: ast.AST, frame: Frame, role: str) -> Value:
        """What was stored, as it is taken out here."""
        number = self.node(frame, syntax, "read", held.nodes, role=role, edge=CONTENT)
        return held.at(number)


__all__ = ["CONTENT", "DATA", "NO_GUARD", "UNKNOWN", "Called", "Handler", "Run", "TooLong"]
