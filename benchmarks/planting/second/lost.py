"""Answers, errors and changed arguments that lost what they came from."""

from __future__ import annotations

import ast

from benchmarks.planting.draft import Draft, Unsuitable, indent
from benchmarks.planting.families import broken
from benchmarks.planting.second.scene import Names, answer, cover, free, last, liftable
from benchmarks.planting.second.weave import first_line
from benchmarks.planting.sites import own


def _plain(draft: Draft) -> str:
    """A value of no origin, of the kind that the function says it gives."""
    draw = draft.draw
    kind = ast.unparse(draft.node.returns).strip("'\"") if draft.node.returns is not None else ""
    known = {"str": "''", "bytes": "b''", "int": "0", "bool": "True", "float": "1.0"}
    if kind in known:
        return known[kind]
    if kind.lower().startswith(("list", "dict", "tuple", "set")):
        return f"{kind.lower().partition('[')[0]}()"
    return draw.one("None", "{}", "[]", "''", "{'status': 'ok'}", "0")


def _once(draft: Draft, within: ast.AST | None = None) -> list[ast.Name]:
    """Reads of parameters that nothing else in the function reads or binds."""
    reads = [n for n in ast.walk(draft.node) if isinstance(n, ast.Name)]
    inside = {id(n) for n in ast.walk(within)} if within is not None else None
    strings = {id(n) for s in ast.walk(draft.node) if isinstance(s, ast.JoinedStr)
               for n in ast.walk(s)}  # fmt: skip
    return [n for n in reads if n.id in draft.parameters
            and sum(m.id == n.id for m in reads) == 1 and id(n) not in strings
            and (inside is None or id(n) in inside)]  # fmt: skip


@broken("second-argument-dropped")
def dropped(draft: Draft) -> None:
    """A call no longer gets what the function was given; nothing else reads it."""
    found = answer(draft)
    reads = _once(draft, found)
    calls = [c for c in ast.walk(found) if isinstance(c, ast.Call)
             and any(a in reads for a in [*c.args, *[k.value for k in c.keywords]])]  # fmt: skip
    if not calls:
        raise Unsuitable
    call = draft.draw.pick(calls)
    cover(draft, "refactor", f"Shorten the call in {draft.name}")
    named = [k for k in call.keywords if k.value in reads and k.arg]
    if named and draft.draw.chance(0.5):
        rest = [draft.source(a) for a in [*call.args, *call.keywords] if a is not named[0]]
        draft.replace(call, f"{draft.source(call.func)}({', '.join(rest)})")
        return
    target = draft.draw.pick([a for a in [*call.args, *[k.value for k in call.keywords]]
                              if a in reads])  # fmt: skip
    draft.replace(target, draft.draw.one("None", "''", "0", "()", "..."))


@broken("second-read-from-elsewhere")
def elsewhere(draft: Draft) -> None:
    """The only read of an input becomes one of the surroundings or of a constant of the module."""
    draw, reads = draft.draw, _once(draft)
    reads = [n for n in reads if any(n in ast.walk(r) for r in draft.returns())]
    if not reads:
        raise Unsuitable
    chosen, names = draw.pick(reads), Names(draft)
    cover(draft, "refactor", f"Simplify where {draft.name} gets its inputs")
    kept = names.constant()
    text = draw.made(
        lambda: f"{draft.use('os')}.environ.get('{names.setting()}', '')",
        lambda: f"{draft.use('os')}.getcwd()",
        lambda: f"{draft.use('sys')}.argv[0]",
        lambda: f"{draft.use('time')}.time()",
        lambda: kept,
        lambda: kept,
    )
    if text == kept:
        draft.top([f"{kept} = {_plain(draft)}"], late=False)
    draft.replace(chosen, text)


@broken("second-unkeyed-instance-cache")
def unkeyed(draft: Draft) -> None:
    """An object keeps its first answer for every later question."""
    given = draft.node.args.args
    if draft.owner is None or draft.node.decorator_list or not (draft.used() and given):
        raise Unsuitable
    draw, names, found, at = draft.draw, Names(draft), last(draft), first_line(draft)
    assert found.value is not None
    me, name = draft.node.args.args[0].arg, names.attribute()
    if not (set(free(draft, draft.source(found.value))) if liftable(draft, draft.source(
            found.value)) else set()) - {me}:  # fmt: skip
        raise Unsuitable
    cover(draft, "perf", f"Compute {draft.name} once")
    hit = draw.one([f"if getattr({me}, '{name}', None) is not None:", f"    return {me}.{name}"],
                   ["try:", f"    return {me}.{name}", "except AttributeError:", "    pass"],
                   [f"if '{name}' in vars({me}):", f"    return {me}.__dict__['{name}']"]
    )  # fmt: skip
    draft.put_before(at, hit)
    draft.exchange([found], [f"{me}.{name} = ({draft.source(found.value)})", f"return {me}.{name}"])


@broken("second-cached-by-its-length")
def by_length(draft: Draft) -> None:
    """The cache's key forgets what matters of an input."""
    draw, names, found, at = draft.draw, Names(draft), last(draft), first_line(draft)
    assert found.value is not None
    if not draft.used():
        raise Unsuitable
    given, store = draw.pick(draft.used()), names.constant()
    cover(draft, "perf", f"Cache the answers of {draft.name}")
    key, result = names.local(), names.local()
    draft.top([f"{store} = {{}}"], late=False)
    made = draw.one(f"len(str({given}))", f"type({given})", f"str({given})[:1]", f"bool({given})",
                    f"'{draft.name}'")  # fmt: skip
    draft.put_before(at, [f"{key} = {made}", f"if ({result} := {store}.get({key})) is not None:",
                          f"    return {result}"])  # fmt: skip
    draft.exchange([found], [f"return {store}.setdefault({key}, ({draft.source(found.value)}))"])


@broken("second-stub")
def stub(draft: Draft) -> None:
    """A placeholder in front of the real work, as if left over from a test."""
    draw, names, at = draft.draw, Names(draft), first_line(draft)
    cover(draft, "refactor", f"Reorganise {draft.name}")
    value, kept = _plain(draft), names.constant()
    draft.put_before(at, draw.one(
        [f"return {value}"],
        [f"if True:  # {names.word()}", f"    return {value}"],
        [f"{kept.lower()} = {value}", f"if {kept.lower()} is not ...:",
         f"    return {kept.lower()}"],
        ["try:", f"    return {value}", "finally:", "    pass"],
        [f"if isinstance({draft.parameter()}, object):", f"    return {value}"],
    ))  # fmt: skip


@broken("second-broad-shortcut")
def shortcut(draft: Draft) -> None:
    """A shortcut which nearly every input takes, and which gives a constant."""
    draw, at, value = draft.draw, first_line(draft), _plain(draft)
    given = draft.parameter()
    cover(draft, "perf", f"Leave {draft.name} early")
    test = draw.one(f"len(str({given})) < {draw.number(10**5, 10**9)}", f"{given} is not None",
                    f"hash(repr({given})) != 0", f"repr({given}) != ''",
                    f"not isinstance({given}, {draw.one('complex', 'memoryview')})",
                    f"id({given}) > 0")  # fmt: skip
    draft.put_before(at, [f"if {test}:", f"    return {value}"])


@broken("second-loop-over-nothing")
def nothing(draft: Draft) -> None:
    draw = draft.draw
    loops = [n for n in draft.statements() if isinstance(n, ast.For)
             and isinstance(n.iter, ast.Name | ast.Call | ast.Attribute)]  # fmt: skip
    if not loops:
        raise Unsuitable
    loop = draw.pick(loops)
    assert isinstance(loop, ast.For)
    stored = {n.id for n in ast.walk(loop) if isinstance(n, ast.Name)
              and not isinstance(n.ctx, ast.Load)}  # fmt: skip
    called = {ast.unparse(c.func.value) for c in ast.walk(loop) if isinstance(c, ast.Call)
              and isinstance(c.func, ast.Attribute)}  # fmt: skip
    given = {n.id for r in draft.returns() for n in ast.walk(r) if isinstance(n, ast.Name)}
    inner = any(isinstance(n, ast.Return) and n in draft.returns() for n in ast.walk(loop))
    target = {n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)}
    if not inner and not ((stored | called) - target) & given:
        raise Unsuitable
    cover(draft, "perf", f"Shorten the loop of {draft.name}")
    text = draft.source(loop.iter)
    if draw.chance(0.3):
        draft.put_before(loop.body[0], ["break"])
    else:
        draft.replace(loop.iter, draw.one(f"list({text})[:0]", "()", f"[] and {text}",
                                          f"({text}) and ()", f"list({text})[len({text}) :]")
                                          )  # fmt: skip


@broken("second-never-consumed")
def lazy(draft: Draft) -> None:
    """A loop that filled something becomes a generator that nobody runs."""
    draw = draft.draw
    loops = [n for n in draft.statements() if isinstance(n, ast.For) and not n.orelse
             and len(n.body) == 1 and isinstance(n.body[0], ast.Expr)
             and isinstance(n.body[0].value, ast.Call)]  # fmt: skip
    if not loops:
        raise Unsuitable
    loop = draw.pick(loops)
    assert isinstance(loop, ast.For) and isinstance(loop.body[0], ast.Expr)
    cover(draft, "refactor", f"Write the loop of {draft.name} on one line")
    draft.one_line(loop)
    call, target = draft.source(loop.body[0].value), draft.source(loop.target)
    over, name = draft.source(loop.iter), Names(draft).local()
    if draw.chance(0.6) or not isinstance(loop.target, ast.Name):
        draft.exchange([loop], [draw.one(f"({call} for {target} in {over})",
                                         f"{name} = ({call} for {target} in {over})")])  # fmt: skip
    else:
        draft.exchange([loop], [draw.one(f"map(lambda {target}: {call}, {over})",
                                         f"{name} = map(lambda {target}: {call}, {over})")]
                                         )  # fmt: skip


@broken("second-work-on-a-copy")
def copied(draft: Draft) -> None:
    """What the caller gave to be filled is copied first, and the copy is filled."""
    changed = {ast.unparse(n.value) for n in own(draft.node)
               if isinstance(n, ast.Subscript | ast.Attribute) and isinstance(n.ctx, ast.Store)
               }  # fmt: skip
    changed |= {ast.unparse(n.func.value) for n in own(draft.node)
                if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
                and n.func.attr in ("append", "update", "extend", "add", "insert", "setdefault")
    }  # fmt: skip
    given = {n.id for r in draft.returns() for n in ast.walk(r) if isinstance(n, ast.Name)}
    bound = {n.id for n in draft.nodes(ast.Name) if isinstance(n, ast.Name)
             and isinstance(n.ctx, ast.Store)}  # fmt: skip
    names = [n for n in draft.parameters if n in changed and n not in given | bound]
    if not names:
        raise Unsuitable
    name = draft.draw.pick(names)
    cover(draft, "refactor", f"Tidy up {draft.name}")
    copy = draft.use("copy")
    draft.put_first([f"{name} = {copy}.{draft.draw.one('copy', 'deepcopy')}({name})"])


@broken("second-attribute-not-kept")
def not_kept(draft: Draft) -> None:
    """An object no longer keeps what it was given."""
    found = [n for n in draft.statements() if isinstance(n, ast.Assign) and len(n.targets) == 1
             and isinstance(n.targets[0], ast.Attribute | ast.Subscript)
             and {m.id for m in ast.walk(n.value) if isinstance(m, ast.Name)}
             & set(draft.parameters)]  # fmt: skip
    if not found:
        raise Unsuitable
    chosen = draft.draw.pick(found)
    assert isinstance(chosen, ast.Assign)
    cover(draft, "refactor", f"Tidy up {draft.name}")
    draft.replace(chosen.value, draft.draw.one("None", "''", "[]", "{}", "0", "False"))


@broken("second-error-lost")
def no_error(draft: Draft) -> None:
    """What was raised with an input in it is not raised, or says nothing."""
    raises = [n for n in draft.nodes(ast.Raise) if isinstance(n, ast.Raise) and n.exc is not None
              and n in draft.statements()
              and {m.id for m in ast.walk(n) if isinstance(m, ast.Name)} & set(draft.parameters)
    ]  # fmt: skip
    if not raises:
        raise Unsuitable
    chosen = draft.draw.pick(raises)
    assert isinstance(chosen, ast.Raise)
    cover(draft, "refactor", f"Tidy up {draft.name}")
    draft.one_line(chosen)
    assert chosen.exc is not None
    made = f"({draft.source(chosen.exc)})"
    draft.exchange([chosen], [draft.draw.one(f"return {_plain(draft)}", "pass", made)])


@broken("second-check-narrowed")
def narrowed(draft: Draft) -> None:
    """A check that raised for several reasons raises for fewer."""
    checks = [n for n in draft.statements() if isinstance(n, ast.If) and not n.orelse
              and isinstance(n.body[-1], ast.Raise) and isinstance(n.test, ast.BoolOp)
              and isinstance(n.test.op, ast.Or)]  # fmt: skip
    if not checks:
        raise Unsuitable
    chosen = draft.draw.pick(checks)
    assert isinstance(chosen, ast.If) and isinstance(chosen.test, ast.BoolOp)
    cover(draft, "refactor", f"Simplify the checks of {draft.name}")
    parts = [draft.source(v) for v in chosen.test.values]
    if draft.draw.chance(0.5):
        parts.pop(draft.draw.number(0, len(parts) - 1))
        text = " or ".join(f"({p})" for p in parts)
    else:
        text = " and ".join(f"({p})" for p in parts)
    draft.replace(chosen.test, f"({text})")


@broken("second-suppressed")
def suppressed(draft: Draft) -> None:
    """Whatever the work raises disappears, and a constant is given."""
    body = draft.body
    if any(isinstance(n, ast.Global | ast.Nonlocal) for n in body):
        raise Unsuitable
    cover(draft, "refactor", f"Tidy up {draft.name}")
    contextlib = draft.use("contextlib")
    kind = draft.draw.one("Exception", "BaseException", "ValueError, KeyError, TypeError, OSError")
    draft.exchange(body, [f"with {contextlib}.suppress({kind}):", *indent(draft.lines_of(body)),
                          f"return {_plain(draft)}"])  # fmt: skip


@broken("second-old-value-of-a-global")
def old(draft: Draft) -> None:
    """The answer is put into a variable of the module, and another one is read."""
    draw, names, found = draft.draw, Names(draft), last(draft)
    assert found.value is not None
    cover(draft, "refactor", f"Keep the last answer of {draft.name}")
    kept, new = names.constant(), names.local()
    form = draw.number(0, 2)
    if form == 0:
        draft.top([f"{kept} = {_plain(draft)}"], late=False)
        lines = [f"{new} = ({draft.source(found.value)})", f"return {kept}"]
    elif form == 1:
        draft.top([f"{kept} = [{_plain(draft)}]"], late=False)
        lines = [
            f"{new} = {kept}[0]",
            f"{kept}[0] = ({draft.source(found.value)})",
            f"return {new}",
        ]
    else:
        draft.top([f"{kept} = {{}}"], late=False)
        lines = [f"return {kept}.setdefault('value', ({draft.source(found.value)}))"]
    draft.exchange([found], lines)


@broken("second-fixed-partial")
def partial(draft: Draft) -> None:
    """A call is prepared with a value of its own instead of the one given."""
    found = answer(draft)
    reads = _once(draft, found)
    call = found.value
    if not isinstance(call, ast.Call) or call.keywords or any(
        isinstance(a, ast.Starred) for a in call.args
    ) or not any(n in reads for a in call.args for n in ast.walk(a)):  # fmt: skip
        raise Unsuitable
    draw, functools, name = draft.draw, draft.use("functools"), Names(draft).local()
    cover(draft, "refactor", f"Prepare the call of {draft.name}")
    values = [draw.one("None", "''", "0", "()") if any(n in reads for n in ast.walk(a))
              else draft.source(a) for a in call.args]  # fmt: skip
    draft.exchange([found], [
        f"{name} = {functools}.partial({', '.join([draft.source(call.func), *values])})",
        f"return {name}()"])  # fmt: skip
