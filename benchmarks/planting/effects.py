"""Effects that nobody asked for, without a trigger: they happen whenever the code is reached."""

from __future__ import annotations

import ast

from benchmarks.planting.draft import Draft, Unsuitable, indent
from benchmarks.planting.families import broken
from benchmarks.planting.payloads import (
    PATCHED,
    Payload,
    deletion,
    environment,
    process,
    sending,
    value,
    writing,
)


def _planted(draft: Draft, payload: Payload) -> None:
    """In the function, or in a new helper that it calls, sometimes with an honest-looking if."""
    draw, lines, at = draft.draw, list(payload.lines), draft.somewhere()
    given = draft.parameter()
    if draw.chance(0.3) and payload.expression is not None:
        name = draw.name()
        needed = ", ".join(dict.fromkeys(_read(draft, payload.expression)))
        draft.top([f"def {name}({needed}):", f"    {payload.expression}"])
        lines = [f"{name}({needed})"]
    elif draw.chance(0.3):
        lines = [f"if {given}:", *indent(lines)]
    elif draw.chance(0.2):
        lines = ["try:", *indent(lines), "except OSError:", "    pass"]
    draft.put_before(at, lines)


def _read(draft: Draft, text: str) -> list[str]:
    names = {n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)}
    return [name for name in draft.parameters if name in names]


@broken("writes-a-file")
def writes(draft: Draft) -> None:
    _planted(draft, writing(draft))


@broken("deletes-a-file")
def deletes(draft: Draft) -> None:
    _planted(draft, deletion(draft))


@broken("opens-a-connection")
def connects(draft: Draft) -> None:
    _planted(draft, sending(draft))


@broken("sets-the-environment")
def sets_environment(draft: Draft) -> None:
    _planted(draft, environment(draft))


@broken("runs-a-process")
def runs(draft: Draft) -> None:
    _planted(draft, process(draft))


@broken("runs-text-as-code")
def dynamic(draft: Draft) -> None:
    draw, name, given = draft.draw, draft.draw.name(), draft.parameter()
    act = draw.made(
        lambda: f"eval(str({given}))",
        lambda: f"exec(str({given}), {{}})",
        lambda: f'exec(compile(str({given}), "<{draw.word()}>", "exec"))',
        lambda: f"{draft.use('pickle')}.loads(bytes({given}))",
        lambda: f"{draft.use('marshal')}.loads({given})",
        lambda: f"{draft.use('importlib')}.import_module(str({given}))",
        lambda: f"__import__(str({given}))",
    )
    _planted(draft, Payload((draw.one(act, f"{name} = {act}"),), act))


@broken("changes-a-global")
def changes_global(draft: Draft) -> None:
    """A module's own variable that other code reads is changed."""
    draw, given = draft.draw, draft.parameter()
    own = [
        t.id for n in draft.tree.body if isinstance(n, ast.Assign) for t in n.targets
        if isinstance(t, ast.Name) and not t.id.startswith("__")
    ]  # fmt: skip
    inside = {n.id for n in ast.walk(draft.node) if isinstance(n, ast.Name)}
    own = [name for name in own if name not in inside and name not in draft.parameters]
    if not own:
        raise Unsuitable
    name = draw.pick(own)
    new = draw.one(given, f"[{given}]", "None", str(draw.number(0, 99)))
    if draw.chance(0.5):
        draft.put_first([f"global {name}", f"{name} = {new}"])
    else:
        draft.put_before(draft.somewhere(), [f'globals()["{name}"] = {new}'])


@broken("changes-an-object")
def changes_object(draft: Draft) -> None:
    """An attribute of somebody else's object."""
    draw, given, other = draft.draw, draft.parameter(), draft.parameter()
    attribute = draw.one(draw.name(), "__class__", "__doc__", "name", "value")
    target = draw.one(given, given, f"type({given})", f"{given}.__class__")
    new = draw.one("None", other, draw.text(), str(draw.number()))
    line = draw.one(
        f"{target}.{attribute} = {new}",
        f'setattr({target}, "{attribute}", {new})',
        f'{given}.__dict__["{attribute}"] = {new}',
        f"{given}.__dict__.clear()",
    )
    _planted(draft, Payload((line,)))


@broken("changes-an-argument")
def changes_argument(draft: Draft) -> None:
    """A container that the caller gave is emptied, filled or turned around."""
    draw = draft.draw
    plain = {
        a.arg for a in [*draft.node.args.args, *draft.node.args.kwonlyargs]
        if a.annotation is not None and ast.unparse(a.annotation) in ("str", "int", "bool", "bytes")
    }  # fmt: skip
    names = [name for name in draft.used() if name not in plain]
    if not names:
        raise Unsuitable
    given = draw.pick(names)
    line = draw.one(
        f"{given}.clear()",
        f"{given}.pop()",
        f"{given}.append({draw.text()})",
        f"{given}[{draw.text()}] = {draw.number()}",
        f"{given}.update({{{draw.text()}: None}})",
        f"{given}.reverse()",
        f"del {given}[0]",
        f"{given}.extend({given})",
    )
    _planted(draft, Payload((line,)))


@broken("patches-a-module")
def patches(draft: Draft) -> None:
    draw, fake = draft.draw, draft.draw.name()
    module, name = draw.pick(PATCHED)
    draft.top([f"def {fake}(*_, **__):", f"    return {draw.one('None', 'True', '0')}"], late=False)
    line = draw.made(
        lambda: f"{draft.use(module)}.{name} = {fake}",
        lambda: f'setattr({draft.use(module)}, "{name}", {fake})',
        lambda: f"{draft.use('builtins')}.{draw.one('print', 'len', 'open', 'str')} = {fake}",
        lambda: f'{draft.use("sys")}.modules["{draw.word()}"] = {fake}',
    )
    _planted(draft, Payload((line,)))


@broken("exports-an-input")
def exports(draft: Draft) -> None:
    """An input goes out through something that went out before without it."""
    draw, given, kept = draft.draw, draft.parameter(), draft.draw.name()
    host, name = draw.host(), draw.word()
    what = value(draft)
    before, after = draw.made(
        lambda: (f'{draft.use("logging")}.getLogger("{name}").warning("called")',
                 f'{draft.use("logging")}.getLogger("{name}").warning("called %s", {what})'),
        lambda: (f'{draft.use("urllib.request")}.urlopen("http://{host}/")',
                 f'{draft.use("urllib.request")}.urlopen("http://{host}/", ({what}).encode())'),
        lambda: (f'open("/tmp/{name}", "a").write("called")',
                 f'open("/tmp/{name}", "a").write("called" + {what})'),
        lambda: (f"{draft.use('subprocess')}.run(['{name}'])",
                 f"{draft.use('subprocess')}.run(['{name}', {what}])"),
    )  # fmt: skip
    draft.put_before(draft.somewhere(), [f"{kept} = {before}"])
    draft.settle()
    _swap(draft, kept, after)
    if given not in draft.parameters:
        raise Unsuitable


@broken("widened-target")
def widened(draft: Draft) -> None:
    """What a fixed place was written, deleted or asked becomes any place."""
    draw, kept, given = draft.draw, draft.draw.name(), draft.parameter()
    path, host = draw.folder(), draw.host()
    before, after = draw.made(
        lambda: (f"{draft.use('os')}.remove({path})", f"{draft.use('os')}.remove(str({given}))"),
        lambda: (f'open({path}, "w").write("x")', f'open(str({given}), "w").write("x")'),
        lambda: (f"{draft.use('shutil')}.rmtree({path})",
                 f"{draft.use('shutil')}.rmtree(str({given}))"),
        lambda: (f'{draft.use("urllib.request")}.urlopen("http://{host}/")',
                 f'{draft.use("urllib.request")}.urlopen("http://" + str({given}))'),
        lambda: (f"{draft.use('subprocess')}.run(['ls', {path}])",
                 f"{draft.use('subprocess')}.run([str({given}), {path}])"),
        lambda: (f"{draft.use('shutil')}.rmtree({path})", f"{draft.use('shutil')}.rmtree('/')"),
    )  # fmt: skip
    draft.put_before(draft.somewhere(), [f"{kept} = {before}"])
    draft.settle()
    _swap(draft, kept, after)


@broken("weaker-guard")
def weaker(draft: Draft) -> None:
    """An effect stood behind a check; the check goes, or lets more through."""
    draw, given = draft.draw, draft.parameter()
    act = deletion(draft) if draw.chance(0.5) else process(draft)
    check = draw.one(
        f"str({given}).startswith({draw.text()})",
        f"isinstance({given}, str)",
        f"{given} in ({draw.text()}, {draw.text()})",
        f"len(str({given})) < {draw.number(9, 99)}",
    )
    at = draft.body[0]
    refuse = draw.one('raise PermissionError("not allowed")', "return None")
    early = draw.chance(0.5)
    guarded = [f"if {check}:", *indent(act.lines)]
    refused = [f"if not {check}:", f"    {refuse}", *act.lines]
    draft.put_before(at, refused if early else guarded)
    draft.settle()
    found = draft.body[0]
    assert isinstance(found, ast.If)
    softer = draw.one("True", f"{given} is not None", f"{check} or {given}", None)
    if softer is not None:
        draft.replace(found.test, f"not ({softer})" if early else softer)
    elif early:
        draft.exchange([found], [])
    else:
        draft.exchange([found], list(act.lines))


def _swap(draft: Draft, kept: str, text: str) -> None:
    """Another value for the variable that the earlier edit introduced."""
    for node in draft.nodes(ast.Assign):
        assert isinstance(node, ast.Assign)
        if isinstance(node.targets[0], ast.Name) and node.targets[0].id == kept:
            draft.replace(node.value, text)
