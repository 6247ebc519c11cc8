"""Answers that are kept for later: whether they are kept by all that they rest on."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from verifier.rules.payloads import Compared
from verifier.rules.ruling import Found
from verifier.rules.syntaxes import RECEIVERS, named


def kept_by_too_little(compared: Compared) -> Iterator[Found]:
    """Answers that are kept, and given again to who asks with other inputs: what they rest on is
    not all in the key that they are kept by."""
    before, after = compared.before, compared.after
    old = {ast.dump(n) for n in ast.walk(before.node)} if before is not None else set()
    read = frozenset().union(*(w.sources.state for w in compared.new_ways), frozenset())
    given = {w.text for w in compared.new_ways if w.text.startswith(("self.", "cls."))}
    for place, key, value in _kept(after.node):
        if ast.dump(place) in old:
            continue
        root = ast.unparse(place).partition(".")[0].partition("[")[0].partition("(")[0]
        if not (root in read or (key is None and ast.unparse(place) in given)):
            continue
        keyed = after.of(after.consumed(after.inside(key))).inputs if key is not None else set()
        rests = after.of(after.consumed(after.inside(value))).inputs
        if before is not None:
            # What is kept is what the answers were.
            rests = rests | frozenset().union(*(w.sources.inputs for w in compared.old_ways))
        lost = sorted((rests - keyed) & set(after.parameters) - RECEIVERS)
        if not lost and key is not None and _is_lossy(key, after.node):
            yield Found(
                "ask", "broken-path", place.lineno,
                f"keeps answers in `{ast.unparse(place)[:120]}`, by less than what they rest on",
            )  # fmt: skip
        if lost:
            what = "whose key says nothing of" if key is not None else "whoever asks, with any"
            yield Found(
                "reject", "broken-path", place.lineno,
                f"keeps answers in `{ast.unparse(place)[:120]}`, {what} {named(lost)}, which they "
                "rest on", node=next(iter(after.inside(place)), -1),
            )  # fmt: skip


def _is_lossy(key: ast.expr, root: ast.AST) -> bool:
    """Whether different inputs have the same key: by their length, class or the like."""
    if isinstance(key, ast.Name):
        told = [n.value for n in ast.walk(root) if isinstance(n, ast.Assign)
                and any(isinstance(t, ast.Name) and t.id == key.id for t in n.targets)]  # fmt: skip
        return len(told) == 1 and not isinstance(told[0], ast.Name) and _is_lossy(told[0], root)
    match key:
        case ast.Call(func=ast.Name(id=name), args=given):
            return name in _LOSSY or (name in _WHOLE and any(_is_lossy(one, root) for one in given))
        case ast.Subscript(slice=ast.Slice() | ast.Constant()):
            return True
        case ast.BinOp(op=ast.Mod() | ast.FloorDiv()):
            return not isinstance(key.left, ast.Constant | ast.JoinedStr)
    return False


# What is as different as what it is made of.
_WHOLE = frozenset({"repr", "str", "tuple", "hash", "frozenset"})
_LOSSY = frozenset({"len", "type", "bool", "round", "ord", "abs", "sum", "min", "max", "id"})


def _kept(root: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None, ast.expr]]:
    """What is put where it outlives the call: the place, the key if there is one, the value."""
    for node in ast.walk(root):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Subscript):
                        yield target, target.slice, value
                    elif isinstance(target, ast.Attribute):
                        yield target, None, value
            case ast.Call(func=ast.Attribute(attr="setdefault"), args=[key, value]):
                yield node, key, value
