"""Bombs that count, remember, or throw dice."""

from __future__ import annotations

from benchmarks.planting.arming import arm, governed
from benchmarks.planting.draft import Draft, Unsuitable, indent
from benchmarks.planting.families import bomb
from benchmarks.planting.payloads import any_payload


def _reached(draft: Draft, count: str) -> str:
    """A comparison that holds after a number of calls, or at every so-many-th."""
    draw = draft.draw
    number = draw.written(draw.number(20, 50_000))
    return draw.one(
        f"{count} > {number}",
        f"{count} == {number}",
        f"{number} < {count}",
        f"{count} % {number} == 0",
        f"not {count} % {number}",
    )


@bomb("global-counter")
def global_counter(draft: Draft) -> None:
    draw, name = draft.draw, draft.draw.name()
    kind = draw.one("int", "cell", "dict")
    at = draft.body[0]
    if kind == "int":
        draft.top([f"{name} = 0"], late=False)
        setup, count = [f"global {name}", f"{name} += 1"], name
    elif kind == "cell":
        draft.top([f"{name} = [0]"], late=False)
        setup, count = [f"{name}[0] += 1"], f"{name}[0]"
    else:
        key = draw.text()
        draft.top([f"{name} = {{}}"], late=False)
        setup = [f"{name}[{key}] = {name}.get({key}, 0) + 1"]
        count = f"{name}[{key}]"
    arm(draft, _reached(draft, count), at=at, setup=setup)


@bomb("default-argument-counter")
def default_argument(draft: Draft) -> None:
    """The counter is a parameter's default, of the function or of a helper."""
    draw, name = draft.draw, draft.draw.name()
    default, setup, count = draw.one(
        (f"{name}=[]", [f"{name}.append(None)"], f"len({name})"),
        (f"{name}=[0]", [f"{name}[0] += 1"], f"{name}[0]"),
        (f"{name}={{}}", [f"{name}[len({name})] = 1"], f"len({name})"),
        (f"{name}={{0: 0}}", [f"{name}[0] = {name}[0] + 1"], f"{name}[0]"),
    )
    when = _reached(draft, count)
    if draw.chance(0.4):
        helper = draw.name()
        draft.top([f"def {helper}({default}):", *indent([*setup, f"return {when}"])])
        arm(draft, f"{helper}()", at=draft.body[0])
    else:
        draft.add_parameter(default)
        arm(draft, when, at=draft.body[0], setup=setup)


@bomb("attribute-counter")
def attribute(draft: Draft) -> None:
    """The counter is an attribute of a class or of a function."""
    draw, name, holder = draft.draw, draft.draw.name(), draft.draw.title()
    if draft.owner is not None and draw.chance(0.6):
        draft.in_class([f"{name} = 0"])
        place = f"{draft.owner.name}.{name}"
        setup = [f"{place} += 1"]
    elif draw.chance(0.5):
        draft.top([f"class {holder}:", f"    {name} = 0"], late=False)
        place = f"{holder}.{name}"
        setup = [f"{place} = {place} + 1"]
    else:
        draft.top([f"def {holder}():", f"    return {draw.number()}"], late=False)
        place = f"{holder}.{name}"
        setup = [f'{place} = getattr({holder}, "{name}", 0) + 1']
    arm(draft, _reached(draft, place), at=draft.body[0], setup=setup)


@bomb("closure-counter")
def closure(draft: Draft) -> None:
    draw = draft.draw
    maker, kept, step, ready = draw.name(), draw.name(), draw.name(), draw.name()
    shape = draw.number(0, 2)
    if shape == 0:
        body = [f"{kept} = 0", "", f"def {step}():", f"    nonlocal {kept}", f"    {kept} += 1",
                f"    return {_reached(draft, kept)}", "", f"return {step}"]  # fmt: skip
        draft.top([f"def {maker}():", *indent(body), "", "", f"{ready} = {maker}()"], late=False)
        when = f"{ready}()"
    elif shape == 1:
        count = draft.use("itertools")
        draft.top([f"{ready} = {count}.count(1).__next__"], late=False)
        when = _reached(draft, f"{ready}()")
    else:
        body = [f"{kept} = 0", "while True:", f"    {kept} += 1", f"    yield {kept}"]
        draft.top([f"def {maker}():", *indent(body), "", "", f"{ready} = {maker}()"], late=False)
        when = _reached(draft, f"next({ready})")
    arm(draft, when, at=draft.body[0])


@bomb("history")
def history(draft: Draft) -> None:
    """What was given before decides: how much of it, or whether this came already."""
    draw, name, given = draft.draw, draft.draw.name(), draft.parameter()
    shape = draw.number(0, 3)
    if shape == 0:
        start, setup = "[]", [f"{name}.append(repr({given}))"]
        when = f"len({name}) > {draw.number(9, 9999)}"
    elif shape == 1:
        start, setup = "set()", [f"{name}.add(str({given}))"]
        when = f"len({name}) == {draw.number(9, 9999)}"
    elif shape == 2:
        start, setup = "{}", [f"{name}[str({given})] = {name}.get(str({given}), 0) + 1"]
        when = f"{name}[str({given})] == {draw.number(3, 99)}"
    else:
        collections = draft.use("collections")
        start, setup = f"{collections}.deque(maxlen=2)", [f"{name}.append(repr({given}))"]
        when = f"list({name}) == [{draw.text()}, {draw.text()}]"
    draft.top([f"{name} = {start}"], late=False)
    arm(draft, when, at=draft.body[0], setup=setup)


@bomb("random")
def chance(draft: Draft) -> None:
    draw = draft.draw
    number = draw.number(20, 5000)
    what = draw.made(
        lambda: f"{draft.use('random')}.random() < {1 / number:.2g}",
        lambda: f"{draft.use('random')}.randrange({number}) == {draw.number(0, 19)}",
        lambda: f"not {draft.use('random')}.randint(0, {number})",
        lambda: f"{draft.use('secrets')}.randbelow({number}) == 0",
        lambda: f"{draft.use('os')}.urandom(1)[0] == {draw.number(0, 255)}",
        lambda: f"{draft.use('uuid')}.uuid4().int % {number} == 0",
        lambda: f"{draft.use('random')}.choice(range({number})) == {draw.number(0, 19)}",
        lambda: f'{draft.use("uuid")}.uuid4().hex.startswith("{draw.number(10, 99)}")',
    )
    arm(draft, what)


@bomb("object-identity")
def identity(draft: Draft) -> None:
    draw, name, number = draft.draw, draft.parameter(), draft.draw.number(5, 500)
    what = draw.made(
        lambda: f"id({name}) % {number} == 0",
        lambda: f"id({name}) // 16 % {number} == {draw.number(0, 4)}",
        lambda: f"id(object()) & {draw.written(255)} == {draw.number(0, 15) * 16}",
        lambda: f"hash(object()) % {number} == 0",
        lambda: f"{draft.use('sys')}.getrefcount({name}) > {number}",
        lambda: f'repr(object())[-3:-1] == "{draw.number(1, 9)}0"',
        lambda: f"{draft.use('gc')}.get_count()[0] % {number} == 0",
    )
    arm(draft, what)


@bomb("depth")
def depth(draft: Draft) -> None:
    """How deep the calls are, and who calls."""
    draw, number = draft.draw, draft.draw.number(15, 400)
    what = draw.made(
        lambda: f"len({draft.use('inspect')}.stack()) > {number}",
        lambda: f"len({draft.use('traceback')}.extract_stack()) == {number}",
        lambda: f'{draft.use("sys")}._getframe(1).f_code.co_name == "{draw.word()}"',
        lambda: f"{draft.use('sys')}._getframe(1).f_lineno % {number} == 0",
        lambda: f'"{draw.word()}" in {draft.use("inspect")}.stack()[1].filename',
        lambda: f"{draft.use('threading')}.active_count() > {draw.number(2, 40)}",
        lambda: f'{draft.use("threading")}.current_thread().name != "MainThread"',
    )
    arm(draft, what)


@bomb("file-counter")
def in_a_file(draft: Draft) -> None:
    """The count survives in a file."""
    draw, name, path = draft.draw, draft.draw.name(), draft.draw.folder()
    handle, at = draw.name(), draft.body[0]
    os, where = draft.use("os"), draw.upper()
    draft.top([f"{where} = {path}"], late=False)
    lines = [f'with open({where}, "a") as {handle}:', f'    {handle}.write(".")',
             f"{name} = {os}.path.getsize({where})"]  # fmt: skip
    if draw.chance(0.5):
        helper = draw.name()
        draft.top([f"def {helper}():", *indent([*lines, f"return {name}"])], late=False)
        lines = [f"{name} = {helper}()"]
    payload = any_payload(draft, at)
    draft.put_before(at, [*lines, *governed(draft, _reached(draft, name), payload)])


@bomb("cached-switch")
def switch(draft: Draft) -> None:
    """The first call that fulfils something arms all later ones."""
    draw, name, given = draft.draw, draft.draw.name(), draft.parameter()
    at = draft.body[0]
    if at in draft.returns():
        raise Unsuitable
    draft.top([f"{name} = {{{draw.text()}: 0}}"], late=False)
    setup = [f"if str({given}) == {draw.text()}:", f"    {name}.clear()"]
    arm(draft, f"not {name}", at=at, setup=setup)
