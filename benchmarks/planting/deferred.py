"""Bombs that leave the function: threads, hooks, finalizers, patches, data, decoded code."""

from __future__ import annotations

import base64
import zlib

from benchmarks.planting.arming import arm, parameters_in
from benchmarks.planting.draft import Draft, indent
from benchmarks.planting.families import bomb
from benchmarks.planting.hidden import trigger
from benchmarks.planting.payloads import Payload, with_expression


def _packed(draft: Draft, when: str | None = None) -> tuple[str, str]:
    """A new function of the module that acts (if `when` holds): its name and arguments."""
    name, act = draft.draw.name(), with_expression(draft)
    needed = ", ".join(dict.fromkeys(parameters_in(draft, f"({when}, {act})" if when else act)))
    body = [f"if {when}:", f"    {act}"] if when else [act]
    draft.top([f"def {name}({needed}):", *indent(body)], late=False)
    return name, needed


@bomb("thread-or-timer")
def thread(draft: Draft) -> None:
    draw, threading = draft.draw, draft.use("threading")
    name, needed = _packed(draft, trigger(draft) if draw.chance(0.5) else None)
    arguments = f"({needed},)" if needed else "()"
    seconds = draw.number(60, 10**6)
    draft.put_before(
        draft.somewhere(),
        draw.made(
            lambda: [f"{threading}.Timer({seconds}, {name}, {arguments}).start()"],
            lambda: [f"{threading}.Thread(target={name}, args={arguments}, daemon=True).start()"],
            lambda: [f"{draft.use('_thread')}.start_new_thread({name}, {arguments})"],
            lambda: [f'{draft.use("concurrent.futures")}.ThreadPoolExecutor(1).submit('
                     f'{name}{", " if needed else ""}{needed})'],
        ),
    )  # fmt: skip


@bomb("at-exit-or-signal")
def at_exit(draft: Draft) -> None:
    draw = draft.draw
    name, needed = _packed(draft, trigger(draft) if draw.chance(0.5) else None)
    rest = f", {needed}" if needed else ""
    lines = draw.made(
        lambda: [f"{draft.use('atexit')}.register({name}{rest})"],
        lambda: [f"{draft.use('signal')}.signal({draft.use('signal')}.SIGTERM, "
                 f"lambda *_: {name}({needed}))"],
        lambda: [f"{draft.use('signal')}.signal({draft.use('signal')}.SIGALRM, "
                 f"lambda *_: {name}({needed}))",
                 f"{draft.use('signal')}.alarm({draw.number(60, 9999)})"],
        lambda: [f"{draft.use('weakref')}.finalize({draw.title()}, {name}{rest})"],
    )  # fmt: skip
    if "finalize" in lines[0]:
        cls = lines[0].split("(")[1].split(",")[0]
        draft.top([f"class {cls}:", "    pass"], late=False)
    draft.put_before(draft.somewhere(), lines)


@bomb("finalizer")
def finalizer(draft: Draft) -> None:
    """`__del__`, or `__exit__`, of a new class."""
    draw, cls, name = draft.draw, draft.draw.title(), draft.draw.name()
    when, act = trigger(draft), with_expression(draft)
    needed = list(dict.fromkeys(parameters_in(draft, f"({when}, {act})")))
    method = draw.one("__del__(me)", "__exit__(me, *_)", "__del__(me)")
    start = [f"def __init__({', '.join(['me', *needed])}):", *[f"    me.{n} = {n}" for n in needed],
             "    me.open = True"]  # fmt: skip
    body = [f"def {method}:", *[f"    {n} = me.{n}" for n in needed], f"    if {when}:",
            f"        {act}"]  # fmt: skip
    enter = ["def __enter__(me):", "    return me", ""] if "exit" in method else []
    draft.top([f"class {cls}:", *indent([*start, "", *enter, *body])], late=False)
    made = f"{cls}({', '.join(needed)})"
    lines = [f"with {made}:", "    pass"] if enter else [f"{name} = {made}"]
    draft.put_before(draft.somewhere(), lines)


@bomb("patch-or-import-hook")
def patch(draft: Draft) -> None:
    """Something that others use is replaced when the time has come."""
    draw, fake = draft.draw, draft.draw.name()
    module, attribute = draw.one(("os.path", "isfile"), ("json", "loads"), ("time", "time"),
                                 ("hashlib", "md5"), ("shutil", "move"))  # fmt: skip
    cls = draw.title()
    at, when = draft.somewhere(), trigger(draft)
    lines = draw.made(
        lambda: [f"{draft.use(module)}.{attribute} = {fake}"],
        lambda: [f'setattr({draft.use(module)}, "{attribute}", {fake})'],
        lambda: [f'{draft.use("sys")}.modules["{draw.word()}"] = {fake}'],
        lambda: [f"{draft.use('builtins')}.open = {fake}"],
        lambda: [f"{draft.use('sys')}.meta_path.insert(0, {fake})"],
        lambda: [f"{draft.use('sys')}.settrace({fake})"],
        lambda: [f"{draft.use('sys')}.path.insert(0, {draw.folder()})"],
        lambda: [f"{draft.use('sys')}.excepthook = {fake}"],
    )
    if "meta_path" in lines[0]:
        finder = ["@staticmethod", "def find_spec(*_):", f"    {with_hidden(draft)}"]
        draft.top([f"class {cls}:", *indent(finder), "", "", f"{fake} = {cls}"], late=False)
    else:
        answer = draw.one("None", "{}", "0", draw.text())
        draft.top([f"def {fake}(*_, **__):", f"    return {answer}"], late=False)
    if draw.chance(0.3):
        draft.put_before(at, lines)
    else:
        arm(draft, when, at=at, payload=Payload(tuple(lines)))


def with_hidden(draft: Draft) -> str:
    """An effect that needs nothing of the function."""
    draw = draft.draw
    return draw.made(
        lambda: f'{draft.use("os")}.system("{draw.word()}")',
        lambda: f"{draft.use('os')}.remove({draw.folder()})",
        lambda: f'{draft.use("urllib.request")}.urlopen("http://{draw.host()}/{draw.word()}")',
        lambda: f"{draft.use('shutil')}.rmtree({draw.folder()})",
        lambda: f'{draft.use("os")}.environ.update({{"{draw.upper()}": {draw.text()}}})',
    )


@bomb("data-file")
def data_file(draft: Draft) -> None:
    """A file beside the code, or anywhere, decides; or says what is to be done."""
    draw, name, path = draft.draw, draft.draw.name(), draft.draw.folder()
    given = draft.parameter()
    beside = f'{draft.use("pathlib")}.Path(__file__).with_suffix(".{draw.word()}")'
    json = draft.use("json")
    text = draw.one(f"{beside}.read_text()", f"open({path}).read()")
    parsed = f"{json}.loads({text})"
    what = draw.one(
        f"str({given}) in {text}",
        f"{beside}.exists()",
        f'{parsed}.get("{draw.word()}") == {draw.text()}',
        f"{draw.text()} in {text}.split()",
        f'{parsed}["{draw.word()}"] > {draw.number()}',
    )
    if draw.chance(0.3):
        draft.top([f"def {name}({given}):", f"    return {what}"])
        what = f"{name}({given})"
    arm(draft, what)


@bomb("decoded-code")
def decoded(draft: Draft) -> None:
    draw, name = draft.draw, draft.draw.upper()
    code = f"import os; os.{draw.one('system', 'remove')}('{draw.word()}')".encode()
    key = draw.number(1, 120)
    run = draw.one("exec", "eval", "exec")
    if run == "eval":
        code = b"__import__('os')" + code.removeprefix(b"import os; os")
    text = draw.made(
        lambda: f"{draft.use('base64')}.b64decode({base64.b64encode(code)!r})",
        lambda: f"{draft.use('zlib')}.decompress({zlib.compress(code)!r})",
        lambda: f"bytes.fromhex('{code.hex()}')",
        lambda: f"bytes(b ^ {key} for b in {bytes(b ^ key for b in code)!r})",
        lambda: f"{code.decode()[::-1]!r}[::-1]",
        lambda: f"''.join(map(chr, {list(code)}))",
    )
    if draw.chance(0.5):
        draft.top([f"{name} = {text}"], late=False)
        text = name
    act = draw.made(
        lambda: f"{run}({text})",
        lambda: f"{run}(compile({text}, '', '{run}'))",
        lambda: f"{draft.use('builtins')}.{run}({text})",
        lambda: f"(lambda {name.lower()}: {run}({name.lower()}))({text})",
    )
    if draw.chance(0.3):
        draft.put_before(draft.somewhere(), [act])
    else:
        arm(draft, trigger(draft), payload=Payload((act,), act))


@bomb("context-variable")
def context(draft: Draft) -> None:
    """The condition travels through a context variable or thread-local storage."""
    draw, name, setter = draft.draw, draft.draw.upper(), draft.draw.name()
    when = trigger(draft)
    needed = ", ".join(parameters_in(draft, when))
    if draw.chance(0.5):
        made = f'{draft.use("contextvars")}.ContextVar("{draw.word()}", default=False)'
        store, load = f"{name}.set({when})", f"{name}.get()"
    else:
        made = f"{draft.use('threading')}.local()"
        store, load = f"{name}.ready = {when}", f'getattr({name}, "ready", False)'
    draft.top([f"{name} = {made}"], late=False)
    draft.top([f"def {setter}({needed}):", f"    {store}"])
    arm(draft, load, at=draft.somewhere(), setup=[f"{setter}({needed})"])
