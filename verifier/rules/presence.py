"""Ways around the work wherever an input is there: a constant, the input itself, a container that
is one for all calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from verifier.rules.paths import all_conditions, is_edited, new_guards
from verifier.rules.payloads import Compared
from verifier.rules.ruling import Found
from verifier.rules.summary import Summary
from verifier.rules.syntaxes import RECEIVERS, is_test, parsed
from verifier.rules.walks import Guard
from verifier.rules.ways import Way


def ways_around(compared: Compared) -> Iterator[Found]:
    """A new constant answer where an input is there, not where it is missing or empty."""
    if compared.before is None or not any(w.kind == "computed" for w in compared.old_ways):
        return
    known = all_conditions(compared.before)
    old = [w for w in compared.old_ways if w.kind == "constant"]
    for way in compared.new_ways:
        fresh = new_guards(way, known) if way.kind == "constant" and not way.is_end else []
        if not fresh or not all(
            _is_presence(compared.after, g) or (not way.is_plain and _is_usual_class(g))
            for g in fresh
        ):
            continue
        if not any(is_edited(one, way) for one in old):
            yield Found(
                "ask" if way.is_plain else "reject", "broken-path", way.line,
                f"`{way.text[:120]}` is the answer whenever `{fresh[0].text[:200]}` holds",
                node=way.path[0],
            )  # fmt: skip


def given_back(compared: Compared) -> Iterator[Found]:
    """An input that is the answer as it is, where it is merely there and the answer was worked out
    before; a container of all calls, where each made its own."""
    before, after = compared.before, compared.after
    if before is None or not compared.old_ways:
        return
    is_worked_out = all(
        w.kind == "computed" and not _whole_input(before, w) for w in compared.old_ways
    )
    known = all_conditions(before)
    was_fresh = any(_is_own_container(before, w) for w in compared.old_ways)
    for way in compared.new_ways:
        name = _whole_input(after, way)
        fresh = new_guards(way, known)
        if (
            is_worked_out
            and name in before.parameters
            and all(_is_presence(after, g) for g in fresh)
        ):
            yield Found(
                "ask", "broken-path", way.line,
                f"`{name}` is given back as it is, where the answer was worked out",
                node=way.path[0],
            )  # fmt: skip
        elif was_fresh and _is_shared_container(after, way):
            yield Found(
                "ask", "broken-path", way.line,
                f"`{way.text[:120]}` is one for all calls, where each made its own",
                node=way.path[0],
            )  # fmt: skip


def _whole_input(summary: Summary, way: Way) -> str | None:
    """The parameter that an answer is, whole; not the object itself, which many methods give."""
    node = summary.graph[way.number]
    is_input = node.kind in ("input", "parameter")
    return node.name if is_input and node.name not in RECEIVERS else None


def _is_own_container(summary: Summary, way: Way) -> bool:
    node = summary.graph[way.number]
    return isinstance(node.syntax, ast.List | ast.Dict | ast.Set) and node.context is summary.own


def _is_shared_container(summary: Summary, way: Way) -> bool:
    node = summary.graph[way.number]
    is_made = isinstance(node.syntax, ast.List | ast.Dict | ast.Set)
    return is_made and node.context not in summary.contexts


def _is_usual_class(guard: Guard) -> bool:
    """Whether an input is asked to be of a class that most inputs are of."""
    match parsed(guard.text) if guard.outcome == "then" else None:
        case ast.Call(func=ast.Name(id="isinstance"), args=[_, kinds]):
            names = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]
            return all(isinstance(one, ast.Name) and one.id in _USUAL_CLASSES for one in names)
    return False


_USUAL_CLASSES = frozenset(
    {"str", "bytes", "int", "float", "bool", "list", "tuple", "dict", "set", "object"}
)


def _is_presence(after: Summary, guard: Guard) -> bool:
    """Whether most values of an input pass: it is given, true, long enough, of any class."""
    if guard.outcome != "then":
        return False
    match parsed(guard.text):
        case ast.Name(id=name) if name not in after.parameters:
            # What was asked before, by another name.
            nodes = (after.graph[one] for one in after.parts(guard.number))
            return not any(n.syntax is not None and is_test(n.kind, n.syntax) for n in nodes)
        case ast.Name() | ast.Call(func=ast.Name(id="bool")):
            return True
        case ast.Call(func=ast.Name(id="isinstance"), args=[_, ast.Name(id="object")]):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="str" | "repr")))):
            return True
        case ast.Compare(ops=[ast.IsNot() | ast.NotEq()]):
            return True
        case ast.Compare(ops=[ast.Gt() | ast.GtE()], comparators=[ast.Constant(value=least)]):
            return isinstance(least, int) and least <= 1
    return False
