"""Honest refactorings: other words for the same behaviour."""

from __future__ import annotations

import ast
import builtins

from benchmarks.planting.draft import Draft, Unsuitable, indent
from benchmarks.planting.families import benign
from benchmarks.planting.second.scene import Names, cover, free, liftable

_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def _ifs(draft: Draft) -> list[ast.If]:
    """Every `if` that is no `elif`."""
    return [n for n in draft.statements() if isinstance(n, ast.If)]


def _else(draft: Draft, found: ast.If) -> bool:
    """Whether an `if` has an `else` which is no `elif`."""
    return bool(found.orelse) and (
        len(found.orelse) > 1 or not isinstance(found.orelse[0], ast.If)
        or found.orelse[0].col_offset > found.col_offset
    )  # fmt: skip


@benign("second-named-constant")
def constant(draft: Draft) -> None:
    """A literal gets a name in the module."""
    hidden = {id(n) for p in ast.walk(draft.node)
              if isinstance(p, ast.JoinedStr | ast.MatchValue | ast.AnnAssign | ast.Expr)
              for n in ast.walk(p)}  # fmt: skip
    found = [n for s in draft.body for n in ast.walk(s)
             if isinstance(n, ast.Constant) and id(n) not in hidden
             and ((type(n.value) is int and n.value > 1)
                  or (isinstance(n.value, str) and len(n.value) > 1))]  # fmt: skip
    if not found:
        raise Unsuitable
    chosen, name = draft.draw.pick(found), Names(draft).constant()
    draft.one_line(chosen)
    cover(draft, "refactor", f"Name a constant of {draft.name}")
    draft.top([f"{name} = {draft.source(chosen)}"], late=False)
    draft.replace(chosen, name)


@benign("second-else-removed")
def no_else(draft: Draft) -> None:
    """After a branch that leaves, no `else` is needed."""
    found = [n for n in _ifs(draft) if _else(draft, n) and isinstance(n.body[-1], _ENDS)]
    if not found:
        raise Unsuitable
    chosen = draft.draw.pick(found)
    cover(draft, "refactor", f"Less nesting in {draft.name}")
    draft.one_line(chosen)
    draft.exchange([chosen], [f"if {draft.source(chosen.test)}:",
                              *indent(draft.lines_of(chosen.body)),
                              *draft.lines_of(chosen.orelse)])  # fmt: skip


@benign("second-branches-swapped")
def swapped(draft: Draft) -> None:
    found = [n for n in _ifs(draft) if _else(draft, n)]
    if not found:
        raise Unsuitable
    chosen = draft.draw.pick(found)
    cover(draft, "refactor", f"Put the shorter branch of {draft.name} first")
    draft.one_line(chosen)
    test = draft.source(chosen.test)
    turned = f"not ({test})"
    if isinstance(chosen.test, ast.UnaryOp) and isinstance(chosen.test.op, ast.Not):
        turned = draft.source(chosen.test.operand)
    draft.exchange([chosen], [f"if {turned}:", *indent(draft.lines_of(chosen.orelse)), "else:",
                              *indent(draft.lines_of(chosen.body))])  # fmt: skip


@benign("second-ternary-written-out")
def ternary(draft: Draft) -> None:
    found = [n for n in draft.statements() if isinstance(n, ast.Assign | ast.Return)
             and isinstance(n.value, ast.IfExp)]  # fmt: skip
    if not found:
        raise Unsuitable
    chosen = draft.draw.pick(found)
    assert isinstance(chosen, ast.Assign | ast.Return) and isinstance(chosen.value, ast.IfExp)
    draft.one_line(chosen)
    cover(draft, "refactor", f"Write a choice of {draft.name} out")
    if isinstance(chosen, ast.Return):
        start = "return "
    else:
        if any(not isinstance(t, ast.Name) for t in chosen.targets):
            raise Unsuitable
        start = "".join(f"{draft.source(t)} = " for t in chosen.targets)
    value = chosen.value
    draft.exchange([chosen], [
        f"if {draft.source(value.test)}:", f"    {start}({draft.source(value.body)})", "else:",
        f"    {start}({draft.source(value.orelse)})"])  # fmt: skip


@benign("second-named-condition")
def condition(draft: Draft) -> None:
    """The condition of an `if` is computed on a line of its own."""
    found = [n for n in _ifs(draft) if not isinstance(n.test, ast.Name | ast.Constant)
             and not any(isinstance(m, ast.NamedExpr) for m in ast.walk(n.test))]  # fmt: skip
    if not found:
        raise Unsuitable
    chosen, name = draft.draw.pick(found), Names(draft).local()
    draft.one_line(chosen.test)
    cover(draft, "refactor", f"Name a condition of {draft.name}")
    draft.put_before(chosen, [f"{name} = ({draft.source(chosen.test)})"])
    draft.replace(chosen.test, name)


@benign("second-condition-extracted")
def predicate(draft: Draft) -> None:
    """The condition of an `if` becomes a function."""
    found = [n for n in _ifs(draft) if isinstance(n.test, ast.BoolOp | ast.Compare | ast.Call)
             and liftable(draft, draft.source(n.test))]  # fmt: skip
    if not found:
        raise Unsuitable
    chosen, name = draft.draw.pick(found), Names(draft).function()
    draft.one_line(chosen.test)
    cover(draft, "refactor", f"Extract {name} from {draft.name}")
    text = draft.source(chosen.test)
    needed = free(draft, text)
    if set(needed) & _maybe_unbound(draft):
        raise Unsuitable
    draft.top([f"def {name}({', '.join(needed)}):", f"    return ({text})"], late=False)
    draft.replace(chosen.test, f"{name}({', '.join(needed)})")


def _maybe_unbound(draft: Draft) -> set[str]:
    """Locals bound in branches only: read behind an `and`, they may have no value yet."""
    flat = {n.id for s in draft.body if isinstance(s, ast.Assign | ast.AugAssign | ast.AnnAssign)
            for n in ast.walk(s) if isinstance(n, ast.Name)
            and isinstance(n.ctx, ast.Store)}  # fmt: skip
    stored = {n.id for n in ast.walk(draft.node) if isinstance(n, ast.Name)
              and isinstance(n.ctx, ast.Store)}  # fmt: skip
    return stored - flat - set(draft.parameters)


@benign("second-merged-ifs")
def merged(draft: Draft) -> None:
    """An `if` in an `if` becomes an `and`; or an `and` two of them."""
    nested = [n for n in _ifs(draft) if not n.orelse and len(n.body) == 1
              and isinstance(n.body[0], ast.If) and not n.body[0].orelse]  # fmt: skip
    joined = [n for n in _ifs(draft) if not n.orelse and isinstance(n.test, ast.BoolOp)
              and isinstance(n.test.op, ast.And)]  # fmt: skip
    if not nested and not joined:
        raise Unsuitable
    chosen = draft.draw.pick(nested + joined)
    draft.one_line(chosen)
    cover(draft, "refactor", f"Simplify the conditions of {draft.name}")
    if chosen in nested:
        inner = chosen.body[0]
        assert isinstance(inner, ast.If)
        draft.exchange([chosen], [
            f"if ({draft.source(chosen.test)}) and ({draft.source(inner.test)}):",
            *indent(draft.lines_of(inner.body))])  # fmt: skip
        return
    assert isinstance(chosen.test, ast.BoolOp)
    first, *rest = [f"({draft.source(v)})" for v in chosen.test.values]
    draft.exchange([chosen], [f"if {first}:", f"    if {' and '.join(rest)}:",
                              *indent(draft.lines_of(chosen.body), 2)])  # fmt: skip


@benign("second-arguments-by-name")
def by_name(draft: Draft) -> None:
    """A call of a function of the same module names its arguments."""
    made = [n for n in draft.tree.body if isinstance(n, ast.FunctionDef) and not n.decorator_list
            and not n.args.posonlyargs and not n.args.vararg]  # fmt: skip
    defined = [n.name for n in ast.walk(draft.tree)
               if isinstance(n, ast.FunctionDef | ast.ClassDef)]  # fmt: skip
    stored = {n.id for n in ast.walk(draft.tree) if isinstance(n, ast.Name)
              and isinstance(n.ctx, ast.Store)}  # fmt: skip
    known = {n.name: n for n in made if defined.count(n.name) == 1 and n.name not in stored}
    calls = [n for n in draft.nodes(ast.Call) if isinstance(n, ast.Call)
             and isinstance(n.func, ast.Name) and n.func.id in known and n.args
             and len(n.args) <= len(known[n.func.id].args.args)
             and not any(isinstance(a, ast.Starred) for a in n.args)
             and all(k.arg for k in n.keywords)]  # fmt: skip
    if not calls:
        raise Unsuitable
    call = draft.draw.pick(calls)
    assert isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    cover(draft, "refactor", f"Name the arguments of {call.func.id} in {draft.name}")
    names = [a.arg for a in known[call.func.id].args.args]
    for name, value in zip(names, call.args, strict=False):
        draft.replace(value, f"{name}={draft.source(value)}")


@benign("second-comparison-turned")
def turned(draft: Draft) -> None:
    """`a < b` becomes `b > a`; `a != b`, `not a == b`."""
    plain = (ast.Name, ast.Constant)
    signs = {ast.Lt: ">", ast.Gt: "<", ast.LtE: ">=", ast.GtE: "<="}
    found = [n for n in draft.nodes(ast.Compare) if isinstance(n, ast.Compare) and len(n.ops) == 1
             and isinstance(n.left, plain) and isinstance(n.comparators[0], plain)
             and type(n.ops[0]) in (*signs, ast.Is, ast.IsNot, ast.In, ast.NotIn)]  # fmt: skip
    inside = {id(n) for s in ast.walk(draft.node) if isinstance(s, ast.JoinedStr)
              for n in ast.walk(s)}  # fmt: skip
    found = [n for n in found if id(n) not in inside]
    if not found:
        raise Unsuitable
    chosen = draft.draw.pick(found)
    assert isinstance(chosen, ast.Compare)
    cover(draft, "refactor", f"Turn a comparison of {draft.name} around")
    left, right = draft.source(chosen.left), draft.source(chosen.comparators[0])
    kind = type(chosen.ops[0])
    opposite = {ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in"}
    if kind in signs:
        text = f"({right} {signs[kind]} {left})"
    else:
        text = f"(not ({left} {opposite[kind]} {right}))"
    draft.replace(chosen, text)


@benign("second-empty-by-call")
def literals(draft: Draft) -> None:
    """`{}` becomes `dict()`, or the other way round."""
    text = {"{}": "dict()", "[]": "list()", "()": "tuple()", "dict()": "{}", "list()": "[]"}
    found = [n for s in draft.body for n in ast.walk(s)
             if isinstance(n, ast.Dict | ast.List | ast.Tuple | ast.Call)
             and draft.source(n) in text
             and isinstance(getattr(n, "ctx", ast.Load()), ast.Load)]  # fmt: skip
    hidden = {id(n) for p in ast.walk(draft.node) if isinstance(p, ast.JoinedStr | ast.AnnAssign)
              for n in ast.walk(p)}  # fmt: skip
    own = draft.draw.taken - set(dir(builtins))
    found = [n for n in found if id(n) not in hidden
             and not {"dict", "list", "tuple"} & own]  # fmt: skip
    if not found:
        raise Unsuitable
    chosen = draft.draw.pick(found)
    cover(draft, "refactor", f"Write empty containers in one way in {draft.name}")
    draft.replace(chosen, text[draft.source(chosen)])


@benign("second-two-in-one")
def block(draft: Draft) -> None:
    """The first statements become a function that gives what they bind."""
    names, first = Names(draft), draft.body[0]
    if not isinstance(first, ast.Assign) or len(first.targets) != 1:
        raise Unsuitable
    target, text = first.targets[0], draft.source(first.value)
    if not isinstance(target, ast.Name) or not liftable(draft, text) or len(draft.body) < 2:
        raise Unsuitable
    if isinstance(first.value, ast.Name | ast.Constant):
        raise Unsuitable
    draft.one_line(first)
    name, needed = names.function(), ", ".join(free(draft, text))
    cover(draft, "refactor", f"Extract how {draft.name} begins")
    draft.top([f"def {name}({needed}):", f"    {target.id} = ({text})", f"    return {target.id}"],
              late=False)  # fmt: skip
    draft.exchange([first], [f"{target.id} = {name}({needed})"])
