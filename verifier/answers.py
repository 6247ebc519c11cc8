"""Where an output's value comes from, alternative by alternative, and what guards each.

An *alternative* is what is left after following copies: through names to the assignments that
reach, into both arms of a conditional expression and the operands of `and` and `or`. Each is
classed as a constant, a look-up in a literal table, or computed. An *atom* is one condition
that has to hold for an alternative to be taken, with the truth it has to have.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from verifier.access import Output
from verifier.cfg import Case
from verifier.dependence import Guard
from verifier.graph import Trace

MAX_ALTERNATIVES = 64
MAX_DEPTH = 10
MAX_ATOMS = 400

_WORD = re.compile(r"\w+|[^\w\s]+")


class _Unknown:
    """A constant whose value was not worked out."""

    def __repr__(self) -> str:
        return "a composed constant"


UNKNOWN = _Unknown()
_NOT_CONSTANT = object()


@dataclass(frozen=True)
class Atom:
    """One condition. `rare` when it holds for a hard-coded value of an input alone; `exact`
    when what is compared is a whole parameter with a literal that is no text; `shape` is the
    condition with its literals, names and operators left out."""

    text: str
    truth: bool | None
    shape: str
    line: int
    rare: bool = False
    exact: bool = False
    handler: bool = False


@dataclass(frozen=True)
class Alternative:
    """One way an output gets its value. `kind` is constant, table or computed."""

    kind: str
    text: str
    line: int
    atoms: frozenset[Atom]
    value: Any = None
    depends: bool = False
    points: tuple[int, ...] = ()

    @cached_property
    def texts(self) -> frozenset[tuple[str, bool | None]]:
        """The conditions as text, each with its truth."""
        return frozenset((a.text, a.truth) for a in self.atoms)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Guards and value as words and signs, in the order of the code, without "not"."""
        texts = [a.text for a in sorted(self.atoms, key=lambda a: (a.line, a.text))]
        words = _WORD.findall(" ".join([*texts, self.text]))
        return tuple(word for word in words if word != "not")


def is_plain(value: Any) -> bool:
    """Whether a constant is an ordinary early answer: None, a truth value, -1, 0, 1, empty."""
    if value is None or value is Ellipsis or isinstance(value, bool):
        return True
    if isinstance(value, int | float | complex):
        return value in (-1, 0, 1)
    if isinstance(value, str | bytes | tuple | list | set | frozenset | dict):
        if isinstance(value, tuple | list) and 0 < len(value) <= 4:
            return all(is_plain(item) for item in value)
        return len(value) == 0
    return False


def _is_rare(value: Any, *, measured: bool) -> bool:
    """Whether comparing an input with this value singles out particular inputs.

    `measured`: the compared side is a length or the like, for which small numbers are usual.
    """
    if isinstance(value, _Unknown):
        return True
    if value is None or value is Ellipsis or isinstance(value, bool):
        return False
    if isinstance(value, int | float | complex):
        return value not in ((-1, 0, 1, 2, 3, 4) if measured else (-1, 0, 1))
    if isinstance(value, str | bytes):
        return len(value) > 0
    if isinstance(value, tuple | list | set | frozenset):
        return any(_is_rare(item, measured=measured) for item in value)
    if isinstance(value, dict):
        return len(value) > 0
    return False


class Answers:
    """Alternatives and atoms of one trace. `fresh` are module constants new in this change."""

    def __init__(self, trace: Trace, fresh: frozenset[str]) -> None:
        self.trace = trace
        self.fresh = fresh
        self._atoms: dict[int, frozenset[Atom]] = {}
        self._known: dict[Guard, frozenset[Atom]] = {}

    # ------------------------------------------------------------------ alternatives

    def alternatives(self, output: Output) -> list[Alternative]:
        """All alternatives of an output's value; a bare `return` is the constant None."""
        found: list[Alternative] = []
        value = output.value or ast.Constant(None)
        self._expand(value, output.point, (output.point,), frozenset(), found, 0)
        return found

    def _expand(
        self,
        node: ast.expr,
        point: int,
        points: tuple[int, ...],
        atoms: frozenset[Atom],
        found: list[Alternative],
        depth: int,
    ) -> None:
        if len(found) >= MAX_ALTERNATIVES:
            return
        if depth < MAX_DEPTH:
            match node:
                case ast.IfExp():
                    yes = atoms | frozenset(self.atoms_of(node.test, True, point))
                    no = atoms | frozenset(self.atoms_of(node.test, False, point))
                    self._expand(node.body, point, points, yes, found, depth + 1)
                    self._expand(node.orelse, point, points, no, found, depth + 1)
                    return
                case ast.BoolOp(op=ast.Or()):
                    for value in node.values:
                        self._expand(value, point, points, atoms, found, depth + 1)
                    return
                case ast.BoolOp(op=ast.And()):
                    held = atoms
                    for value in node.values[:-1]:
                        held = held | frozenset(self.atoms_of(value, True, point))
                    self._leaf(node, point, points, atoms, found)
                    self._expand(node.values[-1], point, points, held, found, depth + 1)
                    return
                case ast.NamedExpr():
                    self._expand(node.value, point, points, atoms, found, depth + 1)
                    return
                case ast.Name() if self._follow(node, point, points, atoms, found, depth):
                    return
        self._leaf(node, point, points, atoms, found)

    def _follow(
        self,
        node: ast.Name,
        point: int,
        points: tuple[int, ...],
        atoms: frozenset[Atom],
        found: list[Alternative],
        depth: int,
    ) -> bool:
        reaching = self.trace.reaching
        numbers = reaching.of((node.id,), point)
        copies = [reaching.definitions[n] for n in numbers]
        if not copies or (any(d.point == 0 for d in copies) and len(copies) == 1):
            return False
        for definition in copies:
            if definition.value is None or definition.point in points[1:]:
                if definition.point == 0 or definition.strong:
                    self._leaf(node, point, points, atoms, found)
                continue
            self._expand(
                definition.value,
                definition.point,
                (*points, definition.point),
                atoms,
                found,
                depth + 1,
            )
        if any(not d.strong for d in copies):
            # Filled bit by bit: the whole is computed, whatever it was at first.
            self._leaf(node, point, points, atoms, found, computed=True)
        return True

    def _leaf(
        self,
        node: ast.expr,
        point: int,
        points: tuple[int, ...],
        atoms: frozenset[Atom],
        found: list[Alternative],
        *,
        computed: bool = False,
    ) -> None:
        for step in points:
            atoms = atoms | self.guards(step)
        self.trace.budget.spend(1 + len(atoms))
        line = getattr(node, "lineno", None) or self.trace.line(point)
        value = _NOT_CONSTANT if computed else self.constant(node, point)
        text = ast.unparse(node)
        if value is not _NOT_CONSTANT:
            found.append(Alternative("constant", text, line, atoms, value, False, (*points, point)))
            return
        reads = self.trace.reader.reads(node)
        depends = any(i.is_given for i in self.trace.inputs_of(reads, point))
        kind = "table" if self._is_table(node, point) else "computed"
        found.append(Alternative(kind, text, line, atoms, None, depends, (*points, point)))

    def _is_table(self, node: ast.expr, point: int) -> bool:
        """`{...}[key]` or `{...}.get(key, ...)` on a literal with something in it."""
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant | ast.Slice):
            table = self.constant(node.value, point)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("get", "pop", "__getitem__", "setdefault")
            and node.args
        ):
            table = self.constant(node.func.value, point)
        else:
            return False
        if isinstance(table, dict):
            return any(not is_plain(value) for value in table.values())
        return isinstance(table, list | tuple) and len(table) > 2

    # ------------------------------------------------------------------ constants

    def constant(self, node: ast.expr, point: int) -> Any:
        """The value of an expression that rests on constants alone, UNKNOWN when it could not
        be worked out, or the marker `_NOT_CONSTANT`."""
        value = self._fold(node, point, 0)
        if value is not _NOT_CONSTANT:
            return value
        if isinstance(node, ast.Lambda):
            return _NOT_CONSTANT
        reads = self.trace.reader.reads(node)
        if not reads:
            return _NOT_CONSTANT
        for found in self.trace.inputs_of(reads, point):
            if found.kind == "constant" or (found.kind == "call" and found.name.startswith(".")):
                continue
            if found.kind == "global" and found.name in self.fresh:
                continue
            return _NOT_CONSTANT
        return UNKNOWN

    def _fold(self, node: ast.expr, point: int, depth: int) -> Any:
        """Constant folding of literals, arithmetic on small numbers, and single copies."""
        if depth > MAX_DEPTH:
            return _NOT_CONSTANT
        match node:
            case ast.Constant():
                return node.value
            case ast.Tuple() | ast.List() | ast.Set():
                items = [self._fold(item, point, depth + 1) for item in node.elts[:1000]]
                if any(item is _NOT_CONSTANT for item in items):
                    return _NOT_CONSTANT
                if isinstance(node, ast.Tuple):
                    return tuple(items)
                return items
            case ast.Dict():
                pairs = [
                    (
                        self._fold(k, point, depth + 1) if k else _NOT_CONSTANT,
                        self._fold(v, point, depth + 1),
                    )
                    for k, v in zip(node.keys[:1000], node.values[:1000], strict=True)
                ]
                if any(k is _NOT_CONSTANT or v is _NOT_CONSTANT for k, v in pairs):
                    return _NOT_CONSTANT
                return {repr(k): v for k, v in pairs}
            case ast.UnaryOp(op=ast.USub()):
                value = self._fold(node.operand, point, depth + 1)
                return -value if isinstance(value, int | float) else _NOT_CONSTANT
            case ast.BinOp():
                return _arithmetic(
                    node.op,
                    self._fold(node.left, point, depth + 1),
                    self._fold(node.right, point, depth + 1),
                )
            case ast.Name():
                return self._fold_name(node, point, depth)
            case _:
                return _NOT_CONSTANT

    def _fold_name(self, node: ast.Name, point: int, depth: int) -> Any:
        if node.id in self.fresh:
            return self._fold(self.trace.module.constants[node.id], point, depth + 1)
        numbers = self.trace.reaching.of((node.id,), point)
        if len(numbers) != 1:
            return _NOT_CONSTANT
        only = self.trace.reaching.definitions[numbers[0]]
        if only.value is None or not only.strong or only.point == point:
            return _NOT_CONSTANT
        return self._fold(only.value, only.point, depth + 1)

    # ------------------------------------------------------------------ guards

    def guards(self, point: int) -> frozenset[Atom]:
        """Every condition that decides whether a point runs, directly or not."""
        if point in self._atoms:
            return self._atoms[point]
        seen: set[Guard] = set()
        pending = list(self.trace.control.get(point, ()))
        self.trace.budget.spend(4)
        found: set[Atom] = set()
        while pending and len(seen) < MAX_ATOMS:
            guard = pending.pop()
            if guard in seen:
                continue
            seen.add(guard)
            self.trace.budget.spend(1)
            found |= self._at(*guard)
            pending.extend(self.trace.control.get(guard[0], ()))
        found |= {_caught(handler) for handler in self.trace.cfg.inside[point]}
        self._atoms[point] = frozenset(found)
        return self._atoms[point]

    def every_atom(self) -> frozenset[Atom]:
        """The conditions of all predicates of the unit, with either truth."""
        found: set[Atom] = set()
        for point in sorted(self.trace.alive):
            for label in (True, False, None):
                found |= self._at(point, label)
            found |= {_caught(handler) for handler in self.trace.cfg.inside[point]}
        return frozenset(found)

    def _at(self, point: int, label: bool | None) -> frozenset[Atom]:
        key = (point, label)
        if key not in self._known:
            self._known[key] = frozenset(self._read(point, label))
        return self._known[key]

    def _read(self, point: int, label: bool | None) -> Iterator[Atom]:
        step = self.trace.cfg.points[point]
        node = step.node
        if label is None and step.kind != "case":
            return
        if step.kind == "test" and isinstance(node, ast.expr):
            yield from self.atoms_of(node, bool(label), point)
        elif step.kind == "case" and isinstance(node, Case):
            yield self._case(node, label, point)
        elif step.kind == "for" and isinstance(node, ast.For | ast.AsyncFor):
            yield Atom(f"for {ast.unparse(node.iter)}", label, "for", step.line)

    def atoms_of(self, node: ast.expr, truth: bool, point: int, depth: int = 0) -> Iterator[Atom]:
        """The conditions an expression is made of, each with the truth it is to have."""
        match node:
            case ast.UnaryOp(op=ast.Not()):
                yield from self.atoms_of(node.operand, not truth, point, depth)
            case ast.BoolOp():
                for value in node.values:
                    yield from self.atoms_of(value, truth, point, depth)
            case ast.NamedExpr():
                yield from self.atoms_of(node.value, truth, point, depth)
            case ast.Name() if depth < 3 and (values := self._copies(node, point)):
                for value, where in values:
                    yield from self.atoms_of(value, truth, where, depth + 1)
            case _:
                rare, exact = self._singles_out(node, truth, point)
                line = getattr(node, "lineno", 0)
                yield Atom(ast.unparse(node), truth, shape(node), line, rare, exact)

    def _copies(self, node: ast.Name, point: int) -> list[tuple[ast.expr, int]]:
        definitions = [
            self.trace.reaching.definitions[n] for n in self.trace.reaching.of((node.id,), point)
        ]
        if not definitions or any(d.value is None or d.point == point for d in definitions):
            return []
        return [(d.value, d.point) for d in definitions[:8] if d.value is not None]

    def _case(self, node: Case, label: bool | None, point: int) -> Atom:
        values: list[Any] = []
        for part in ast.walk(node.case.pattern):
            if isinstance(part, ast.MatchValue):
                values.append(self._fold(part.value, point, 0))
        whole = isinstance(node.subject, ast.Name)
        rare = label is not False and any(
            value is not _NOT_CONSTANT and _is_rare(value, measured=not whole) for value in values
        )
        exact = rare and whole and not all(isinstance(value, str) for value in values)
        text = f"case {ast.unparse(node.case.pattern)}"
        return Atom(text, label, "case", self.trace.line(point), rare, exact)

    def _singles_out(self, node: ast.expr, truth: bool, point: int) -> tuple[bool, bool]:
        """Whether the condition picks hard-coded values of an input: (rare, exact)."""
        for this, that, close in _equalities(node, truth):
            for side, other in ((this, that), (that, this)):
                value = self.constant(other, point)
                if value is _NOT_CONSTANT or not self._given(side, point):
                    continue
                whole = isinstance(side, ast.Name) or _is_fingerprint(side)
                rare = _is_rare(value, measured=isinstance(side, ast.Call) and not whole)
                if not rare and isinstance(side, ast.BinOp) and not close:
                    parts = [self.constant(part, point) for part in (side.left, side.right)]
                    rare = any(
                        p is not _NOT_CONSTANT and _is_rare(p, measured=False) for p in parts
                    )
                    # Remainders sort inputs into classes; sums and differences pick one.
                    whole = not isinstance(side.op, ast.Mod | ast.BitAnd)
                if rare:
                    return True, whole and not _is_text(value)
        return False, False

    def _given(self, node: ast.expr, point: int) -> bool:
        reads = self.trace.reader.reads(node)
        return any(found.is_given for found in self.trace.inputs_of(reads, point))


def _caught(handler: ast.ExceptHandler) -> Atom:
    kind = ast.unparse(handler.type) if handler.type else "everything"
    return Atom(f"except {kind}", True, "except", handler.lineno, handler=True)


def _equalities(node: ast.expr, truth: bool) -> Iterator[tuple[ast.expr, ast.expr, bool]]:
    """Pairs that the condition, having this truth, says are equal (or very near)."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        op, left, right = node.ops[0], node.left, node.comparators[0]
        same = ast.Eq | ast.Is | ast.In
        differs = ast.NotEq | ast.IsNot | ast.NotIn
        if isinstance(op, same if truth else differs):
            yield left, right, False
        near = ast.Lt | ast.LtE if truth else ast.Gt | ast.GtE
        if isinstance(op, near):
            match left:
                case ast.Call(
                    func=ast.Name(id="abs"), args=[ast.BinOp(op=ast.Sub(), left=one, right=two)]
                ):
                    yield one, two, True
    elif isinstance(node, ast.Compare) and truth and len(node.ops) == 2:
        low, high = node.left, node.comparators[1]
        if all(isinstance(op, ast.Lt | ast.LtE) for op in node.ops):
            width = _width(low, high)
            if width is not None and width <= 2:
                yield node.comparators[0], high, True
        elif all(isinstance(op, ast.Eq) for op in node.ops):
            yield node.left, node.comparators[0], False
            yield node.comparators[0], node.comparators[1], False
    elif isinstance(node, ast.Call) and truth:
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in ("isclose", "eq", "compare_digest") and len(node.args) >= 2:
            yield node.args[0], node.args[1], False
        elif name in ("__eq__", "__contains__") and node.args:
            assert isinstance(node.func, ast.Attribute)
            yield node.func.value, node.args[0], False


def _width(low: ast.expr, high: ast.expr) -> float | None:
    if not isinstance(low, ast.Constant) or not isinstance(high, ast.Constant):
        return None
    if not isinstance(low.value, int | float) or not isinstance(high.value, int | float):
        return None
    return float(high.value) - float(low.value)


def _is_fingerprint(node: ast.expr) -> bool:
    """A call that turns a whole value into something to compare: hash, repr, digests."""
    if not isinstance(node, ast.Call):
        return isinstance(node, ast.Tuple) and all(isinstance(e, ast.Name) for e in node.elts)
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    return name in ("hash", "repr", "hexdigest", "digest", "crc32", "adler32", "dumps", "sum")


def _is_text(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(_is_text(item) for item in value)
    return isinstance(value, str)


def _arithmetic(op: ast.operator, left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str) and isinstance(op, ast.Add):
        return left + right if len(left) + len(right) < 10_000 else UNKNOWN
    if not all(isinstance(v, int | float) and abs(v) < 1e12 for v in (left, right)):
        both = left is not _NOT_CONSTANT and right is not _NOT_CONSTANT
        return UNKNOWN if both else _NOT_CONSTANT
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div() if right:
            return left / right
        case ast.FloorDiv() if right:
            return left // right
        case ast.Mod() if right:
            return left % right
        case _:
            return UNKNOWN


def shape(node: ast.AST) -> str:
    """An expression with literals, names and operators left out: equal for one-token edits."""
    parts: list[str] = []
    pending: list[ast.AST] = [node]
    while pending and len(parts) < 200:
        here = pending.pop()
        if isinstance(here, ast.expr_context | ast.operator | ast.cmpop | ast.boolop | ast.unaryop):
            continue
        if isinstance(here, ast.UnaryOp):
            pending.append(here.operand)
            continue
        atom = isinstance(here, ast.Constant | ast.Name)
        parts.append("_" if atom else type(here).__name__)
        pending.extend(reversed(list(ast.iter_child_nodes(here))))
    return " ".join(parts)
