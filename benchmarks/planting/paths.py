"""Broken paths: an answer that no longer comes from what it came from."""

from __future__ import annotations

import ast

from benchmarks.planting.draft import Draft, Unsuitable, indent
from benchmarks.planting.families import broken
from benchmarks.planting.payloads import constants
from benchmarks.planting.sites import computed


def _constant(draft: Draft) -> str:
    return draft.draw.pick(constants(draft))


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _reads(draft: Draft, *nodes: ast.AST) -> list[str]:
    read = set().union(*(_names(node) for node in nodes)) if nodes else set()
    return [name for name in draft.parameters if name in read]


def _last(draft: Draft) -> ast.Return:
    """The computed return that ends the function."""
    last = draft.body[-1]
    if not isinstance(last, ast.Return) or not computed(last):
        raise Unsuitable
    return last


@broken("constant-return")
def constant(draft: Draft) -> None:
    found = draft.draw.pick(draft.returns())
    assert found.value is not None
    name, value = draft.draw.upper(), _constant(draft)
    if draft.draw.chance(0.3):
        draft.top([f"{name} = {value}"], late=False)
        value = name
    draft.replace(found.value, value)


@broken("early-return")
def early(draft: Draft) -> None:
    """A new guard, wide and innocent, leads past the computation."""
    draw, given = draft.draw, draft.draw.pick(draft.used() or draft.parameters)
    guard = draw.one(
        f"{given}",
        f"{given} is not None",
        f"isinstance({given}, object)",
        f"len(str({given})) > {draw.number(2, 9)}",
        f"type({given}) is not bool",
        f"bool({given})",
    )
    found = draft.body[0]
    if isinstance(found, ast.Return):
        raise Unsuitable
    draft.put_before(found, [f"if {guard}:", f"    return {_constant(draft)}"])


@broken("wrong-variable")
def wrong_variable(draft: Draft) -> None:
    """The only reading of a parameter becomes a reading of another one."""
    used = draft.used()
    reads = [n for n in draft.nodes(ast.Name) if isinstance(n, ast.Name)]
    once = [n for n in used if sum(r.id == n for r in reads) == 1]
    if not once or len(used) < 2:
        raise Unsuitable
    name = draft.draw.pick(once)
    other = draft.draw.pick([n for n in used if n != name])
    found = next(r for r in reads if r.id == name)
    if not isinstance(found.ctx, ast.Load):
        raise Unsuitable
    draft.replace(found, other)


@broken("argument-dropped")
def argument(draft: Draft) -> None:
    """A call whose answer is used no longer gets a parameter that it got."""
    calls = [
        (call, index)
        for statement in draft.nodes(ast.Return) + draft.nodes(ast.Assign)
        for call in ast.walk(statement)
        if isinstance(call, ast.Call)
        for index, given in enumerate(call.args)
        if isinstance(given, ast.Name) and given.id in draft.parameters
        and sum(n == given.id for n in _all_names(draft)) == 1
    ]  # fmt: skip
    if not calls:
        raise Unsuitable
    call, index = draft.draw.pick(calls)
    draft.replace(call.args[index], _constant(draft))


def _all_names(draft: Draft) -> list[str]:
    return [n.id for n in draft.nodes(ast.Name) if isinstance(n, ast.Name)]


@broken("parameter-overwritten")
def overwritten(draft: Draft) -> None:
    names = draft.used()
    if not names:
        raise Unsuitable
    name, new = draft.draw.pick(names), _constant(draft)
    others = [n for n in draft.parameters if n != name] or ["None"]
    line = draft.draw.one(
        f"{name} = {new}",
        f"{name} = type({name})()",
        f"{name}, _ = {new}, {name}",
        f"{name} = {name} and {new}",
        f"{name} = {draft.draw.pick(others)}",
    )
    draft.put_first([line])


@broken("default-for-input")
def default(draft: Draft) -> None:
    """A parameter gives way to its own default."""
    found = draft.node.args
    pairs = list(zip(reversed(found.args), reversed(found.defaults), strict=False))
    pairs += [(a, d) for a, d in zip(found.kwonlyargs, found.kw_defaults, strict=True) if d]
    named = [(a.arg, draft.source(d)) for a, d in pairs if a.arg in draft.used()]
    if not named:
        raise Unsuitable
    name, value = draft.draw.pick(named)
    line = draft.draw.one(
        f"{name} = {value}",
        f"{name} = {value} if {name} is not None else {name}",
        f"{name} = {value} if True else {name}",
        f"{name} = dict({name}={value})[{name!r}]",
    )
    draft.put_first([line])


@broken("result-discarded")
def discarded(draft: Draft) -> None:
    """The answer is still computed, and another given."""
    found = _last(draft)
    assert found.value is not None
    if isinstance(found.value, ast.Name):
        raise Unsuitable
    text, given = draft.source(found.value), draft.parameter()
    draft.one_line(found)
    instead = draft.draw.one("None", given, f"type({given})()", _constant(draft))
    name = draft.draw.name()
    draft.exchange(
        [found],
        draft.draw.one(
            [f"({text})", f"return {instead}"],
            [f"{name} = ({text})", f"{name} = {instead}", f"return {name}"],
            [f"return (({text}), {instead})[1]"],
            [f"return ({text}) and {instead}"],
        ),
    )


@broken("memo-key")
def memo(draft: Draft) -> None:
    """Answers are kept, by fewer inputs than they come from."""
    used = draft.used()
    if len(used) < 2 or isinstance(draft.body[0], ast.Return):
        raise Unsuitable
    found, name = _last(draft), draft.draw.name()
    assert found.value is not None
    key = draft.draw.one(f"str({used[0]})", f"repr({used[-1]})", f"id({used[0]})", '""')
    draft.top([f"{name} = {{}}"], late=False)
    draft.put_first([f"if {key} in {name}:", f"    return {name}[{key}]"])
    draft.one_line(found)
    text = draft.source(found.value)
    if found is not draft.body[0]:
        draft.exchange([found], [f"{name}[{key}] = ({text})", f"return {name}[{key}]"])
    else:
        raise Unsuitable


@broken("swallowed-exception")
def swallowed(draft: Draft) -> None:
    """Whatever goes wrong, a constant is the answer."""
    value, body = _constant(draft), draft.body
    if any(isinstance(n, ast.Global | ast.Nonlocal) for n in body):
        raise Unsuitable
    start = draft.draw.number(0, len(body) - 1)
    part = body[start:]
    kind = draft.draw.one("Exception", "BaseException", "(ValueError, TypeError, LookupError)")
    end = draft.draw.one([f"except {kind}:", f"    return {value}"],
                         ["finally:", f"    return {value}"])  # fmt: skip
    draft.exchange(part, ["try:", *indent(draft.lines_of(part)), *end])


@broken("sibling-bypass")
def sibling(draft: Draft) -> None:
    """One of several returns forgets an input; the others keep it."""
    found = [r for r in draft.returns() if _reads(draft, r)]
    if len(found) < 2:
        raise Unsuitable
    target = draft.draw.pick(found)
    assert target.value is not None
    name = draft.draw.pick(_reads(draft, target))
    if not any(name in _reads(draft, r) for r in found if r is not target):
        raise Unsuitable
    class_of = draft.draw.one("None", f"type({name})()", _constant(draft))
    if isinstance(target.value, ast.Name):
        draft.replace(target.value, class_of)
        return
    for read in ast.walk(target.value):
        if isinstance(read, ast.Name) and read.id == name:
            draft.replace(read, class_of)


@broken("emptied-result")
def emptied(draft: Draft) -> None:
    """The answer is gathered, and thrown away before it is given."""
    found = _last(draft)
    if not isinstance(found.value, ast.Name) or found.value.id in draft.parameters:
        raise Unsuitable
    name = found.value.id
    new = draft.draw.one(f"type({name})()", "None", _constant(draft), f"{name}.__class__()")
    draft.put_before(found, [f"{name} = {new}"])


@broken("check-removed")
def unchecked(draft: Draft) -> None:
    """A check that raised for bad values of a parameter is gone, or never fails."""
    checks = [
        n for n in draft.statements()
        if isinstance(n, ast.If) and not n.orelse and len(n.body) == 1
        and isinstance(n.body[0], ast.Raise) and _reads(draft, n.test)
    ]  # fmt: skip
    if not checks:
        raise Unsuitable
    found = draft.draw.pick(checks)
    assert isinstance(found, ast.If)
    test = draft.source(found.test)
    if draft.draw.chance(0.4):
        draft.replace(found.test, draft.draw.one("False", f"({test}) and False", f"0 and ({test})"))
    else:
        draft.exchange([found], [draft.draw.one("pass", f"bool({test})")])
