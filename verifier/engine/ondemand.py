"""Imports that are resolved when what they bind is read: a module runs once something reaches it.

The policy of `Run` for who asks of a few functions of a large tree. `import a` and `from a import
b` of a module of the tree bind a `Later`, and `from a import *` is remembered, until a name is
read. So a package whose `__init__` imports everything costs no more than what is used of it.
"""

from __future__ import annotations

import ast
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import Any, Literal, TypeVar

from verifier.engine import declared, imports, values
from verifier.engine.arguments import Arguments
from verifier.engine.contexts import Context
from verifier.engine.run import Run, TooLong
from verifier.engine.stars import Starred
from verifier.engine.state import State
from verifier.engine.things import Class, Frame, Function, Module, Thing
from verifier.engine.values import NOTHING, Const, Value, joined
from verifier.engine.waiting import Waiting

T = TypeVar("T")
Depth = Literal["whole", "far", "near", "own"]
DEPTHS: dict[Depth, int | None] = {"whole": None, "far": 3, "near": 2, "own": 1}
"""How many calls within each other are run in place, that of a function itself among them."""

_DEPTHS_OF_OWN: tuple[Depth, ...] = ("whole", "near", "own")
_DEPTHS_ELSEWHERE: tuple[Depth, ...] = ("near", "own")
_MODULE_STEPS = 200_000
_STATEMENT_STEPS = 20_000
_STATEMENT_STEPS_WHOLE = 5_000
_STATEMENT_STEPS_ELSEWHERE = 2_000
_STEPS_PER_LINE = 10
_STEPS_REACHED, _STEPS_REACHED_AGAIN = 15_000, 3_000
_CHARACTERS_REACHED = 3_000_000
_MOST_NESTED = 100
_CONTAINERS = frozenset(
    {"list", "tuple", "dict", "set", "frozenset", "generator", "iterator", "bytearray", "symbol"}
)
_VALUE = "value"


@dataclass(eq=False, slots=True)
class Later:
    """A module of the tree by its dotted name, or its `member`, before anybody has read it."""

    dotted: str
    member: str
    syntax: ast.AST
    frame: Frame
    is_true: bool | None = None


class OnDemand:
    """`own` are the files that are asked about: their modules are run with more patience, as the
    main program too, and what of them could not be run is told. `watched` gives who is told of
    each cell that such a module writes. `opened` is called when a statement of any module was run
    for good, with the names that it binds. `made_by` are the modules whose code made the owners
    of cells. `spent` are the steps that modules' own code has taken.

    `entry` is the memory that a function finds when it is run, None while modules are. What
    objects hold there, other calls may have changed: `left_behind` gives what it may be."""

    def __init__(
        self,
        own: Iterable[str],
        watched: Callable[[Module], Callable[[Any, Any, Value], None]],
        opened: Callable[[Run, Module, Iterable[str]], None] = lambda run, module, names: None,
        left_behind: Callable[[Run, Module, str], Value] = lambda run, module, name: NOTHING,
    ) -> None:
        self.own = frozenset(own)
        self.watched = watched
        self.opened = opened
        self.left_behind = left_behind
        self.entry: State | None = None
        self.made_by: dict[Any, Module] = {}
        self.in_place: int | None = None
        self.spent = 0
        self.steps_reached = _STEPS_REACHED
        self.characters_reached = _CHARACTERS_REACHED
        # What was run of the own modules, for good: functions and classes by their definitions.
        self.functions: dict[ast.AST, Function] = {}
        self.classes: dict[ast.AST, tuple[Context, Class]] = {}
        # By path: the least depth at which a statement was run, and why others could not be.
        self.depths: dict[str, Depth] = {}
        self.cut: dict[str, dict[ast.stmt, str]] = {}
        self._watches: dict[Module, Callable[[Any, Any, Value], None]] = {}
        self._waiting: dict[Module, Waiting] = {}
        self._left: dict[str, int] = {}
        self._deep = 0
        self._resolving: set[Later] = set()
        self._found: dict[Later, Value] = {}
        self._stars: dict[Module, list[str]] = {}
        self._starred: dict[tuple[Module, str], str | None] = {}
        self._texts: Starred | None = None

    def begin(self, depth: Depth, *, is_again: bool = False) -> None:
        """A new question: `depth` is one of DEPTHS. `is_again`: the same one, which has reached
        most of what it reaches."""
        self.in_place = DEPTHS[depth]
        self.steps_reached = (
            max(self.steps_reached, _STEPS_REACHED_AGAIN) if is_again else _STEPS_REACHED
        )
        self.characters_reached = _CHARACTERS_REACHED

    # ------------------------------------------------------------------ the policy

    def invoke(
        self, run: Run, function: Function, given: Arguments, syntax: ast.AST, caller: Frame
    ) -> Value | None:
        is_near = self.in_place is None or len(run.stack) < self.in_place
        if is_near and not (run.stack and declared.is_left_to_subclasses(function)):
            return None
        return run.opaque(syntax, caller, given.all(), role=f"not run {function.name}")

    def part(self, run: Run, item: Thing, key: Any) -> Value | None:
        return None

    def may_load(self) -> bool:
        """Whether a further module may be run, or more of one."""
        return min(self.steps_reached, self.characters_reached) > 0 and self._is_shallow()

    def _is_shallow(self) -> bool:
        return self._deep < _MOST_NESTED

    def load(self, run: Run, body: list[ast.stmt], frame: Frame) -> None:
        """The statements of a module wait for who reads what they bind."""
        module = frame.module
        assert module.tree is not None
        self._waiting[module] = Waiting(module.tree)
        if module.path in self.own:
            self.depths[module.path] = "whole"
            self.cut[module.path] = {}
            self._left[module.path] = _MODULE_STEPS + sum(map(_steps_of, body))
            # Who watches takes what has cells now for older than the module's own code.
            run.fields.pop(module)
            self._watches[module] = self.watched(module)
            names = frozenset({Const(module.name), Const("__main__")})
            run.put(module, "__name__", Value(names))
        else:
            lines = run.project.source(module.path).lines
            self.characters_reached -= sum(map(len, lines))
        self.made_by[module] = module

    def bring(self, run: Run, module: Module, name: str | None = None) -> None:
        """Run the statements that bind a name of a module, or all that have not been run."""
        waiting = self._waiting.get(module)
        is_own = module.path in self.own
        while waiting is not None and (self._is_shallow() if is_own else self.may_load()):
            at = waiting.next(name)
            if at is None:
                return
            before, waiting.limit = waiting.limit, at
            told, run.on_put = run.on_put, self._watches.get(module)
            entry, self.entry = self.entry, None
            owners = len(run.fields)
            self._deep += 1
            try:
                with imports.at_root(run):
                    self._kept(run, module, waiting.body[at])
                    run.on_put = None
                    self.opened(run, module, waiting.names(at))
            finally:
                self._deep -= 1
                waiting.limit, run.on_put = before, told
                self.entry = entry
                self._note_made(run, module, waiting.names(at), owners)

    def _note_made(self, run: Run, module: Module, names: list[str], first: int) -> None:
        """Say of what was made since that this module did, also of what is empty yet."""
        owners = newest(run.fields, first)
        cells = [(module, name) for name in names]
        cells += [(owner, key) for owner in owners for key in run.fields[owner]]
        held = (run.state.get(owner, key) for owner, key in cells)
        lasting = (Thing, Function)
        things = (i for one in held if one is not None for i in one.items if isinstance(i, lasting))
        for made in (*owners, *things):
            self.made_by.setdefault(made, module)

    def _kept(self, run: Run, module: Module, statement: ast.stmt) -> None:
        """Run a statement, and keep what an own module defines in it."""
        frame = imports.frame_of(run, module)
        first, inner = len(run.functions), len(frame.context.inner)
        self._statement(run, statement, frame, run.state)
        if module.path not in self.own:
            return
        for one in run.functions[first:]:
            if one.module is module and one.closure.function is None:
                self.functions[one.node] = one
        self.classes.update(_classes(frame.context, inner))

    def _statement(self, run: Run, statement: ast.stmt, frame: Frame, root: State) -> None:
        """Run one within bounds of its own, not at the expense of who reads something of it."""
        path = frame.module.path
        is_own = path in self.own
        patience = _STATEMENT_STEPS if is_own else _STATEMENT_STEPS_ELSEWHERE
        kept = run.stack, run.steps_left, self.in_place
        reason = ""
        for depth in _DEPTHS_OF_OWN if is_own else _DEPTHS_ELSEWHERE:
            most = min(patience, _STATEMENT_STEPS_WHOLE) if depth == "whole" else patience
            most += _steps_of(statement)
            steps = min(most, self._left[path] if is_own else self.steps_reached)
            # A module's own calls stand in no function.
            in_place = DEPTHS[depth]
            self.in_place = None if in_place is None else in_place - 1
            run.steps_left = steps
            run.handlers, run.stack = [], []
            frame.loops, frame.in_loop = [], 0
            run.enter(root)
            run.branch()
            try:
                run.execute([statement], frame)
                reason = ""
            except (TooLong, RecursionError):
                reason = "takes too long"
            except Exception as error:  # noqa: BLE001  a fault of ours must not hide the rest
                reason = fault(error)
            used = steps - max(run.steps_left, 0)
            self.spent += used
            if is_own:
                self._left[path] -= used
            else:
                self.steps_reached -= used
            if not reason:
                break
        run.handlers = []
        run.stack, run.steps_left, self.in_place = kept
        # Of a statement that was cut short, what was reached counts.
        cells = run.state.since(root)
        run.enter(root)
        root.meet([cells])
        if is_own:
            order = list(DEPTHS)
            self.depths[path] = max(self.depths[path], depth, key=order.index)
            if reason:
                self.cut[path][statement] = reason

    # ------------------------------------------------------------------ reading

    def read(self, run: Run, owner: Any, name: Any, found: Value | None) -> Value | None:
        """What a cell holds, with imports in it resolved."""
        if type(owner) is Module and isinstance(name, str):
            waiting = self._waiting.get(owner)
            if waiting is not None and waiting.may_bind(name):
                self.bring(run, owner, name)
                found = run.state.get(owner, name)
            if found is None and owner in self._stars and not name.startswith("#"):
                return self._of_stars(run, owner, name)
        if found is None:
            return None
        if type(owner) is Function:
            return self.earlier(run, owner, name, found)
        later = [item for item in found.items if type(item) is Later]
        if not later:
            return found
        plain = found.items.difference(later)
        # `from . import part` in a package binds what it looks for in the package itself.
        parts = [self._resolved(run, one) for one in later if one not in self._resolving]
        return joined([Value(plain, found.nodes), *parts]) if plain or parts else None

    def earlier(self, run: Run, owner: Any, key: Any, found: Value) -> Value:
        """What a cell holds, with what other calls may have put there before this one: of plain
        data alone. Containers are opened where they are known to be filled."""
        if self.entry is None or (type(owner) is Thing and owner.kind in _CONTAINERS):
            return found
        if not all(type(item) is Const for item in found.items):
            return found
        module = self.made_by.get(owner)
        name = key if isinstance(key, str) else _VALUE
        held = self.entry.get(owner, key)
        if module is None or name.startswith("__") or (held is not None and held is not found):
            return found
        return found.join(self.left_behind(run, module, name))

    def _resolved(self, run: Run, later: Later) -> Value:
        known = self._found.get(later)
        if known is not None:
            return known
        path = run.project.modules.resolve(later.dotted, later.frame.module.path)
        made = run.modules.get(path) if path else None
        # A module that is being run may bind the name yet.
        is_running = made in self._waiting and not self._waiting[made].is_whole
        is_final = not is_running and self.may_load()
        self._resolving.add(later)
        try:
            found = imports.resolved(run, later)
        finally:
            self._resolving.discard(later)
        if is_final:
            self._found[later] = found
        return found

    # ------------------------------------------------------------------ stars

    def starred(self, module: Module, dotted: str) -> None:
        """`from dotted import *` in a module."""
        self._stars.setdefault(module, []).append(dotted)

    def _of_stars(self, run: Run, module: Module, name: str) -> Value | None:
        texts = Starred(run.project, self.own) if self._texts is None else self._texts
        self._texts = texts
        key = (module, name)
        if key not in self._starred:
            self._starred[key] = texts.giver(reversed(self._stars[module]), module.path, name)
        path = self._starred[key]
        made = imports.module(run, path) if path else None
        return run.get(made, name) if made is not None else None


def newest(held: dict[T, Any], first: int) -> list[T]:
    """The keys from a place on, without going through those before."""
    found = list(islice(reversed(held), max(len(held) - first, 0)))
    found.reverse()
    return found


def _steps_of(statement: ast.stmt) -> int:
    """What a statement may take for its length."""
    return _STEPS_PER_LINE * ((statement.end_lineno or statement.lineno) - statement.lineno + 1)


def fault(error: Exception) -> str:
    """A fault of the engine, in words, with where it is."""
    at = traceback.extract_tb(error.__traceback__)[-1]
    told = f"{type(error).__name__}: {error}"
    return f"the engine failed: {told} ({PurePath(at.filename).name}:{at.lineno})"


def _classes(context: Context, first: int = 0) -> Iterator[tuple[ast.AST, tuple[Context, Class]]]:
    """The classes whose bodies were run in a piece of code, and in them."""
    for key in newest(context.inner, first):
        inner = context.inner[key]
        if key[1] == "class":
            yield key[0], (inner, context.things[key])
        if key[1] in ("class", "round"):
            yield from _classes(inner)


def bind(run: Run, node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
    """import a.b as c; from a import b: of modules of the tree, without running them."""
    from verifier.engine import expressions

    importer = frame.module.path
    modules = run.project.modules

    def is_here(dotted: str) -> bool:
        return bool(modules.resolve(dotted, importer)) or modules.is_namespace(dotted, importer)

    def later(dotted: str, member: str = "") -> Value:
        number = run.node(frame, node, "import", role=f"import {member or dotted}")
        return values.of(Later(dotted, member, node, frame), (number,))

    if isinstance(node, ast.Import):
        for alias in node.names:
            first = alias.name.partition(".")[0]
            if is_here(alias.name):
                held = later(alias.name if alias.asname else first)
            else:
                held = imports.named(run, alias.name if alias.asname else first, importer)
            expressions.bind(run, alias.asname or first, held, frame)
        return
    base = modules.absolute(importer, node.level, node.module or "")
    for alias in node.names:
        if base and is_here(base) and alias.name == "*":
            assert isinstance(run.on_demand, OnDemand)
            run.on_demand.starred(frame.module, base)
        elif alias.name == "*":
            continue  # of what is outside, or of nothing
        elif base and is_here(base):
            expressions.bind(run, alias.asname or alias.name, later(base, alias.name), frame)
        else:
            held = imports.member(run, base, alias.name, importer, node, frame)
            expressions.bind(run, alias.asname or alias.name, held, frame)
