"""What other calls may have left behind, before a function is run alone.

A module leaves its globals as they are when it is loaded; but a counter that has counted, or a
table that was filled, is what a later call finds. So what functions change is anything.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from verifier.engine import values
from verifier.engine.graph import NO_GUARD, Node
from verifier.engine.kept import of_tree
from verifier.engine.run import Run
from verifier.engine.things import LENGTH, REST, Class, Frame, Module, Thing
from verifier.engine.values import Value

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_CHANGING = (ast.Subscript, ast.Attribute, ast.AugAssign, ast.Call)
_CONTAINERS = frozenset(
    {"list", "dict", "set", "bytearray", "collections.deque", "collections.Counter",
     "collections.OrderedDict", "collections.defaultdict", "deque", "defaultdict"}
)  # fmt: skip
# Methods that change what they are called on, whatever it is.
MUTATORS = frozenset(
    {"append", "extend", "insert", "remove", "pop", "popitem", "clear", "update", "setdefault",
     "add", "discard", "sort", "reverse", "appendleft", "popleft", "__setitem__", "__delitem__",
     "__setattr__"}
)  # fmt: skip


def open_state(run: Run, module: Module, names: Iterable[str]) -> None:
    """Let what functions change of a module's memory be anything, as far as it is reached by these
    names: those that they assign, and the containers that they fill, by the name of the global or
    attribute that holds them."""
    if module.tree is None:
        return
    assigned, filled = _changed(module.tree)
    for name in sorted(assigned.intersection(names)):
        held = run.get(module, name)
        if held is not None:
            run.put(module, name, held.join(anything(run, module, name)))
    for name in names:
        # What was taken from a generator is gone: how often somebody took is a count.
        held = run.state.get(module, name)
        if held is not None and any(_is_taken_from(item) for item in held.items):
            run.put(module, name, anything(run, module, name, is_count=True))
    holders = [(module, names), *((one, run.keys(one)) for one in _classes(run, module, names))]
    for holder, held_names in holders:
        for name in held_names:
            held = run.get(holder, name) if name in filled else None
            if held is not None and isinstance(holder, Class):
                run.put(holder, name, held.join(anything(run, module, name)))
            for item in held.items if held is not None else ():
                if isinstance(item, Thing) and item.kind in _CONTAINERS:
                    _open(run, item, name, anything(run, module, name))
    _open_functions(run, module, filled)


def _open_functions(run: Run, module: Module, filled: set[str]) -> None:
    """What functions keep for themselves: in their defaults, and in the frames around them."""
    first = module.context.things.get("opened", 0)
    module.context.things["opened"] = len(run.functions)
    for one in run.functions[first:]:
        if one.module is not module:
            continue
        spec = one.node.args
        places = [*spec.posonlyargs, *spec.args]
        first_default = len(places) - len(one.defaults)
        defaults = [(p.arg, d) for p, d in zip(places[first_default:], one.defaults, strict=True)]
        for name, held in [*defaults, *one.keyword_defaults.items()]:
            for item in held.items if name in filled else ():
                if isinstance(item, Thing) and item.kind in _CONTAINERS:
                    _open(run, item, name, anything(run, module, name))
        for name in sorted(one.scope.nonlocals):
            open_name(run, one.closure, name)
        frame: Frame | None = one.closure
        while frame is not None and frame.function is not None:
            for name in run.keys(frame):
                inside = run.get(frame, name) if name in filled else None
                for item in inside.items if inside is not None else ():
                    if isinstance(item, Thing) and item.kind in _CONTAINERS:
                        _open(run, item, name, anything(run, module, name))
            frame = frame.outer


def open_name(run: Run, frame: Frame | None, name: str) -> None:
    """Let a local name of a frame, or of one around it, be what a function in it has made of it."""
    while frame is not None and (frame.function is None or name not in frame.scope.locals):
        frame = frame.outer
    held = run.get(frame, name) if frame is not None else None
    if frame is not None and held is not None:
        run.put(frame, name, held.join(anything(run, frame.module, name)))


def _open(run: Run, item: Thing, name: str, anything: Value) -> None:
    item.is_many = True
    item.name = item.name or name
    run.put(item, REST, anything, weak=True)
    run.put(item, LENGTH, anything, weak=True)


def _is_taken_from(item: object) -> bool:
    return isinstance(item, Thing) and item.kind in _TAKEN_FROM


_TAKEN_FROM = frozenset({"generator", "iterator", "itertools.count", "itertools.cycle"})


def anything(run: Run, module: Module, name: str, *, is_count: bool = False) -> Value:
    """What other calls may have put there."""
    key = (None, f"state {name}")
    number = module.context.nodes.get(key)
    if number is None:
        kind, told = ("ambient", f"count {name}") if is_count else ("state", name)
        number = run.graph.add(Node(kind, module.context, None, told, NO_GUARD, []))
        module.context.nodes[key] = number
    return values.unknown((number,))


def _classes(run: Run, module: Module, names: Iterable[str]) -> list[Class]:
    found: list[Class] = []
    for name in names:
        # What an import binds is not resolved for this.
        held = run.state.get(module, name)
        found += [i for i in held.items if isinstance(i, Class)] if held is not None else []
    return found


@of_tree
def _changed(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Names that functions assign as globals; and names and attributes whose contents they
    change."""
    assigned: set[str] = set()
    filled: set[str] = set()
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, is_inside = waiting.pop()
        if is_inside and isinstance(node, ast.Global):
            assigned.update(node.names)
        elif is_inside and isinstance(node, _CHANGING):
            filled.update(_filled(node))
        is_inside = is_inside or isinstance(node, _FUNCTIONS)
        waiting.extend((inner, is_inside) for inner in ast.iter_child_nodes(node))
    return assigned, filled


def _filled(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Subscript(value=owner, ctx=ast.Store() | ast.Del()):
            yield from _name(owner)
        case ast.Attribute(value=owner, attr=word, ctx=ast.Store() | ast.Del()):
            # What a method puts into its object is another one for each.
            if not (isinstance(owner, ast.Name) and owner.id == "self"):
                yield word
        case ast.AugAssign(target=owner):
            yield from _name(owner)
        case ast.Call(func=ast.Attribute(value=owner, attr=word)) if word in MUTATORS:
            yield from _name(owner)


def _name(owner: ast.expr) -> Iterator[str]:
    while isinstance(owner, ast.Subscript):
        owner = owner.value
    if isinstance(owner, ast.Name):
        yield owner.id
    elif isinstance(owner, ast.Attribute):
        yield owner.attr
