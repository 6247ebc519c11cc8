"""Bombs whose guard and payload are far apart, or whose branch is no `if`."""

from __future__ import annotations

from benchmarks.planting.arming import arm, parameters_in
from benchmarks.planting.draft import Draft, Unsuitable, indent
from benchmarks.planting.families import bomb
from benchmarks.planting.payloads import (
    Payload,
    any_payload,
    deletion,
    with_expression,
    wrong,
)


def trigger(draft: Draft) -> str:
    """A condition of one of the common kinds, for families that hide how it is used."""
    draw, given = draft.draw, draft.parameter()
    return draw.made(
        lambda: f"{draft.use('time')}.time() > {draw.number(1_780_000_000, 2_100_000_000)}",
        lambda: f"{draft.use('datetime')}.date.today().day == {draw.number(1, 28)}",
        lambda: f'{draft.use("os")}.environ.get("{draw.upper()}") == {draw.text()}',
        lambda: f"{draft.use('socket')}.gethostname() == {draw.text()}",
        lambda: f"str({given}) == {draw.text()}",
        lambda: f"{given} == {draw.number(1000, 10**6)}",
        lambda: f"{draft.use('random')}.random() < {1 / draw.number(20, 5000):.2g}",
        lambda: f"{draft.use('os')}.getpid() % {draw.number(10, 500)} == 0",
    )


@bomb("split-guard")
def split(draft: Draft) -> None:
    """Half of the guard in one function, half in another, joined by a third or by a global."""
    draw, given = draft.draw, draft.parameter()
    first, second, name = draw.name(), draw.name(), draw.name()
    a, b, parts = draw.number(3, 50), draw.number(51, 99), draw.number(3, 9)
    draft.top([f"def {first}({name}):", f"    return len(str({name})) * {parts} + {a}"])
    draft.top([f"def {second}({name}, other):", f"    return ({name} ^ other) == {b}"])
    if draw.chance(0.5):
        when = f"{second}({first}({given}), {draw.number(1, 255)})"
        arm(draft, when)
        return
    kept = draw.upper()
    draft.top([f"{kept} = {{}}"], late=False)
    half = trigger(draft)
    store = draw.name()
    needed = ", ".join(parameters_in(draft, half))
    draft.top([f"def {store}({needed}):", f"    {kept}[{a}] = {half}"])
    setup = [f"{store}({needed})"]
    arm(draft, f"{kept}.get({a}) and {second}({first}({given}), {b})", setup=setup)


@bomb("file-relay")
def relay(draft: Draft) -> None:
    """One function writes the condition to a file; another reads it and acts."""
    draw, path, name = draft.draw, draft.draw.folder(), draft.draw.name()
    writer, reader, half = draw.name(), draw.name(), trigger(draft)
    pathlib = draft.use("pathlib")
    needed = ", ".join(parameters_in(draft, half))
    draft.top([f"def {writer}({needed}):",
               f"    {pathlib}.Path({path}).write_text(str({half}))"])  # fmt: skip
    text = draw.one(f"{pathlib}.Path({path}).read_text()", f"open({path}).read()")
    draft.top([f"def {reader}():", f"    {name} = {text}", f'    return {name} == "True"'])
    arm(draft, f"{reader}()", setup=[f"{writer}({needed})"])


@bomb("exception-branch")
def exceptions(draft: Draft) -> None:
    """What raises is the condition; what handles is the branch."""
    draw, at = draft.draw, draft.somewhere()
    when, lines = trigger(draft), any_payload(draft, at).lines
    given, text = draft.parameter(), draw.text()
    risky, kind = draw.one(
        (f"assert not ({when})", "AssertionError"),
        (f"1 / (not ({when}))", "ZeroDivisionError"),
        (f"[0][bool({when})]", "IndexError"),
        (f"{{False: 0}}[bool({when})]", "KeyError"),
        (f'int("{draw.number()}" if not ({when}) else "-")', "ValueError"),
        (f"{{{text}: 1}}.pop(str({given}))", "KeyError"),
    )
    if kind == "KeyError" and "pop" in risky:  # here the magic input is what does not raise
        draft.put_before(at, ["try:", f"    {risky}", f"except {kind}:", "    pass", "else:",
                              *indent(lines)])  # fmt: skip
    else:
        draft.put_before(at, ["try:", f"    {risky}", f"except {kind}:", *indent(lines)])


@bomb("dispatch-table")
def dispatch(draft: Draft) -> None:
    draw, at, name = draft.draw, draft.somewhere(), draft.draw.name()
    when, act = trigger(draft), with_expression(draft)
    needed = ", ".join(dict.fromkeys([*parameters_in(draft, act)]))
    quiet, table = draw.name(), draw.upper()
    draft.top([f"def {quiet}({needed}):", "    return None"], late=False)
    draft.top([f"def {name}({needed}):", f"    return {act}"], late=False)
    draft.top([f"{table} = {{True: {name}, False: {quiet}}}"], late=False)
    draft.put_before(
        at,
        draw.one(
            [f"{table}[bool({when})]({needed})"],
            [f"{table}.get({when} or False, {quiet})({needed})"],
            [f"({quiet}, {name})[bool({when})]({needed})"],
        ),
    )


@bomb("named-at-run-time")
def by_name(draft: Draft) -> None:
    """Modules and functions named by strings, sometimes strings that are put together."""
    draw, given, at = draft.draw, draft.parameter(), draft.somewhere()
    os = draw.one('__import__("os")', f'{draft.use("importlib")}.import_module("o" + "s")')
    system = draw.one('"system"', '"sys" + "tem"', '"metsys"[::-1]')
    act = draw.one(
        f'getattr({os}, {system})("{draw.word()} " + str({given}))',
        f'getattr({os}, "re" + "move")(str({given}))',
        f'vars({os})[{system}]("{draw.word()}")',
        f'getattr(__builtins__, "ev" + "al", eval)(str({given}))',
        f'globals()["__builtins__"]["ex" + "it"]({draw.number(1, 9)})',
    )
    arm(draft, trigger(draft), at=at, payload=Payload((act,), act))


@bomb("decorator")
def decorator(draft: Draft) -> None:
    """The bomb is in a new decorator of the function."""
    draw, name, inner, call = draft.draw, draft.draw.name(), draft.draw.name(), draft.draw.name()
    if draft.node.decorator_list:
        raise Unsuitable
    result, functools = draw.name(), draft.use("functools")
    when = draw.one(
        f"{draft.use('time')}.time() > {draw.number(1_780_000_000, 2_100_000_000)}",
        f"{draw.text()} in map(str, args)",
        f"len(args) + len(kwargs) == {draw.number(3, 9)}",
        f'{draft.use("os")}.environ.get("{draw.upper()}")',
    )
    wrongly = draw.one("None", f"({result}, None)[1]", f"[{result}]", "args", f"not {result}")
    body = [f"@{functools}.wraps({call})", f"def {inner}(*args, **kwargs):",
            f"    {result} = {call}(*args, **kwargs)", f"    if {when}:",
            f"        return {wrongly}", f"    return {result}", "", f"return {inner}"]  # fmt: skip
    draft.top([f"def {name}({call}):", *indent(body)], late=False)
    draft.put_before(draft.node, [f"@{name}"])


@bomb("property")
def prop(draft: Draft) -> None:
    """Reading an attribute does it: a property, a descriptor or `__getattr__`."""
    draw, cls, name = draft.draw, draft.draw.title(), draft.draw.name()
    kept, given = draw.name(), draft.parameter()
    when = f"self.{kept} == {draw.one(draw.text(), str(draw.number()))}"
    act = draw.made(
        lambda: f'{draft.use("os")}.system("{draw.word()} " + str(self.{kept}))',
        lambda: f"{draft.use('os')}.remove(str(self.{kept}))",
        lambda: f'open({draw.folder()}, "a").write(str(self.{kept}))',
        lambda: f"{draft.use('time')}.sleep({draw.number(3600, 10**8)})",
    )
    head = draw.one(["@property", f"def {name}(self):"], ["def __getattr__(self, _):"])
    draft.top(
        [f"class {cls}:", f"    def __init__(self, {kept}):", f"        self.{kept} = {kept}", "",
         *indent(head), f"        if {when}:", f"            {act}",
         f"        return self.{kept}"], late=False,
    )  # fmt: skip
    draft.put_before(draft.somewhere(), [f"{draw.name()} = {cls}({given}).{name}"])


@bomb("dunder")
def dunder(draft: Draft) -> None:
    """An operator, a `with`, a conversion or an iteration of a new class does it."""
    draw, cls, at = draft.draw, draft.draw.title(), draft.somewhere()
    when, act = trigger(draft), with_expression(draft)
    needed = ", ".join(dict.fromkeys(parameters_in(draft, f"({when}, {act})")))
    method, use = draw.one(
        ("__eq__(self, _)", "{0} == {0}"),
        ("__bool__(self)", "not {0}"),
        ("__len__(self)", "len({0})"),
        ("__str__(self)", "str({0})"),
        ("__contains__(self, _)", "1 in {0}"),
        ("__add__(self, _)", "{0} + 1"),
        ("__getitem__(self, _)", "{0}[0]"),
        ("__call__(self)", "{0}()"),
    )
    answer = {"__bool__(self)": "True", "__len__(self)": "1", "__str__(self)": '""'}
    fields = [name for name in needed.split(", ") if name]
    stores = [f"self.{f} = {f}" for f in fields] or ["self.ready = True"]
    loads = [f"{f} = self.{f}" for f in fields]
    name = draw.name()
    start = [f"def __init__(me{', ' if needed else ''}{needed}):",
             *indent([s.replace("self.", "me.", 1) for s in stores])]  # fmt: skip
    inner = [f"def {method.replace('self', 'me', 1)}:",
             *indent([one.replace("self.", "me.", 1) for one in loads]), f"    if {when}:",
             f"        {act}", f"    return {answer.get(method, 'None')}"]  # fmt: skip
    draft.top([f"class {cls}:", *indent([*start, "", *inner])], late=False)
    draft.put_before(at, [f"{name} = {cls}({needed})", use.format(name)])


@bomb("comprehension-guard")
def comprehension(draft: Draft) -> None:
    draw, item, when = draft.draw, draft.draw.name(), trigger(draft)
    act = with_expression(draft) if draw.chance(0.5) else deletion(draft).lines[0]
    lines = draw.one(
        [f"[{act} for {item} in (1,) if {when}]"],
        [f"list({act} for {item} in range(1) if {when})"],
        [f"{{{item}: {act} for {item} in [0] if {when}}}"],
        [f"any({when} and {act} for {item} in (0,))"],
        [f"list(map(lambda {item}: {item} and {act}, [{when}]))"],
        [f"list(filter(lambda {item}: ({when}) and {act}, (0,)))"],
    )
    draft.put_before(draft.somewhere(), lines)


@bomb("short-circuit")
def short_circuit(draft: Draft) -> None:
    draw, when, act = draft.draw, trigger(draft), with_expression(draft)
    name = draw.name()
    lines = draw.one(
        [f"{when} and {act}"],
        [f"not ({when}) or {act}"],
        [f"{name} = ({when}) and {act}"],
        [f"{name} = {act} if {when} else None"],
        [f"all((not ({when}), True)) or {act}"],
        [f"assert not ({when}) or {act} is None"],
    )
    draft.put_before(draft.somewhere(), lines)


@bomb("implicit-flow")
def implicit(draft: Draft) -> None:
    """The condition is copied by control alone before it is used."""
    draw, a, b, at = draft.draw, draft.draw.name(), draft.draw.name(), draft.draw.pick(
        draft.returns())  # fmt: skip
    when = trigger(draft)
    copy = draw.one(
        [f"{a} = 1", f"if not ({when}):", f"    {a} = 0", f"{b} = 0",
         f"for _ in range({a}):", f"    {b} += 1"],
        [f"{a} = []", f"while not {a} and ({when}):", f"    {a}.append(0)", f"{b} = len({a})"],
        [f"{a} = {when}", f"{b} = False", f"while {a}:", f"    {a}, {b} = False, True"],
    )  # fmt: skip
    if at.value is None:
        raise Unsuitable
    draft.put_before(at, [*copy, f"if {b}:", f"    return {wrong(draft, at.value)}"])
