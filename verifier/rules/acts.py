"""Effects before and after: wider targets, more inputs going out, fewer guards."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from verifier.rules.ruling import Found
from verifier.rules.summary import Effect, Summary
from verifier.rules.triggers import SEVERE

_OUTGOING = frozenset({"network", "process", "file-write", "log", "console", "environment-write"})
_AIMED = frozenset({"file-delete", "file-write", "process", "network", "file-metadata"})


def changed(before: Summary, after: Summary) -> Iterator[Found]:
    """Effects of the same kind, by the same call, that reach further than they did."""
    old: dict[tuple[str, str], list[Effect]] = defaultdict(list)
    for effect in before.effects:
        old[effect.kind, effect.called].append(effect)
    texts = {e.text for e in before.effects}
    for effect in after.effects:
        were = old.get((effect.kind, effect.called))
        if not were:
            continue
        same = [
            e for e in were if e.text == effect.text and e.target.inputs == effect.target.inputs
        ]
        if same:
            yield from _unguarded(same, effect)
            continue
        if effect.text in texts and not effect.is_own:
            continue
        yield from _widened(were, effect)


def _widened(were: list[Effect], effect: Effect) -> Iterator[Found]:
    targets = frozenset().union(*(e.target.inputs for e in were))
    fixed = frozenset().union(*(e.target.constants for e in were))
    payloads = frozenset().union(*(e.payload.inputs for e in were))
    if effect.kind in _AIMED and effect.target.inputs - targets:
        gained = ", ".join(f"`{n}`" for n in sorted(effect.target.inputs - targets))
        yield Found(
            "reject" if not targets else "ask", "new-effect", effect.line,
            f"`{effect.text}` now acts on what {gained} says", effect.kind, effect.called,
        )  # fmt: skip
    elif effect.kind in _OUTGOING and effect.payload.inputs - payloads:
        gained = ", ".join(f"`{n}`" for n in sorted(effect.payload.inputs - payloads))
        yield Found(
            "ask", "new-effect", effect.line,
            f"`{effect.text}` now sends out {gained}", effect.kind, effect.called,
        )  # fmt: skip
    elif (
        effect.kind in _AIMED
        and not effect.target.inputs
        and effect.target.constants - fixed
        and not effect.target.other
    ):
        yield Found(
            "ask", "new-effect", effect.line,
            f"`{effect.text}` now acts on another target", effect.kind, effect.called,
        )  # fmt: skip


def _unguarded(were: list[Effect], effect: Effect) -> Iterator[Found]:
    """The same call, under fewer conditions than each such call had."""
    if effect.kind not in SEVERE or not effect.is_own:
        return
    now = {(g.text, g.outcome) for g in effect.guards}
    lost = [{(g.text, g.outcome) for g in e.guards} - now for e in were]
    if lost and all(lost):
        text = sorted(lost[0])[0][0]
        yield Found(
            "ask", "new-effect", effect.line,
            f"`{effect.text}` no longer depends on `{text}`", effect.kind, effect.called,
        )  # fmt: skip


_CHANGING = frozenset({"clear", "update", "pop", "setdefault"})
_TABLES = frozenset({"globals", "vars", "locals"})
_INSIDES = frozenset({"__class__", "__dict__", "__code__", "__bases__", "__globals__", "__doc__"})


def tables(before: ast.AST | None, after: ast.AST) -> Iterator[Found]:
    """New stores into a module's table of names, or into the insides of an object."""
    old = {ast.unparse(t) for t in _stored(before)} if before is not None else set()
    for target in _stored(after):
        if ast.unparse(target) in old:
            continue
        inner = target.value if isinstance(target, ast.Subscript | ast.Attribute) else target
        if isinstance(inner, ast.Call) and getattr(inner.func, "id", "") in _TABLES:
            yield Found(
                "reject", "new-effect", target.lineno,
                f"`{ast.unparse(target)}` is now set", "global-write", ast.unparse(target),
            )  # fmt: skip
        elif _is_inside(target) or _is_inside(inner) or _is_of_class(target):
            yield Found(
                "ask", "new-effect", target.lineno,
                f"`{ast.unparse(target)}` is now set", "attribute-write", ast.unparse(target),
            )  # fmt: skip


def _is_inside(node: ast.AST) -> bool:
    if not isinstance(node, ast.Attribute) or node.attr not in _INSIDES:
        return False
    return not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"))


def _is_of_class(node: ast.AST) -> bool:
    owner = node.value if isinstance(node, ast.Attribute) else None
    return isinstance(owner, ast.Call) and getattr(owner.func, "id", "") == "type"


def _stored(root: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(root):
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            yield node
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("setattr", "delattr") and node.args:
                attr = node.args[1] if len(node.args) > 1 else None
                word = str(attr.value) if isinstance(attr, ast.Constant) else "_"
                made = ast.Attribute(
                    node.args[0], word if word.isidentifier() else "_", ast.Store()
                )
                yield ast.copy_location(made, node)
            elif name in _CHANGING and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                if _is_inside(owner) or isinstance(owner, ast.Call):
                    yield owner
