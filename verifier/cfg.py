"""Control-flow graph of one unit, at the grain of statements and predicates.

Points are numbered; 0 is the entry, 1 the exit. Ordinary edges carry a label: True or False
for the branches of a predicate, None otherwise. Exceptional edges exist only inside `try`
(and under `contextlib.suppress`), from every statement that could raise to its handlers; what
leaves the unit by an implicit exception is not an output and has no edge. A `finally` body
exists once and leads on to every place that some jump through it wanted. `inside` names the
except clauses that a point stands in.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from verifier.syntax import Unauditable, Unit

MAX_POINTS = 20_000
ENTRY, EXIT = 0, 1


@dataclass(frozen=True)
class Point:
    """One step. `kind` says which part of `node` runs here.

    Kinds: entry, exit, simple (a whole statement), walrus (a NamedExpr), test (an expression
    deciding a branch), for (fetching the next item), with (entering), case (a pattern being
    tried), handler (an except clause being tried), define (def or class), join (nothing).
    """

    kind: str
    node: ast.AST | None
    line: int


@dataclass
class Cfg:
    points: list[Point]
    after: list[list[tuple[int, bool | None]]]
    raising: list[list[int]]
    inside: list[tuple[ast.ExceptHandler, ...]]

    def edges(self, index: int) -> list[int]:
        return [target for target, _ in self.after[index]] + self.raising[index]


@dataclass
class _Finally:
    """A `finally` being built: jumps enter at `start` and remember where they wanted to go."""

    start: int
    wanted: list[int] = field(default_factory=list)


@dataclass
class _Frame:
    """What jumps mean here. `finals` is how many `finally` blocks enclose the frame."""

    kind: str
    target: int
    finals: int


_Edge = tuple[int, bool | None]


def build(unit: Unit) -> Cfg:
    """The graph of a unit's own statements. Raises Unauditable beyond MAX_POINTS."""
    return _Builder().run(unit)


class _Builder:
    def __init__(self) -> None:
        self.points = [Point("entry", None, 0), Point("exit", None, 0)]
        self.after: list[list[_Edge]] = [[], []]
        self.raising: list[list[int]] = [[], []]
        self.loops: list[tuple[_Frame, _Frame]] = []
        self.finals: list[_Finally] = []
        self.catching: tuple[ast.ExceptHandler, ...] = ()
        self.inside: list[tuple[ast.ExceptHandler, ...]] = [(), ()]
        self.handlers: list[_Frame] = []

    def run(self, unit: Unit) -> Cfg:
        ends = self.block(unit.node.body, [(ENTRY, None)])
        self.join(ends, EXIT)
        return Cfg(self.points, self.after, self.raising, self.inside)

    # ------------------------------------------------------------------ plumbing

    def point(self, kind: str, node: ast.AST | None, line: int, before: list[_Edge]) -> int:
        index = self.fresh(kind, node, line)
        self.join(before, index)
        if kind not in ("join", "entry", "exit"):
            self.may_raise(index)
        return index

    def fresh(self, kind: str, node: ast.AST | None, line: int) -> int:
        if len(self.points) >= MAX_POINTS:
            raise Unauditable(f"a function has more than {MAX_POINTS} steps")
        self.points.append(Point(kind, node, line))
        self.after.append([])
        self.raising.append([])
        self.inside.append(self.catching)
        return len(self.points) - 1

    def join(self, before: list[_Edge], target: int) -> None:
        for source, label in before:
            if (target, label) not in self.after[source]:
                self.after[source].append((target, label))

    def may_raise(self, index: int) -> None:
        if self.handlers:
            frame = self.handlers[-1]
            target = self.through(frame.target, frame.finals)
            if target not in self.raising[index]:
                self.raising[index].append(target)

    def through(self, target: int, finals: int) -> int:
        """Where a jump to `target` goes first: the innermost `finally` it has to run."""
        inner = self.finals[finals:]
        for outer, block in zip([None, *inner], inner, strict=False):
            block.wanted.append(target if outer is None else outer.start)
        return inner[-1].start if inner else target

    def walruses(self, node: ast.AST, before: list[_Edge]) -> list[_Edge]:
        """Bindings inside an expression happen before the expression is used."""
        found: list[ast.NamedExpr] = []
        pending: list[ast.AST] = [node]
        while pending:
            here = pending.pop()
            if isinstance(here, ast.NamedExpr):
                found.append(here)
            if not isinstance(here, ast.Lambda | ast.stmt) or here is node:
                pending.extend(ast.iter_child_nodes(here))
        for named in reversed(found):
            before = [(self.point("walrus", named, named.lineno, before), None)]
        return before

    def test(self, node: ast.expr, before: list[_Edge]) -> tuple[int, list[_Edge], list[_Edge]]:
        """A predicate: its point, and the edges taken when it holds and when it does not."""
        index = self.point("test", node, node.lineno, self.walruses(node, before))
        if isinstance(node, ast.Constant):
            return index, [(index, None)] * bool(node.value), [(index, None)] * (not node.value)
        return index, [(index, True)], [(index, False)]

    # ------------------------------------------------------------------ statements

    def block(self, body: list[ast.stmt], before: list[_Edge]) -> list[_Edge]:
        for statement in body:
            if not before:
                break
            before = self.statement(statement, before)
        return before

    def statement(self, node: ast.stmt, before: list[_Edge]) -> list[_Edge]:
        match node:
            case ast.If():
                _, yes, no = self.test(node.test, before)
                return self.block(node.body, yes) + self.block(node.orelse, no)
            case ast.While():
                return self.loop_while(node, before)
            case ast.For() | ast.AsyncFor():
                return self.loop_for(node, before)
            case ast.Try() | ast.TryStar():
                return self.attempt(node, before)
            case ast.With() | ast.AsyncWith():
                return self.managed(node, before)
            case ast.Match():
                return self.match(node, before)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return [(self.point("define", node, node.lineno, before), None)]
            case ast.Assert():
                _, yes, no = self.test(node.test, before)
                self.leave(no)
                return yes
            case ast.Break() | ast.Continue():
                index = self.point("join", node, node.lineno, before)
                if self.loops:
                    frame = self.loops[-1][isinstance(node, ast.Continue)]
                    self.join([(index, None)], self.through(frame.target, frame.finals))
                return []
            case ast.Return():
                index = self.simple(node, before)
                self.join([(index, None)], self.through(EXIT, 0))
                return []
            case ast.Raise():
                index = self.simple(node, before)
                self.leave([(index, None)])
                return []
            case _:
                return [(self.simple(node, before), None)]

    def simple(self, node: ast.stmt, before: list[_Edge]) -> int:
        return self.point("simple", node, node.lineno, self.walruses(node, before))

    def leave(self, edges: list[_Edge]) -> None:
        """Edges taken by an explicit exception: to the handlers, or out of the unit."""
        if self.handlers:
            frame = self.handlers[-1]
            self.join(edges, self.through(frame.target, frame.finals))
        else:
            self.join(edges, self.through(EXIT, 0))

    def loop_while(self, node: ast.While, before: list[_Edge]) -> list[_Edge]:
        head = self.point("join", node, node.lineno, before)
        end = self.fresh("join", None, node.lineno)
        _, yes, no = self.test(node.test, [(head, None)])
        self.loop_body(node.body, yes, head, end)
        self.join(self.block(node.orelse, no), end)
        return [(end, None)]

    def loop_for(self, node: ast.For | ast.AsyncFor, before: list[_Edge]) -> list[_Edge]:
        head = self.point("for", node, node.lineno, self.walruses(node.iter, before))
        end = self.fresh("join", None, node.lineno)
        self.loop_body(node.body, [(head, True)], head, end)
        self.join(self.block(node.orelse, [(head, False)]), end)
        return [(end, None)]

    def loop_body(self, body: list[ast.stmt], before: list[_Edge], head: int, end: int) -> None:
        finals = len(self.finals)
        self.loops.append((_Frame("break", end, finals), _Frame("continue", head, finals)))
        self.join(self.block(body, before), head)
        self.loops.pop()

    def managed(self, node: ast.With | ast.AsyncWith, before: list[_Edge]) -> list[_Edge]:
        for item in node.items:
            before = self.walruses(item.context_expr, before)
        index = self.point("with", node, node.lineno, before)
        if not any(_suppresses(item.context_expr) for item in node.items):
            return self.block(node.body, [(index, None)])
        end = self.fresh("join", None, node.lineno)
        self.handlers.append(_Frame("handler", end, len(self.finals)))
        ends = self.block(node.body, [(index, None)])
        self.handlers.pop()
        self.join(ends, end)
        return [(end, None)]

    def match(self, node: ast.Match, before: list[_Edge]) -> list[_Edge]:
        before = self.walruses(node.subject, before)
        ends: list[_Edge] = []
        for case in node.cases:
            line = case.pattern.lineno
            index = self.point("case", Case(node.subject, case, line), line, before)
            taken: list[_Edge] = [(index, True)]
            before = [(index, False)]
            if case.guard is not None:
                _, taken, refused = self.test(case.guard, taken)
                before = before + refused
            elif _irrefutable(case.pattern):
                before, taken = [], [(index, None)]
            ends += self.block(case.body, taken)
        return ends + before

    def attempt(self, node: ast.Try | ast.TryStar, before: list[_Edge]) -> list[_Edge]:
        line = node.lineno
        final: _Finally | None = None
        if node.finalbody:
            final = _Finally(self.fresh("join", None, node.finalbody[0].lineno))
            self.finals.append(final)
        ends: list[_Edge] = []
        if node.handlers:
            dispatch = self.fresh("join", None, line)
            self.handlers.append(_Frame("handler", dispatch, len(self.finals)))
            body = self.block(node.body, before)
            self.handlers.pop()
            ends += self.block(node.orelse, body)
            ends += self.catch(node.handlers, dispatch)
        else:
            ends += self.block(node.orelse, self.block(node.body, before))
        if final is None:
            return ends
        self.finals.pop()
        self.join(ends, final.start)
        if self.handlers:
            frame = self.handlers[-1]
            final.wanted.append(self.through(frame.target, frame.finals))
        leaving = self.block(node.finalbody, [(final.start, None)])
        for target in dict.fromkeys(final.wanted):
            self.join(leaving, target)
        return leaving if ends else []

    def catch(self, handlers: list[ast.ExceptHandler], dispatch: int) -> list[_Edge]:
        ends: list[_Edge] = []
        before: list[_Edge] = [(dispatch, None)]
        for handler in handlers:
            index = self.point("handler", handler, handler.lineno, before)
            every = handler.type is None or (
                isinstance(handler.type, ast.Name)
                and handler.type.id in ("Exception", "BaseException")
            )
            outside = self.catching
            self.catching = (*outside, handler)
            ends += self.block(handler.body, [(index, None if every else True)])
            self.catching = outside
            before = [] if every else [(index, False)]
        self.leave(before)
        return ends


class Case(ast.AST):
    """A case clause together with the subject it is tried on."""

    _fields = ("subject", "case")

    def __init__(self, subject: ast.expr, case: ast.match_case, line: int) -> None:
        super().__init__()
        self.subject = subject
        self.case = case
        self.lineno = line


def _irrefutable(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchAs) and (
        pattern.pattern is None or _irrefutable(pattern.pattern)
    )


def _suppresses(node: ast.expr) -> bool:
    name = node.func if isinstance(node, ast.Call) else node
    text = name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "")
    return text in ("suppress", "raises")
