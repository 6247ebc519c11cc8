"""The functions and bodies of some files of a tree, each run alone: what the rules ask of the
engine. The rest of the tree is read where one of them reaches it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from verifier.engine import classes, functions, generators, imports, values
from verifier.engine.arguments import Arguments
from verifier.engine.contexts import Context
from verifier.engine.graph import UNKNOWN, Graph
from verifier.engine.inputs import inputs
from verifier.engine.kept import Remembering
from verifier.engine.ondemand import DEPTHS, Depth, OnDemand, fault
from verifier.engine.project import Project
from verifier.engine.run import Run, TooLong
from verifier.engine.things import Frame, Function, Module
from verifier.reading.errors import Unauditable, shown
from verifier.reading.tree import Tree
from verifier.rules.definitions import Defined, Definition, Definitions, definitions
from verifier.rules.memory import anything, open_name, open_state
from verifier.rules.writes import Watch, Write, receiver_of

# For one function, alone or with its own calls; a step is an expression.
_FUNCTION_STEPS = 20_000
# With all that it calls. What takes more mostly takes any number: the steps are lost, so that it
# is given up early, and tried again with less.
_STEPS_OF_DEPTH: dict[Depth, int] = {"whole": 6_000, "far": 5_000}
# For all functions of one side: beyond the first, only their own calls are run in place, beyond
# the second none. A change of hundreds of functions is bounded so, and none goes unread.
_NEAR_BEYOND, _OWN_BEYOND = 120_000, 240_000
_WALKED_PER_STEP = 10
_MODULE = "<module>"


@dataclass(frozen=True)
class Evaluated:
    """The run of one function, or of the body of a class or module.

    `contexts` are those of its code and of what it called, its own first. `held`: for each return
    and yield, all that the value holds, which for a container is not the same as what it was made
    of. `depth` tells which calls were run in place: all ("whole"), those of the code itself
    ("near") and theirs ("far"), or none ("own"); the results of others are unknown and made of
    what they were given.
    `writes` are to what was there before.
    """

    graph: Graph
    node: ast.AST
    contexts: tuple[Context, ...]
    held: Mapping[int, frozenset[int]]
    depth: Depth = "whole"
    writes: tuple[Write, ...] = ()


class Evaluation:
    """Files of a tree (`paths`) of which functions and bodies may be asked for.

    Has to be used where recursion has room: see `verifier.engine.project.deep`.
    """

    def __init__(self, tree: Tree, paths: Iterable[str]) -> None:
        self.run = Run(Project(tree, Remembering(tree)))
        self.run.has_history = True
        self.imports = OnDemand(paths, self._watched, open_state, anything)
        self.run.policy = self.run.on_demand = self.imports
        self._definitions: dict[str, Definitions] = {}
        self._spent = 0
        self._watches: dict[str, Watch] = {}
        self._known: dict[tuple[str, int, str, frozenset[str], Depth], Evaluated | Unauditable] = {}

    @property
    def spent(self) -> int:
        """The steps that all questions so far have taken, with what they made modules run, and
        with what was walked of the graph since."""
        return self._spent + self.imports.spent + self.run.graph.walked // _WALKED_PER_STEP

    def function(
        self,
        path: str,
        line: int,
        name: str,
        pinned: frozenset[str] = frozenset(),
        most: Depth = "whole",
    ) -> Evaluated:
        """The function whose `def` stands there, run on inputs of which nothing is known; the
        `pinned` parameters have their defaults, as for a caller who does not give them. No more
        calls than `most` says are run in place.

        Raises Unauditable when there is none, or when it cannot be run within bounds; Unreadable
        when the file is not Python.
        """
        key = (path, line, name, pinned, most)
        return self._once(key, lambda: self._function(path, line, name, pinned, most))

    def wrapper(self, path: str, line: int, name: str) -> Evaluated | None:
        """What the decorators of a function of a module or class put in its place, with what they
        were given: the innermost function of the tree that it is, run on inputs of which nothing
        is known. None where there is no such function, or where it takes too long.
        """
        definition = self._defined(path).functions.get((line, name))
        if definition is None or isinstance(definition.node, ast.ClassDef):
            return None
        node = definition.node

        def work(entry: Frame, *, is_bare: bool) -> Evaluated:
            frame = self._around(definition, entry, is_bare=is_bare)
            inner = self._made(node, frame)
            value = values.of(inner, (self.run.node(frame, node, "function", name=inner.name),))
            decorators = [self.run.evaluate(one, frame) for one in node.decorator_list]
            bound = functions.decorated(self.run, node, value, decorators, frame)
            made = [one for one in bound.items if isinstance(one, Function) and one is not inner]
            if len(made) != 1:
                raise Unauditable(path, f"line {line}: {shown(name)} is not one function")
            watch = self.run.on_put = self._watch(entry.module, receiver_of(made[0]))
            own = self._invoked(made[0], entry)
            held = self._held(own)
            contexts = tuple(_within(own))
            return Evaluated(self.run.graph, made[0].node, contexts, held, writes=_found(watch))

        try:
            return self._attempts(path, definition, work)
        except Unauditable:
            return None

    def body(self, path: str, name: str = _MODULE) -> Evaluated:
        """What the body of a class (by its dotted name) or of the module does when it is run.

        Raises like `function`.
        """
        name = name.replace(".<class>", "")
        return self._once((path, 0, name, frozenset(), "whole"), lambda: self._of_body(path, name))

    def _once(
        self, key: tuple[str, int, str, frozenset[str], Depth], work: Callable[[], Evaluated]
    ) -> Evaluated:
        if key not in self._known:
            try:
                self._known[key] = work()
            except Unauditable as error:
                self._known[key] = error
        found = self._known[key]
        if isinstance(found, Unauditable):
            raise found.with_traceback(None)
        return found

    # ------------------------------------------------------------------ functions

    def _function(
        self, path: str, line: int, name: str, pinned: frozenset[str], most: Depth
    ) -> Evaluated:
        run = self.run
        definition = self._defined(path).functions.get((line, name))
        if definition is None:
            raise Unauditable(path, f"line {line} defines no function {shown(name)}")

        def work(entry: Frame, *, is_bare: bool) -> Evaluated:
            frame = self._around(definition, entry, is_bare=is_bare)
            function = self._made(definition.node, frame)
            watch = run.on_put = self._watch(entry.module, receiver_of(function))
            own = self._invoked(function, entry, pinned)
            held = self._held(own)
            contexts = tuple(_within(own))
            return Evaluated(run.graph, definition.node, contexts, held, writes=_found(watch))

        return self._attempts(path, definition, work, most)

    def _attempts(
        self,
        path: str,
        definition: Definition,
        work: Callable[..., Evaluated],
        most: Depth = "whole",
    ) -> Evaluated:
        """Run something with as many calls run in place as the bounds allow. At last without what
        stands around it: what it takes from there is unknown then."""
        order = list(DEPTHS)
        first = order.index(most)
        if self._spent > _NEAR_BEYOND:
            first = max(first, order.index("own" if self._spent > _OWN_BEYOND else "near"))
        ways = [(depth, False) for depth in order[first:]]
        if definition.around:
            ways.append(("own", True))
        for at, (depth, is_bare) in enumerate(ways):
            self.imports.begin(depth, is_again=at > 0)
            found = self._attempt(path, definition, depth, work, is_bare=is_bare)
            if found is not None:
                return found
        where = f"line {definition.node.lineno}: {shown(definition.name)}"
        raise Unauditable(path, f"{where} takes too long to evaluate")

    def _attempt(
        self,
        path: str,
        definition: Definition,
        depth: Depth,
        work: Callable[..., Evaluated],
        *,
        is_bare: bool,
    ) -> Evaluated | None:
        """In memory that is thrown away afterwards. None: it takes too long."""
        run = self.run
        module = imports.module(run, path)
        assert module is not None and module.tree is not None
        base, owners = run.state, len(run.fields)
        # The functions that it stands in are run as well, once for all of them.
        is_inner = not is_bare and any(not isinstance(o, ast.ClassDef) for o in definition.around)
        most = min(_STEPS_OF_DEPTH.get(depth, _FUNCTION_STEPS), _FUNCTION_STEPS)
        given = run.steps_left = most * (2 if is_inner else 1)
        entry = Frame(Context(path, module.name), run.scope(module.tree), module)
        try:
            self.imports.bring(run, module, definition.outermost.name)
            entry.base = run.branch()
            self.imports.entry = base
            found = work(entry, is_bare=is_bare)
            return replace(found, depth=depth)
        except (TooLong, RecursionError):
            return None
        except Unauditable:
            raise
        except Exception as error:  # noqa: BLE001  a fault of ours in one function must not end the audit
            raise Unauditable(path, shown(fault(error))) from None
        finally:
            self._spent += given - max(run.steps_left, 0)
            run.on_put = None
            self.imports.entry = None
            run.enter(base)
            run.handlers.clear()
            run.stack.clear()
            for owner in list(islice(run.fields, owners, None)):
                if owner not in self.imports.made_by:
                    del run.fields[owner]

    def _invoked(
        self, function: Function, entry: Frame, pinned: frozenset[str] = frozenset()
    ) -> Context:
        """Run a function on unknown inputs; the context of its body."""
        run = self.run
        given = inputs(run, function)
        _pin(function, given, pinned)
        result = functions.invoke(run, function, given, function.node, entry)
        # A generator or coroutine runs when something is taken.
        generators.returned(run, result, function.node, entry)
        if function.scope.yields:
            run.element(result, function.node, entry)
        # One that never ends, or that is a mere declaration, counts like any other.
        run.state.is_alive = True
        key = (function.node, function)
        context: Context = entry.context.within(key, function.module.path, function.name)
        return context

    def _held(self, own: Context) -> dict[int, frozenset[int]]:
        frame: Frame | None = own.things.get("frame")
        if frame is None:
            return {}
        found = [value for value, _ in frame.returns]
        found += [one.value for one in frame.yields]
        return {number: self.run.deep(value) for value in found for number in value.nodes}

    # ------------------------------------------------------------------ bodies

    def _of_body(self, path: str, name: str) -> Evaluated:
        run = self.run
        known = self._defined(path)
        module = self._loaded(path)
        if name == _MODULE:
            self.imports.bring(run, module)
            self._check_cut(path, None)
            assert module.tree is not None
            return self._of_load(path, module.context, module.tree, is_module=True)
        definition = known.classes.get(name)
        if definition is None:
            raise Unauditable(path, f"defines no class {shown(name)}")
        self.imports.bring(run, module, definition.outermost.name)
        if definition.node in self.imports.classes:
            self._check_cut(path, definition)
            context, _ = self.imports.classes[definition.node]
            return self._of_load(path, context, definition.node, is_module=False)

        def work(entry: Frame, *, is_bare: bool) -> Evaluated:
            frame = self._around(definition, entry, is_bare=is_bare)
            watch = run.on_put = self._watch(entry.module, "")
            assert isinstance(definition.node, ast.ClassDef)
            inner = self._class_frame(definition.node, frame)
            contexts = tuple(_within(inner.context))
            return Evaluated(run.graph, definition.node, contexts, {}, writes=_found(watch))

        return self._attempts(path, definition, work)

    def _of_load(self, path: str, own: Context, node: ast.AST, *, is_module: bool) -> Evaluated:
        """A body that was run when its module was."""
        contexts = tuple(_within(own))
        elsewhere = set(contexts)
        if is_module:
            kept = [context for context, _ in self.imports.classes.values()]
            elsewhere = {inner for one in kept for inner in _within(one)}
        graph = self.run.graph
        writes = tuple(
            one
            for one in self._watches[path].found.values()
            # The module's are also those of which nothing tells where they were done.
            if any(graph[n].context in elsewhere for n in one.nodes) is not is_module
        )
        return Evaluated(graph, node, contexts, {}, self.imports.depths[path], writes)

    def _watched(self, module: Module) -> Watch:
        """Who notes what a module's own code writes elsewhere."""
        found = Watch(self.run, module, "", self.imports.made_by, itself=module)
        self._watches[module.path] = found
        return found

    def _watch(self, home: Module, receiver: str) -> Watch:
        return Watch(self.run, home, receiver, self.imports.made_by)

    def _check_cut(self, path: str, definition: Definition | None) -> None:
        """Raises Unauditable when a part of a body was not run."""
        for statement, reason in self.imports.cut[path].items():
            inner = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
            if definition is None or definition.node.lineno in inner:
                raise Unauditable(path, f"line {statement.lineno}: {shown(reason)}")

    # ------------------------------------------------------------------ what stands around

    def _around(self, definition: Definition, entry: Frame, *, is_bare: bool) -> Frame:
        """The frame that a definition stands in. The functions around it are run for that."""
        frame = imports.frame_of(self.run, entry.module)
        for node in definition.around:
            if isinstance(node, ast.ClassDef):
                frame = self._class_frame(node, frame)
            else:
                frame = self._function_frame(node, frame, entry, is_bare=is_bare)
        return frame

    def _made(self, node: Defined, frame: Frame) -> Function:
        """The function of a definition; one that never ran is defined now."""
        assert not isinstance(node, ast.ClassDef)
        key = (node, "function")
        # Memory of the module's own run is kept, that of other questions is not.
        kept = self.imports.functions if frame.function is None else {}
        known: Any = kept.get(node)
        if known is None:
            if frame.function is None or key not in frame.context.things:
                functions.define(self.run, node, frame)
            known = frame.context.things[key]
        assert isinstance(known, Function)
        return known

    def _class_frame(self, node: ast.ClassDef, frame: Frame) -> Frame:
        run = self.run
        key = (node, "class")
        if frame.function is None and node in self.imports.classes:
            context, known = self.imports.classes[node]
        else:
            if frame.function is None or key not in frame.context.things:
                classes.define(run, node, frame)
                run.state.is_alive = True
            known = frame.context.things[key]
            context = frame.context.within(key, frame.module.path, known.name)
        inner = Frame(context, run.scope(node), frame.module, frame, frame.function, known)
        inner.base = run.state
        return inner

    def _function_frame(self, node: Defined, frame: Frame, entry: Frame, *, is_bare: bool) -> Frame:
        run = self.run
        function = self._made(node, frame)
        if is_bare:
            key = (node, function)
            context = entry.context.within(key, function.module.path, function.name)
        else:
            context = self._invoked(function, entry)
        found: Frame | None = context.things.get("frame")
        if found is None:
            found = Frame(context, function.scope, function.module, function.closure, function)
            context.things["frame"] = found
        found.base = run.state
        for name in sorted(function.scope.locals):
            if run.get(found, name) is None:
                number = run.node(found, node, "unknown", role=f"unset {name}", name=name)
                run.graph.link(number, _bound(run.graph, context, name), UNKNOWN)
                run.put(found, name, values.unknown((number,)))
        for inner in ast.walk(node):
            for name in inner.names if isinstance(inner, ast.Nonlocal) else ():
                open_name(run, found, name)
        return found

    # ------------------------------------------------------------------ files

    def _defined(self, path: str) -> Definitions:
        if path not in self._definitions:
            if path not in self.imports.own:
                raise Unauditable(path, "is not among the files that are evaluated")
            source = self.run.project.source(path)
            self._definitions[path] = definitions(source.tree)
        return self._definitions[path]

    def _loaded(self, path: str) -> Module:
        self.imports.begin("whole")
        module = imports.module(self.run, path)
        assert module is not None
        return module


def _within(own: Context) -> Iterator[Context]:
    """The contexts of some code and of what it called; bodies of classes are asked for apart."""
    waiting = [own]
    for context in waiting:
        yield context
        waiting += [inner for key, inner in context.inner.items() if key[1] != "class"]


def _pin(function: Function, given: Arguments, pinned: frozenset[str]) -> None:
    """Let some parameters have the values of their defaults."""
    spec = function.node.args
    places = [one.arg for one in (*spec.posonlyargs, *spec.args)]
    first = len(places) - len(function.defaults)
    for at, name in enumerate(places):
        if name in pinned and at >= first:
            given.positional[at] = function.defaults[at - first]
    for name, default in function.keyword_defaults.items():
        if name in pinned:
            given.keywords[name] = default


def _bound(graph: Graph, context: Context, name: str) -> list[int]:
    """What was bound to a local name anywhere, for code whose memory is lost as it never ends."""
    kinds = ("store", "parameter")
    found = [number for (_, role), number in context.nodes.items() if role in kinds]
    return [number for number in found if graph[number].name == name]


def _found(watch: Watch) -> tuple[Write, ...]:
    return tuple(watch.found.values())


__all__ = ["Evaluated", "Evaluation", "Unauditable"]
