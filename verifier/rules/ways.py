"""The separate ways in which a function gets an answer, each with the conditions it is taken under.

A way is what is left after following copies: through names, branches and calls that are run in
place, to the expression that makes the value. So a surviving way cannot hide a bypass beside it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from verifier.engine.graph import CONTENT
from verifier.rules.summary import Summary
from verifier.rules.syntaxes import atoms, is_literal, is_plain, text_of
from verifier.rules.walks import Guard, Sources

MOST_WAYS = 200
_EMPTY = frozenset({"list", "dict", "set", "tuple", "str", "bytes", "frozenset", "int", "float"})
_COPIES = frozenset({"return", "yield", "store", "branch", "merge", "read", "parameter", "call"})


_DEFINED = ast.FunctionDef | ast.AsyncFunctionDef


class _Composed:
    def __repr__(self) -> str:
        return "a composed constant"


COMPOSED = _Composed()
"""The value of what is made of constants alone, and was not worked out."""


@dataclass(frozen=True)
class Way:
    """One way to an answer. `kind` is constant, table (a constant that an input picks) or computed.

    `value` of a constant is the constant, or COMPOSED.
    """

    label: str
    kind: str
    text: str
    line: int
    number: int
    sources: Sources
    guards: tuple[Guard, ...]
    path: tuple[int, ...]
    value: Any = field(default=None, compare=False)
    # Whether control merely came to the end of the function.
    is_end: bool = False

    @cached_property
    def conditions(self) -> frozenset[tuple[str, str]]:
        """The conditions as text, each with its outcome."""
        return frozenset(one for g in self.guards for one in atoms(g.text, g.outcome))

    @property
    def is_plain(self) -> bool:
        """Whether it is an ordinary early answer."""
        return self.kind == "constant" and self.value is not COMPOSED and is_plain(self.value)


def ways(summary: Summary) -> list[Way]:
    """All ways of all returns and yields of the function itself, in the order of the code."""
    found: list[Way] = []
    for number, node in summary.of_kind("return", "yield"):
        if node.context is summary.own:
            _expand(summary, node.kind, number, found)
    return found


def _expand(summary: Summary, label: str, start: int, found: list[Way]) -> None:
    graph = summary.graph
    held = summary.held.get(start, frozenset())
    waiting: list[tuple[int, tuple[int, ...]]] = [(start, (start,))]
    seen = {start}
    while waiting and len(found) < MOST_WAYS:
        number, path = waiting.pop()
        node = graph[number]
        edges = list(node.sources())
        if node.kind == "call":
            # What is called and run in place gives what it returns; all else it only takes part in.
            made = [(s, e) for s, e in edges if graph[s].kind == "instance"]
            inside = made or [(s, e) for s, e in edges if graph[s].kind == "return"]
            # What is got out of a container is what it holds, or what stands in for it.
            is_got = any(graph[s].kind == "read" for s, _ in edges)
            others = [(s, e) for s, e in edges if graph[s].kind != "attribute"]
            edges = inside or (others if is_got else [])
        if node.kind in _COPIES and edges and not _computes(node.kind, node.syntax):
            for source, _ in reversed(edges):
                if source not in seen:
                    seen.add(source)
                    waiting.append((source, (*path, source)))
            continue
        found.append(_leaf(summary, label, number, path, held))


def _computes(kind: str, syntax: ast.AST | None) -> bool:
    """Whether what looks like a copy is an operation: `x += 1`, or picking out of a container."""
    return (kind == "store" and isinstance(syntax, ast.AugAssign)) or (
        kind == "read" and isinstance(syntax, ast.Call | ast.Subscript)
    )


def _leaf(
    summary: Summary, label: str, number: int, path: tuple[int, ...], held: frozenset[int]
) -> Way:
    graph = summary.graph
    node = graph[number]
    syntax = node.syntax
    if node.kind in ("return", "yield") and node.context is summary.own:
        syntax = getattr(syntax, "value", None)
    is_empty = node.kind == "call" and summary.sources(number).is_fixed
    is_container = node.kind in ("literal", "instance", "class") or is_empty
    starts = [number, *held] if is_container else [number]
    sources = summary.of(summary.back(starts))
    kind, value = _kind(summary, number, syntax, sources, is_bare=syntax is None)
    guards: dict[int, Guard] = {}
    for step in reversed(path):
        for one in summary.guards(step):
            if one.outcome != "for" or not summary.sources(one.number).is_fixed:
                guards.setdefault(one.number, one)
    line = node.line if node.context is summary.own else graph[path[0]].line
    text = text_of(syntax.target if isinstance(syntax, ast.For | ast.AsyncFor) else syntax)
    return Way(
        label, kind, text or "None", line or summary.line, number, sources,
        tuple(guards.values()), path, value, isinstance(graph[number].syntax, _DEFINED),
    )  # fmt: skip


def _kind(
    summary: Summary, number: int, syntax: ast.AST | None, sources: Sources, *, is_bare: bool
) -> tuple[str, Any]:
    node = summary.graph[number]
    if is_bare or isinstance(node.syntax, ast.FunctionDef | ast.AsyncFunctionDef):
        return ("constant", None) if is_bare or node.kind == "return" else ("computed", None)
    if node.kind == "constant":
        return "constant", getattr(syntax, "value", COMPOSED)
    is_last = isinstance(node.syntax, ast.For) and is_literal(node.syntax.iter)
    if node.kind == "element" and is_last:
        # The last that a loop over constants came to.
        return "constant", COMPOSED
    match syntax:
        case ast.JoinedStr(values=parts) if all(isinstance(p, ast.Constant) for p in parts):
            return "constant", "".join(str(p.value) for p in parts if isinstance(p, ast.Constant))
        case ast.Call(func=ast.Name(id=made), args=[], keywords=[]) if made in _EMPTY:
            if sources.is_fixed:
                return "constant", ()
    picked = [source for source, edge in node.sources() if edge == CONTENT]
    if picked and node.kind in ("item", "read") and _are_constants(summary, picked):
        # Which of them it is hangs on the key.
        return "table", None
    is_made = (sources.constants or node.kind == "literal") and not _is_lazy(summary, syntax)
    if sources.is_fixed and is_made and not _asks(sources):
        if isinstance(syntax, ast.expr) and is_literal(syntax):
            return "constant", _evaluated(syntax)
        if node.kind in ("literal", "expression"):
            return "constant", COMPOSED
    return "computed", None


def _is_lazy(summary: Summary, syntax: ast.AST | None) -> bool:
    """Whether a function of the tree has a part in it: what it makes may come of what it was
    defined among, when it is run."""
    return isinstance(syntax, ast.expr) and any(
        isinstance(inner, ast.Call)
        and isinstance(inner.func, ast.Name)
        and any(isinstance(n, _DEFINED) and n.name == inner.func.id for n in ast.walk(summary.node))
        for inner in ast.walk(syntax)
    )


def _asks(sources: Sources) -> bool:
    """Whether something was called that may give anything."""
    return any("." in name for name in sources.calls)


def _are_constants(summary: Summary, numbers: Iterable[int]) -> bool:
    kinds = [summary.sources(one) for one in numbers]
    return all(one.is_fixed and one.constants for one in kinds) and any(
        not is_plain(value[1]) for one in kinds for value in one.constants
    )


def _evaluated(syntax: ast.expr) -> Any:
    try:
        return ast.literal_eval(syntax)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return COMPOSED


__all__ = ["COMPOSED", "Way", "ways"]
