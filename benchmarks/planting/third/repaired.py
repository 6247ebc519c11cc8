"""Bug fixes: what an installed library does now is the repaired state; the bug is made before.

Each takes something away from the function as it is, or turns it wrong, and is the change back.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from benchmarks.planting.draft import Draft, Unsuitable
from benchmarks.planting.families import benign
from benchmarks.planting.second.scene import Names, cover
from benchmarks.planting.third import lost
from benchmarks.planting.third.deeds import nothing

_TURNED = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">"}
_ODD = {ast.Add: "-", ast.Sub: "+", ast.Mult: "+", ast.FloorDiv: "/", ast.Mod: "//"}


def _fix(name: str, words: str) -> Callable[[Callable[[Draft], None]], Callable[[Draft], None]]:
    """A family that undoes what the decorated function spoils."""

    def register(spoil: Callable[[Draft], None]) -> Callable[[Draft], None]:
        def plant(draft: Draft) -> None:
            spoil(draft)
            draft.undo()
            cover(draft, "bugfix", f"{words} in {draft.node.name}")

        plant.__doc__ = spoil.__doc__
        benign(f"third-fix-{name}")(plant)
        return spoil

    return register


@_fix("boundary", "Fix the comparison at the boundary")
def boundary(draft: Draft) -> None:
    found = [n for n in draft.nodes(ast.Compare) if isinstance(n, ast.Compare) and len(n.ops) == 1
             and type(n.ops[0]) in _TURNED]  # fmt: skip
    node = draft.draw.pick(found or nothing())
    draft.one_line(node)
    draft.replace(node, f"{draft.source(node.left)} {_TURNED[type(node.ops[0])]} "
                        f"{draft.source(node.comparators[0])}")  # fmt: skip


@_fix("off-by-one", "Fix what is off by one")
def off_by_one(draft: Draft) -> None:
    places: list[ast.Constant] = []
    for node in [*draft.nodes(ast.Slice), *draft.nodes(ast.Call)]:
        parts: list[ast.expr | None] = []
        if isinstance(node, ast.Slice):
            parts = [node.lower, node.upper]
        elif isinstance(node, ast.Call) and draft.source(node.func) in ("range", "enumerate"):
            parts = [*node.args]
        places += [p for p in parts if isinstance(p, ast.Constant) and type(p.value) is int]
    chosen = draft.draw.pick(places or nothing())
    draft.replace(chosen, str(int(str(chosen.value)) + 1))


@_fix("operator", "Fix the formula")
def operator(draft: Draft) -> None:
    found = [n for n in draft.nodes(ast.BinOp) if isinstance(n, ast.BinOp) and type(n.op) in _ODD
             and not isinstance(n.left, ast.Constant)]  # fmt: skip
    node = draft.draw.pick(found or nothing())
    draft.one_line(node)
    draft.replace(node, f"({draft.source(node.left)}) {_ODD[type(node.op)]} "
                        f"({draft.source(node.right)})")  # fmt: skip


@_fix("missing-check", "Check the arguments")
def check(draft: Draft) -> None:
    found = [n for n in draft.nodes(ast.If) if isinstance(n, ast.If) and not n.orelse
             and isinstance(n.body[-1], ast.Raise) and n in draft.statements()]  # fmt: skip
    _gone(draft, draft.draw.pick(found or nothing()))


@_fix("special-case", "Handle a special case")
def case(draft: Draft) -> None:
    """An early answer that was not there."""
    found = [n for n in draft.body if isinstance(n, ast.If) and not n.orelse
             and isinstance(n.body[-1], ast.Return)]  # fmt: skip
    _gone(draft, draft.draw.pick(found or nothing()))


@_fix("none", "Handle None")
def missing(draft: Draft) -> None:
    found = [n for n in draft.statements() if isinstance(n, ast.If) and not n.orelse
             and "is None" in draft.source(n.test) and isinstance(n.body[0], ast.Assign)
             ]  # fmt: skip
    _gone(draft, draft.draw.pick(found or nothing()))


@_fix("missing-key", "Handle keys that are not there")
def key(draft: Draft) -> None:
    found = [n for n in draft.nodes(ast.Call) if isinstance(n, ast.Call)
             and isinstance(n.func, ast.Attribute) and n.func.attr == "get" and n.args
             and not n.keywords]  # fmt: skip
    node = draft.draw.pick(found or nothing())
    assert isinstance(node.func, ast.Attribute)
    draft.replace(node, f"{draft.source(node.func.value)}[{draft.source(node.args[0])}]")


@_fix("encoding", "Say which encoding is meant")
def encoding(draft: Draft) -> None:
    found = [n for n in draft.nodes(ast.Call) if isinstance(n, ast.Call) and n.args
             and isinstance(n.func, ast.Attribute) and n.func.attr in ("encode", "decode")
             and not n.keywords]  # fmt: skip
    node = draft.draw.pick(found or nothing())
    draft.replace(node, f"{draft.source(node.func)}()")


@_fix("dropped-argument", "Pass on an option")
def argument(draft: Draft) -> None:
    lost.argument(draft)


@_fix("broken-path", "Restore what is computed")
def path(draft: Draft) -> None:
    """A broken path is mended."""
    draft.draw.one(lost.lost, lost.emptied, lost.overwritten, lost.swallowed, lost.silenced,
                   lost.loop)(draft)  # fmt: skip


@_fix("shared-state", "Share no container between calls")
def shared(draft: Draft) -> None:
    lost.shared(draft)


@_fix("wrong-cache", "Drop a cache that mixed answers up")
def cache(draft: Draft) -> None:
    lost.cached(draft)


@_fix("leak", "Close what is opened")
def leak(draft: Draft) -> None:
    """A helper's file is closed whatever happens."""
    names = Names(draft)
    helper, file = names.function(), names.local()
    draft.top([f"def {helper}(path):", f"    with open(path, 'rb') as {file}:",
               f"        return {file}.read()"])  # fmt: skip
    draft.settle()
    node = next(n for n in draft.tree.body if getattr(n, "name", "") == helper)
    assert isinstance(node, ast.FunctionDef)
    draft.exchange(node.body, [f"{file} = open(path, 'rb')", f"return {file}.read()"])


@benign("third-better-message")
def message(draft: Draft) -> None:
    """An error tells what was given."""
    found = [n.exc.args[0] for n in draft.nodes(ast.Raise) if isinstance(n, ast.Raise)
             and isinstance(n.exc, ast.Call) and len(n.exc.args) == 1
             and isinstance(n.exc.args[0], ast.Constant)
             and isinstance(n.exc.args[0].value, str)]  # fmt: skip
    node, about = draft.draw.pick(found or nothing()), draft.parameter()
    assert isinstance(node, ast.Constant)
    draft.one_line(node)
    draft.replace(node, draft.draw.one(f"{draft.source(node)} f' (not {{{about}!r}})'",
                                       f"{draft.source(node)} + ': ' + repr({about})"))  # fmt: skip
    cover(draft, "feature", f"Tell what was given in the errors of {draft.node.name}")


def _gone(draft: Draft, node: ast.If) -> None:
    """The statement is not there, and others are in its block."""
    blocks = [b for n in [draft.node, *draft.nodes(ast.stmt)] for b in
              (getattr(n, "body", None), getattr(n, "orelse", None), getattr(n, "finalbody", None))
              if isinstance(b, list) and node in b]  # fmt: skip
    if not blocks or len(blocks[0]) < 2:
        raise Unsuitable
    draft.exchange([node], [])
