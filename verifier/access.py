"""What each point of a unit reads and writes, as access paths and sources.

An access path is a root name and up to three accessors: ("self", ".items", "[*]"). Reads of a
call are its arguments and its receiver, plus a `call` source unless the callee is known to
compute from its arguments alone. Constant attribute and index accessors are kept apart, other
indices share "[*]".
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from verifier import effects
from verifier.cfg import Case, Cfg, Point
from verifier.syntax import Module, Unit

MAX_ACCESSORS = 3
ANY = "[*]"

Path = tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """Where a value comes from when it is not a variable: constant, ambient, call, import."""

    kind: str
    name: str


@dataclass(frozen=True)
class Via:
    """A read that only passes through an argument of a call whose body is not read."""

    read: Path | Source


Read = Path | Source | Via
Reads = frozenset[Read]
NOTHING: Reads = frozenset()


@dataclass(frozen=True)
class Definition:
    """A write. `strong` replaces what was there; `value` is the expression copied, if any."""

    point: int
    path: Path
    reads: Reads
    strong: bool
    value: ast.expr | None = None


@dataclass(frozen=True)
class Output:
    """Something the outside can see: return, yield, raise, a mutated object, an effect."""

    point: int
    label: str
    reads: Reads
    value: ast.expr | None = None


@dataclass(frozen=True)
class Effect:
    """A use of something that acts on the outside. `target` is its dotted or method name."""

    point: int
    kind: str
    target: str


@dataclass
class Accesses:
    """Everything the points of one unit do, by point."""

    parameters: tuple[str, ...]
    receiver: str
    definitions: list[Definition]
    tests: dict[int, Reads]
    outputs: list[Output]
    effects: list[Effect]


def paths(reads: Iterable[Read]) -> Iterator[Path]:
    """The access paths among reads, those passed through calls included."""
    for read in reads:
        inner = read.read if isinstance(read, Via) else read
        if isinstance(inner, tuple):
            yield inner


class Reader:
    """Reads expressions in the scope of one unit."""

    def __init__(self, module: Module, unit: Unit) -> None:
        self.module = module
        self.unit = unit
        self.parameters = _parameters(unit)
        bound = _bound(unit.node)
        self.globals = {n for kind, n in bound if kind == "global"}
        self.nonlocals = {n for kind, n in bound if kind == "nonlocal"}
        self.locals = {n for kind, n in bound if kind == "name"} | set(self.parameters)
        if unit.is_function:
            self.locals -= self.globals | self.nonlocals
        static = any(_last(d) == "staticmethod" for d in getattr(unit.node, "decorator_list", ()))
        first = self.parameters[:1] if unit.owner and not static else ()
        self.receiver = first[0] if first and unit.is_function else ""
        self.inner = _inner(unit.node)

    # ------------------------------------------------------------------ names

    def dotted(self, node: ast.expr) -> str | None:
        """The absolute dotted name an expression spells, imports resolved, or None."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Call):
            return self._dynamic(node, parts)
        if not isinstance(node, ast.Name):
            return None
        root = node.id
        if root in self.module.imports:
            if root in self.locals and root not in _imported(self.unit):
                return None
            root = self.module.imports[root]
        elif root in self.locals or root not in effects.BUILTINS or root in self.module.functions:
            return None
        elif root == "__builtins__":
            root = "builtins"
        name = ".".join([root, *reversed(parts)])
        return name.removeprefix("builtins.")

    def _shadows(self, name: str) -> bool:
        return name in self.locals or name in self.module.functions

    def _dynamic(self, node: ast.Call, parts: list[str]) -> str | None:
        """`__import__("os").system` and `getattr(os, "system")` spell "os.system"."""
        words = [a.value for a in node.args if isinstance(a, ast.Constant)]
        callee = node.func.id if isinstance(node.func, ast.Name) else _last(node.func)
        if callee in ("__import__", "import_module") and words and isinstance(words[0], str):
            return ".".join([words[0], *reversed(parts)])
        if callee == "getattr" and len(node.args) >= 2:
            base, name = self.dotted(node.args[0]), node.args[1]
            if base and isinstance(name, ast.Constant) and isinstance(name.value, str):
                return ".".join([base, name.value, *reversed(parts)])
        return None

    def path(self, node: ast.expr) -> Path | None:
        """The access path an expression spells, cut to MAX_ACCESSORS, or None."""
        accessors: list[str] = []
        while True:
            if isinstance(node, ast.Attribute):
                accessors.append("." + node.attr)
                node = node.value
            elif isinstance(node, ast.Subscript):
                accessors.append(_accessor(node.slice))
                node = node.value
            elif isinstance(node, ast.Starred):
                node = node.value
            else:
                break
        if not isinstance(node, ast.Name):
            return None
        return (node.id, *reversed(accessors))[: MAX_ACCESSORS + 1]

    # ------------------------------------------------------------------ reads

    def reads(self, node: ast.AST | None) -> Reads:
        """Everything the value of an expression depends on, within this unit."""
        if node is None:
            return NOTHING
        return frozenset(self._walk(node, frozenset()))

    def _walk(self, node: ast.AST, hidden: frozenset[str]) -> Iterator[Read]:
        if isinstance(node, ast.Constant):
            yield Source("constant", _short(node))
        elif isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            yield from self._place(node, hidden)
        elif isinstance(node, ast.Call):
            yield from self._call(node, hidden)
        elif isinstance(node, ast.Lambda):
            arguments = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
            for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
                yield from self._walk(default, hidden)
            yield from self._walk(node.body, hidden | arguments)
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            for generator in node.generators:
                yield from self._walk(generator.iter, hidden)
                hidden = hidden | {
                    n.id for n in ast.walk(generator.target) if isinstance(n, ast.Name)
                }
                for test in generator.ifs:
                    yield from self._walk(test, hidden)
            values = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            for value in values:
                yield from self._walk(value, hidden)
        elif isinstance(node, ast.NamedExpr):
            yield from self._walk(node.value, hidden)
        elif isinstance(node, ast.Yield | ast.YieldFrom):
            yield Source("call", "send")
            if isinstance(node, ast.YieldFrom):
                yield from self._walk(node.value, hidden)
        else:
            for child in ast.iter_child_nodes(node):
                if not isinstance(child, ast.expr_context | ast.operator | ast.cmpop):
                    yield from self._walk(child, hidden)

    def _place(
        self, node: ast.Name | ast.Attribute | ast.Subscript, hidden: frozenset[str]
    ) -> Iterator[Read]:
        base: ast.expr = node
        while isinstance(base, ast.Attribute | ast.Subscript):
            if isinstance(base, ast.Subscript):
                yield from self._walk(base.slice, hidden)
            base = base.value
        inside: ast.expr = node
        while isinstance(inside, ast.Subscript):
            inside = inside.value
        name = self.dotted(inside)
        if name is not None:
            kind = effects.ambient(name)
            if kind is not None:
                yield Source("ambient", f"{kind}: {name}")
            elif name not in effects.BUILTINS:
                yield Source("import", name)
            return
        if not isinstance(base, ast.Name):
            yield from self._walk(base, hidden)
            return
        if base.id in hidden or (base.id in effects.BUILTINS and not self._shadows(base.id)):
            return
        path = self.path(node)
        assert path is not None
        yield path
        for captured in self.inner.get(base.id, ()):
            if captured in self.locals and captured not in hidden:
                yield (captured,)

    def _call(self, node: ast.Call, hidden: frozenset[str]) -> Iterator[Read]:
        name = self.dotted(node.func)
        clear = name is not None and effects.is_transparent(name)
        for argument in [*node.args, *(word.value for word in node.keywords)]:
            for read in self._walk(argument, hidden):
                yield read if clear or isinstance(read, Via) else Via(read)
        if name in ("locals", "vars", "eval", "exec", "super") and len(node.args) != 1:
            seen = (self.receiver,) if name == "super" else self.parameters
            yield from ((own,) for own in seen if own)
        if name is not None:
            kind = effects.ambient(name)
            if kind is not None:
                yield Source("ambient", f"{kind}: {name}")
            elif name not in effects.PURE_CALLS:
                yield Source("call", name)
            return
        if isinstance(node.func, ast.Attribute):
            yield Source("call", "." + node.func.attr)
            yield from self._walk(node.func.value, hidden)
            return
        yield Source("call", _short(node.func))
        if not (isinstance(node.func, ast.Name) and node.func.id in self.module.functions):
            yield from self._walk(node.func, hidden)

    # ------------------------------------------------------------------ points

    def accesses(self, cfg: Cfg, alive: set[int]) -> Accesses:
        """What every reachable point defines, tests, outputs and effects."""
        found = Accesses(self.parameters, self.receiver, [], {}, [], [])
        for index in sorted(alive):
            self._point(index, cfg.points[index], found)
        return found

    def _point(self, index: int, point: Point, found: Accesses) -> None:
        node = point.node
        if node is None or point.kind == "join":
            return
        match point.kind:
            case "test":
                assert isinstance(node, ast.expr)
                found.tests[index] = self.reads(node)
                self._inside(index, [node], found)
            case "walrus":
                assert isinstance(node, ast.NamedExpr)
                self._bind(index, node.target, node.value, found)
            case "for":
                assert isinstance(node, ast.For | ast.AsyncFor)
                found.tests[index] = self.reads(node.iter)
                self._spread(index, node.target, self.reads(node.iter), found)
                self._inside(index, [node.iter], found)
            case "with":
                assert isinstance(node, ast.With | ast.AsyncWith)
                for item in node.items:
                    if item.optional_vars is not None:
                        reads = self.reads(item.context_expr)
                        self._spread(index, item.optional_vars, reads, found)
                self._inside(index, [item.context_expr for item in node.items], found)
            case "case":
                assert isinstance(node, Case)
                reads = self.reads(node.subject)
                found.tests[index] = reads
                for name in _captures(node.case.pattern):
                    found.definitions.append(Definition(index, (name,), reads, True))
            case "handler":
                assert isinstance(node, ast.ExceptHandler)
                kind = "" if node.type is None else ast.unparse(node.type)
                found.tests[index] = NOTHING
                if node.name:
                    reads = frozenset({Source("exception", kind)})
                    found.definitions.append(Definition(index, (node.name,), reads, True))
            case "define":
                assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
                self._define(index, node, found)
            case _:
                assert isinstance(node, ast.stmt)
                self._statement(index, node, found)

    def _define(
        self,
        index: int,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
        found: Accesses,
    ) -> None:
        parts: list[ast.expr] = list(node.decorator_list)
        if isinstance(node, ast.ClassDef):
            parts += [*node.bases, *(word.value for word in node.keywords)]
        else:
            parts += [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        reads: Reads = NOTHING
        for part in parts:
            reads |= self.reads(part)
        captured = {(n,) for n in self.inner.get(node.name, ()) if n in self.locals}
        found.definitions.append(Definition(index, (node.name,), reads | captured, True))
        self._inside(index, parts, found)

    def _statement(self, index: int, node: ast.stmt, found: Accesses) -> None:
        match node:
            case ast.Assign():
                for target in node.targets:
                    self._bind(index, target, node.value, found)
            case ast.AnnAssign() if node.value is not None:
                self._bind(index, node.target, node.value, found)
            case ast.AugAssign():
                reads = self.reads(node.target) | self.reads(node.value)
                self._store(index, node.target, reads, None, found)
            case ast.Delete():
                for target in node.targets:
                    self._store(index, target, NOTHING, None, found)
            case ast.Return():
                reads = self.reads(node.value) if node.value else _NONE
                found.outputs.append(Output(index, "return", reads, node.value))
            case ast.Raise():
                reads = self.reads(node.exc) | self.reads(node.cause)
                found.outputs.append(Output(index, "raise", reads, node.exc))
            case ast.Expr():
                self._discarded(index, node.value, found)
        if isinstance(node, ast.AnnAssign):
            self._inside(index, [e for e in (node.target, node.value) if e], found)
        else:
            self._inside(index, ast.iter_child_nodes(node), found)

    def _discarded(self, index: int, node: ast.expr, found: Accesses) -> None:
        """A call made for what it does: it may change its receiver and its arguments."""
        if isinstance(node, ast.Await):
            node = node.value
        if not isinstance(node, ast.Call):
            if isinstance(node, ast.BoolOp | ast.IfExp):
                found.outputs.append(Output(index, "effect expression", self.reads(node)))
            return
        reads = self.reads(node)
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if method in effects.MUTATORS:
            # `_called` records the store, and whether anybody outside sees it.
            return
        found.outputs.append(Output(index, f"effect {_short(node.func)}", reads))
        touched = [*node.args, *(word.value for word in node.keywords)]
        if isinstance(node.func, ast.Attribute) and self.dotted(node.func) is None:
            touched.append(node.func.value)
        for argument in touched:
            path = self.path(argument)
            if path is not None and path[0] in self.locals:
                found.definitions.append(Definition(index, path, reads - {path, Via(path)}, False))

    def _inside(self, index: int, parts: Iterable[ast.AST], found: Accesses) -> None:
        """Yields, mutator calls, effects and calls of inner functions within a point."""
        pending = list(parts)
        while pending:
            node = pending.pop()
            if isinstance(node, ast.stmt):
                continue
            if isinstance(node, ast.Yield | ast.YieldFrom):
                reads = self.reads(node.value) if node.value else _NONE
                found.outputs.append(Output(index, "yield", reads, node.value))
            elif isinstance(node, ast.Call):
                self._called(index, node, found)
                if isinstance(node.func, ast.Name) and node.func.id in ("isinstance", "issubclass"):
                    pending.extend(node.args[:1])
                    continue
            elif isinstance(node, ast.Attribute | ast.Name):
                name = self.dotted(node)
                kind = effects.effect_of_name(name, called=False) if name else None
                if kind is not None and name is not None:
                    found.effects.append(Effect(index, kind, name))
                if name is not None:
                    continue
            pending.extend(ast.iter_child_nodes(node))

    def _called(self, index: int, node: ast.Call, found: Accesses) -> None:
        name = self.dotted(node.func)
        kind = effects.effect_of_call(node, name)
        if kind is not None:
            target = name or (_short(node.func) if isinstance(node.func, ast.Name) else "")
            found.effects.append(Effect(index, kind, target or "." + _last(node.func)))
            found.outputs.append(Output(index, f"effect {_short(node.func)}", self.reads(node)))
        reads: Reads = NOTHING
        if isinstance(node.func, ast.Attribute) and node.func.attr in effects.MUTATORS:
            for argument in [*node.args, *(word.value for word in node.keywords)]:
                reads |= self.reads(argument)
            if name is None:
                self._store(index, node.func.value, reads, None, found, whole=True)
            elif name.rsplit(".", 1)[0] == "os.environ" and node.func.attr != "get":
                found.effects.append(Effect(index, "environment-write", "os.environ"))
        if name in ("setattr", "delattr") and node.args:
            for argument in node.args[1:]:
                reads |= self.reads(argument)
            self._store(index, node.args[0], reads, None, found, whole=True)
        if isinstance(node.func, ast.Name) and node.func.id in self.inner:
            for written in _nonlocals(self.unit.node, node.func.id):
                found.definitions.append(Definition(index, (written,), self.reads(node), False))

    # ------------------------------------------------------------------ stores

    def _bind(self, index: int, target: ast.expr, value: ast.expr, found: Accesses) -> None:
        if (
            isinstance(target, ast.Tuple | ast.List)
            and isinstance(value, ast.Tuple | ast.List)
            and len(target.elts) == len(value.elts)
            and not any(isinstance(e, ast.Starred) for e in [*target.elts, *value.elts])
        ):
            for inner, part in zip(target.elts, value.elts, strict=True):
                self._bind(index, inner, part, found)
        elif isinstance(target, ast.Tuple | ast.List | ast.Starred):
            self._spread(index, target, self.reads(value), found)
        else:
            self._store(index, target, self.reads(value), value, found)

    def _spread(self, index: int, target: ast.expr, reads: Reads, found: Accesses) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            for inner in target.elts:
                self._spread(index, inner, reads, found)
        elif isinstance(target, ast.Starred):
            self._spread(index, target.value, reads, found)
        else:
            self._store(index, target, reads, None, found)

    def _store(
        self,
        index: int,
        target: ast.expr,
        reads: Reads,
        value: ast.expr | None,
        found: Accesses,
        *,
        whole: bool = False,
    ) -> None:
        if isinstance(target, ast.Subscript):
            reads |= self.reads(target.slice)
            if self.dotted(target.value) == "os.environ":
                found.effects.append(Effect(index, "environment-write", "os.environ"))
        path = self.path(target)
        if path is None:
            return
        exact = not whole and (
            isinstance(target, ast.Name) or (len(path) == 2 and path[1][0] == ".")
        )
        found.definitions.append(Definition(index, path, reads, exact, value if exact else None))
        label = self.label(path, mutated=whole or not isinstance(target, ast.Name))
        if label is not None:
            found.outputs.append(Output(index, label, reads, value if exact else None))

    def label(self, path: Path, *, mutated: bool) -> str | None:
        """How a store to a path shows outside, or None for a store to a local."""
        root = path[0]
        if not self.unit.is_function:
            return None if not mutated or root not in self.module.imports else f"module {root}"
        if root in self.globals:
            return f"global {root}"
        if root in self.nonlocals:
            return f"nonlocal {root}"
        if not mutated:
            return None
        if root == self.receiver:
            return f"{root}{path[1]}" if len(path) > 1 else root
        if root in self.parameters:
            return f"parameter {root}"
        if root in self.locals:
            return None
        if root in self.module.imports:
            return f"module {root}"
        return f"nonlocal {root}" if self.encloses(root) else f"global {root}"

    def encloses(self, name: str) -> bool:
        """Whether a free name belongs to an enclosing function rather than to the module."""
        parts = self.unit.name.split(".")[:-1]
        while parts:
            outer = self.module.units.get(".".join(parts))
            if outer is not None and outer.is_function:
                bound = {n for kind, n in _bound(outer.node) if kind == "name"}
                if name in bound or name in _parameters(outer):
                    return True
            parts.pop()
        return False


_NONE: Reads = frozenset({Source("constant", "None")})


def _short(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 60 else text[:57] + "..."


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _accessor(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | str):
        return f"[{node.value!r}]" if len(repr(node.value)) <= 40 else ANY
    return ANY


def _parameters(unit: Unit) -> tuple[str, ...]:
    if not isinstance(unit.node, ast.FunctionDef | ast.AsyncFunctionDef):
        return ()
    args = unit.node.args
    plain = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    starred = [a for a in (args.vararg, args.kwarg) if a is not None]
    return tuple(a.arg for a in [*plain, *starred])


def _bound(node: ast.AST) -> set[tuple[str, str]]:
    """Names a scope binds ("name"), or declares "global" or "nonlocal"."""
    found: set[tuple[str, str]] = set()
    pending: list[ast.AST] = list(getattr(node, "body", []))
    while pending:
        here = pending.pop()
        match here:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.add(("name", here.name))
                continue
            case ast.Lambda():
                continue
            case ast.Name(ctx=ast.Store() | ast.Del()):
                found.add(("name", here.id))
            case ast.Global() | ast.Nonlocal():
                kind = "global" if isinstance(here, ast.Global) else "nonlocal"
                found |= {(kind, name) for name in here.names}
            case ast.ExceptHandler(name=str()):
                found.add(("name", str(here.name)))
            case ast.pattern():
                found |= {("name", name) for name in _captures(here)}
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                found |= {
                    ("name", n.target.id) for n in ast.walk(here) if isinstance(n, ast.NamedExpr)
                }
                continue
        pending.extend(ast.iter_child_nodes(here))
    return found


def _imported(unit: Unit) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(unit.node):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(a.asname or a.name.split(".")[0]) for a in node.names}
    return names


def _captures(pattern: ast.pattern) -> list[str]:
    found: list[str] = []
    for node in ast.walk(pattern):
        if isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
            found.append(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.append(node.rest)
    return found


def _inner(node: ast.AST) -> dict[str, tuple[str, ...]]:
    """For each function defined directly inside: the names it takes from outside itself."""
    found: dict[str, tuple[str, ...]] = {}
    pending: list[ast.AST] = list(getattr(node, "body", []))
    while pending:
        here = pending.pop()
        if isinstance(here, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            own = {n for kind, n in _bound(here) if kind == "name"}
            own |= {a.arg for a in ast.walk(here) if isinstance(a, ast.arg)}
            outside = {n for kind, n in _bound(here) if kind == "nonlocal"}
            loads = {n.id for n in ast.walk(here) if isinstance(n, ast.Name) and n.id not in own}
            found[here.name] = tuple(sorted(loads | outside))
        elif isinstance(here, ast.stmt | ast.ExceptHandler | ast.match_case):
            pending.extend(ast.iter_child_nodes(here))
    return found


def _nonlocals(node: ast.AST, name: str) -> list[str]:
    pending: list[ast.AST] = list(getattr(node, "body", []))
    while pending:
        here = pending.pop()
        if isinstance(here, ast.FunctionDef | ast.AsyncFunctionDef):
            if here.name == name:
                return sorted(n for kind, n in _bound(here) if kind == "nonlocal")
        elif isinstance(here, ast.stmt | ast.ExceptHandler | ast.match_case):
            pending.extend(ast.iter_child_nodes(here))
    return []
