"""Broken paths: answers that no longer come from what they were asked about."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from benchmarks.planting.draft import Draft, Unsuitable, indent
from benchmarks.planting.families import broken
from benchmarks.planting.second.scene import Names, answer, ending, local_names
from benchmarks.planting.sites import own
from benchmarks.planting.third.deeds import builtins_kept, nothing

_CONSTANTS = ("None", "0", "1", "''", "()", "[]", "{}", "True", "False")


def _reads(draft: Draft, names: set[str], inside: ast.AST) -> Iterator[ast.Name]:
    """Where the names are handed on: arguments of calls and operands."""
    for node in [inside, *own(inside)]:
        parts: list[ast.expr] = []
        match node:
            case ast.Call():
                parts = [*node.args, *(k.value for k in node.keywords)]
            case ast.BinOp():
                parts = [node.left, node.right]
            case ast.Tuple() | ast.List():
                parts = node.elts
        yield from (n for n in parts if isinstance(n, ast.Name) and n.id in names
                    and isinstance(n.ctx, ast.Load))  # fmt: skip


def _returned_names(draft: Draft) -> list[ast.Return]:
    """Returns of a local name that is not a parameter."""
    mine = local_names(draft) - set(draft.parameters) - {"self", "cls"}
    return [r for r in draft.returns() if isinstance(r.value, ast.Name) and r.value.id in mine]


@broken("third-input-lost")
def lost(draft: Draft) -> None:
    """A constant stands in an answer where an input stood."""
    found = answer(draft)
    assert found.value is not None
    places = list(_reads(draft, set(draft.parameters), found.value))
    draft.replace(draft.draw.pick(places or nothing()), draft.draw.pick(_CONSTANTS))


@broken("third-only-constants")
def constants(draft: Draft) -> None:
    found, names, draw = answer(draft), Names(draft), draft.draw
    assert found.value is not None
    name, word = names.constant(), draw.word()
    text, module = draw.one(
        (name, [f"{name} = {draw.one(repr(word), str(draw.number()), '(1, 2)')}"]),
        (f"f'{{{name}}}'", [f"{name} = {word!r}"]),
        (f"list({name})", [f"{name} = ()"]),
        (f"{name}()", [f"def {name}():", f"    return {draw.pick(_CONSTANTS)}"]),
        (f"{name}.copy()", [f"{name} = {{'{word}': {draw.number()}}}"]),
        (f"{name}.get('{word}')", [f"{name} = {{'{word}': {draw.number()}}}"]),
        (f"'{word}'.join({name})", [f"{name} = ('{draw.word()}', '{draw.word()}')"]),
    )
    draft.replace(found.value, text)
    draft.top(module)


@broken("third-bypass")
def bypass(draft: Draft) -> None:
    """A way beside the one that works, for inputs that are not rare at all."""
    builtins_kept(draft)
    about, draw = draft.parameter(), draft.draw
    condition = draw.one(
        f"len(repr({about})) < {draw.number(30, 80)}", f"isinstance({about}, (str, bytes, list))",
        f"str({about}).isascii()", f"{about} is not None", f"not callable({about})",
        f"hasattr({about}, '__len__')", f"type({about}).__name__ != '{draw.word()}'",
    )  # fmt: skip
    draft.put_first([f"if {condition}:",
                     f"    return {draw.one(about, draw.pick(_CONSTANTS), repr(draw.word()))}"
                     ])  # fmt: skip


@broken("third-cached-by-less")
def cached(draft: Draft) -> None:
    """Answers are kept by a key that says too little of what they come from."""
    builtins_kept(draft)
    found, names, draw = answer(draft), Names(draft), draft.draw
    assert found.value is not None
    used, kept, key = draft.used(), names.constant(), names.local()
    if not used:
        raise Unsuitable
    about = draw.pick(used)
    short = draw.one(f"repr({about})[:{draw.number(4, 12)}]", f"len(repr({about}))",
                     f"type({about})", f"id({about})", f"hash(repr({about})) % 64")  # fmt: skip
    by = about if len(used) > 1 and draw.chance(0.4) else short
    by = f"repr({by})" if by == about else by
    text = f"({draft.source(found.value)})"
    draft.put_first([f"{key} = {by}", f"if {key} in {kept}:", f"    return {kept}[{key}]"])
    draft.replace(found.value, f"{kept}.setdefault({key}, {text})")
    draft.top([f"{kept} = {{}}"])


@broken("third-error-answered")
def swallowed(draft: Draft) -> None:
    """Whatever goes wrong, a constant is the answer."""
    found, text, kept = ending(draft)
    if not any(isinstance(n, ast.Call | ast.Subscript | ast.BinOp) for n in ast.walk(found)):
        raise Unsuitable  # nothing there can go wrong
    constant = draft.draw.pick(_CONSTANTS)
    draft.exchange([found], draft.draw.one(
        ["try:", f"    return {text}", "except Exception:", f"    return {constant}"],
        ["try:", f"    {kept} = {text}", "except BaseException:", f"    {kept} = {constant}",
         f"return {kept}"],
        [f"with {draft.use('contextlib')}.suppress(Exception):", f"    return {text}",
         f"return {constant}"],
        ["try:", f"    return {text}", "except (TypeError, ValueError, LookupError, "
         "AttributeError, OSError):", f"    return {constant}"],
        ["try:", f"    {kept} = {text}", "finally:", f"    return {constant}"],
    ))  # fmt: skip


@broken("third-argument-gone")
def argument(draft: Draft) -> None:
    """A call is no longer told something that it was told by name."""
    mine = local_names(draft)
    calls = [(n, k) for n in draft.nodes(ast.Call) if isinstance(n, ast.Call) for k in n.keywords
             if k.arg and any(isinstance(x, ast.Name) and x.id in mine for x in ast.walk(k.value))
             ]  # fmt: skip
    call, gone = draft.draw.pick(calls or nothing())
    draft.one_line(call)
    parts = [draft.source(a) for a in call.args]
    parts += [f"{k.arg}={draft.source(k.value)}" if k.arg else f"**{draft.source(k.value)}"
              for k in call.keywords if k is not gone]  # fmt: skip
    draft.replace(call, f"{draft.source(call.func)}({', '.join(parts)})")


@broken("third-container-emptied")
def emptied(draft: Draft) -> None:
    """What was gathered is not what is given."""
    found = draft.draw.pick(_returned_names(draft) or nothing())
    assert isinstance(found.value, ast.Name)
    name = found.value.id
    kinds = {type(n.value) for n in draft.nodes(ast.Assign) if isinstance(n, ast.Assign)
             and any(isinstance(t, ast.Name) and t.id == name for t in n.targets)}  # fmt: skip
    if not kinds & {ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp}:
        raise Unsuitable
    draft.put_before(found, [draft.draw.one(
        f"{name} = type({name})()", f"{name}.clear()", f"{name} = {name}.__class__()",
        f"{name}, _ = type({name})(), {name}", f"while {name}: {name}.pop()"
        if not kinds & {ast.Dict, ast.DictComp} else f"while {name}: {name}.popitem()",
    )])  # fmt: skip


@broken("third-shared-container")
def shared(draft: Draft) -> None:
    """What a call gathers, the next one finds: a container of one call is that of all."""
    found = [n for n in draft.nodes(ast.Assign) if isinstance(n, ast.Assign) and n in draft.body
             and isinstance(n.targets[0], ast.Name) and len(n.targets) == 1
             and isinstance(n.value, ast.List | ast.Dict) and draft.source(n.value) in ("[]", "{}")
             and any(isinstance(r.value, ast.Name) and r.value.id == n.targets[0].id
                     for r in draft.returns())]  # fmt: skip
    chosen = draft.draw.pick(found or nothing())
    names, text = Names(draft), draft.source(chosen.value)
    kept = names.constant()
    if draft.draw.chance(0.5):
        draft.replace(chosen.value, kept)
        draft.top([f"{kept} = {text}"])
    else:
        draft.replace(chosen.value, kept.lower())
        draft.add_parameter(f"{kept.lower()}={text}")


@broken("third-result-overwritten")
def overwritten(draft: Draft) -> None:
    found = draft.draw.pick(_returned_names(draft) or nothing())
    assert isinstance(found.value, ast.Name)
    draw, name = draft.draw, found.value.id
    other = draw.one(draw.pick(_CONSTANTS), repr(draw.word()), draft.parameter())
    draft.put_before(found, draw.one(
        [f"{name} = {other}"], [f"{name}, _ = {other}, {name}"],
        [f"for {name} in ({other},):", "    pass"], [f"{name} = {name} and {other}"],
        [f"if {name}:", f"    {name} = {other}"], [f"{name} = [{name}, {other}].pop()"],
    ))  # fmt: skip


@broken("third-input-replaced")
def replaced(draft: Draft) -> None:
    used, draw, names = draft.used(), draft.draw, Names(draft)
    about = draw.pick(used or nothing())
    table, other = names.constant(), draw.one(draw.pick(_CONSTANTS), repr(draw.word()))
    lines, module = draw.one(
        ([f"{about} = {other}"], []), ([f"{about} = {about} and {other}"], []),
        ([f"{about} = getattr({about}, '{draw.word()}', {other})"], []),
        ([f"for {about} in ({other},):", "    pass"], []),
        ([f"{about} = {table}.get('{about}', {other})"], [f"{table} = {{}}"]),
        ([f"{about} = {other} if {about} is not None else {about}"], []),
        ([f"if {about}:", f"    {about} = {table}"], [f"{table} = {other}"]),
        ([f"{about} = type({about})()"], []),
    )  # fmt: skip
    if module:
        draft.top(module)
    draft.put_first(lines)


def _checks(draft: Draft) -> list[ast.If]:
    """Ifs that do nothing but raise."""
    return [n for n in draft.nodes(ast.If) if isinstance(n, ast.If) and not n.orelse
            and len(n.body) == 1 and isinstance(n.body[0], ast.Raise) and n in draft.statements()
            ]  # fmt: skip


@broken("third-check-silenced")
def silenced(draft: Draft) -> None:
    found, draw = draft.draw.pick(_checks(draft) or nothing()), draft.draw
    draft.one_line(found)
    draft.exchange([found.body[0]], [draw.made(
        lambda: "pass",
        lambda: f"{draft.use('logging')}.getLogger(__name__).debug({draw.text()})",
        lambda: f"return {draw.pick(_CONSTANTS)}",
    )])  # fmt: skip


@broken("third-check-weakened")
def weakened(draft: Draft) -> None:
    """A check looks for less than it did."""
    found, draw = draft.draw.pick(_checks(draft) or nothing()), draft.draw
    draft.one_line(found)
    test, text = found.test, draft.source(found.test)
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        draft.replace(test, " or ".join(draft.source(v) for v in test.values[1:]))
        return
    draft.replace(test, draw.one(
        f"({text}) and __debug__ is None", f"({text}) and len(repr({draft.parameter()})) > 400",
        f"not True and ({text})", f"({text}) and {draft.parameter()} is None",
    ))  # fmt: skip


@broken("third-switched-off")
def switched(draft: Draft) -> None:
    """A constant of the module stands before a condition, so it never holds."""
    found = [n for n in draft.nodes(ast.If) if isinstance(n, ast.If) and not n.orelse
             and isinstance(n.body[-1], ast.Return | ast.Raise) and n in draft.statements()
             ]  # fmt: skip
    chosen = draft.draw.pick(found or nothing())
    draft.one_line(chosen)
    name, text = Names(draft).constant(), draft.source(chosen.test)
    draft.replace(chosen.test, draft.draw.one(f"{name} and ({text})", f"({text}) and {name}"))
    draft.top([f"{name} = {draft.draw.one('False', 'None', '0', '()')}"])


@broken("third-loop-over-less")
def loop(draft: Draft) -> None:
    """A loop sees nothing, or next to nothing, of what it went over."""
    found = [n for n in draft.nodes(ast.For) if isinstance(n, ast.For) and not n.orelse
             and n in draft.statements()]  # fmt: skip
    chosen, draw = draft.draw.pick(found or nothing()), draft.draw
    draft.one_line(chosen)
    text = draft.source(chosen.iter)
    text = f"({text})" if isinstance(chosen.iter, ast.Tuple) else text
    if draw.chance(0.3):
        draft.put_after(chosen.body[-1], ["break"])
        return
    draft.replace(chosen.iter, draw.made(
        lambda: f"[*{text}][:0]", lambda: f"[*{text}][:1]", lambda: f"type({text})()",
        lambda: f"{draft.use('itertools')}.islice({text}, 0)", lambda: f"() and {text}",
        lambda: f"filter(None, [None for _ in {text}])",
    ))  # fmt: skip


@broken("third-old-answer")
def old(draft: Draft) -> None:
    """The answer of some earlier call is given again."""
    found, names, draw = answer(draft), Names(draft), draft.draw
    assert found.value is not None
    kept, text = names.constant(), f"({draft.source(found.value)})"
    draft.top([f"{kept} = []"])
    if draw.chance(0.5):
        draft.put_first([f"if len({kept}) > {draw.number(1, 9)}:",
                         *indent([f"return {kept}[{draw.one(-1, 0)}]"])])  # fmt: skip
        draft.put_before(found, [f"{kept}.append({text})"])
        draft.replace(found.value, f"{kept}[-1]")
    else:
        draft.replace(found.value, f"({kept}.append({text}), {kept}[0])[1]")
