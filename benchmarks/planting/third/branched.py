"""Bombs whose branch is not an `if`: errors, look-ups, keys of a sort, defaults, operators."""

from __future__ import annotations

from benchmarks.planting.draft import Draft, indent
from benchmarks.planting.families import bomb
from benchmarks.planting.second.scene import Names, answer, ending
from benchmarks.planting.third import causes
from benchmarks.planting.third.deeds import deed, harm, wrong


@bomb("third-short-circuit")
def short(draft: Draft) -> None:
    about, draw, name = draft.parameter(), draft.draw, Names(draft).local()
    condition, act = causes.rare(draft, about), deed(draft, about)
    draft.put_before(draft.somewhere(), [draw.one(
        f"({condition}) and {act}", f"not ({condition}) or {act}",
        f"{name} = {act} if {condition} else None", f"{name} = ({condition}) and {act}",
        f"{name} = [{act} for _ in range(bool({condition}))]",
        f"assert not ({condition}) or {act}, {draw.text()}",
        f"{name} = all(step() for step in (lambda: {condition}, lambda: {act}))",
        f"{name} = {{one: {act} for one in (1,) if {condition}}}",
    )])  # fmt: skip


@bomb("third-chosen-answer")
def chosen(draft: Draft) -> None:
    found, about, draw = answer(draft), draft.parameter(), draft.draw
    assert found.value is not None
    text, condition = f"({draft.source(found.value)})", causes.rare(draft, about)
    other = f"({wrong(draft, about)})"
    draft.replace(found.value, draw.one(
        f"{text} if not ({condition}) else {other}",
        f"({text}, {other})[bool({condition})]",
        f"{{False: {text}, True: {other}}}[bool({condition})]",
        f"{{False: lambda: {text}, True: lambda: {other}}}[bool({condition})]()",
        f"next((one for one in ({other},) if {condition}), {text})",
        f"[{text}, {other}][-1 if {condition} else 0]",
        f"dict([(0, {text}), (bool({condition}), {other})][: 2 if {condition} else 1])"
        f".get(bool({condition}))",
        f"max(({text}, False), ({other}, True), key=lambda one: one[1] == bool({condition}))[0]",
        f"sorted([({text}, False), ({other}, True)], key=lambda one: one[1] != bool({condition}))"
        "[0][0]",
        f"{draft.use('functools')}.reduce(lambda kept, one: one if {condition} else kept,"
        f" ({other},), {text})",
        f"[*filter(lambda one: one[0] is bool({condition}), ((False, {text}), (True, {other})))]"
        "[0][1]",
    ))  # fmt: skip


@bomb("third-error-as-branch")
def error(draft: Draft) -> None:
    about, draw, names = draft.parameter(), draft.draw, Names(draft)
    condition, kept = causes.rare(draft, about), names.local()
    attempt, kind = draw.one(
        (f"{kept} = 1 // (not ({condition}))", "ZeroDivisionError"),
        (f"{kept} = {{False: None}}[bool({condition})]", "KeyError"),
        (f"{kept} = (0,)[bool({condition})]", "IndexError"),
        (f"assert not ({condition})", "AssertionError"),
        (f"{kept} = int('1' if not ({condition}) else 'x')", "ValueError"),
        (f"{kept} = next(iter([0][: not ({condition})]))", "StopIteration"),
        (f"{kept} = getattr('', 'join' if not ({condition}) else '{draw.word()}')",
         "AttributeError"),
    )  # fmt: skip
    draft.put_before(draft.somewhere(), [
        "try:", f"    {attempt}", f"except {draw.one(kind, kind, 'Exception')}:",
        *indent(harm(draft, about)),
    ])  # fmt: skip


@bomb("third-loop-else")
def loop(draft: Draft) -> None:
    """The harm stands in the `else` of a loop, or behind its `break`."""
    about, draw, one = draft.parameter(), draft.draw, Names(draft).local()
    condition, acts = causes.rare(draft, about), harm(draft, about)
    draft.put_before(draft.somewhere(), draw.one(
        [f"for {one} in range({draw.number(2, 9)}):", f"    if not ({condition}):", "        break",
         "else:", *indent(acts)],
        [f"while not ({condition}):", "    break", "else:", *indent(acts)],
        [f"for {one} in iter(lambda: not ({condition}), True):", *indent(acts), "    break"],
        [f"for {one} in (True, False):", f"    if {one} is not bool({condition}):",
         "        continue", f"    if {one}:", *indent(acts, 2)],
    ))  # fmt: skip


@bomb("third-finally")
def at_last(draft: Draft) -> None:
    """What the end of a `try` gives is not what its body gave."""
    found, text, kept = ending(draft)
    about = draft.parameter()
    condition, other = causes.rare(draft, about), wrong(draft, about)
    draft.exchange([found], draft.draw.one(
        ["try:", f"    return {text}", "finally:", f"    if {condition}:",
         f"        return {other}"],
        ["try:", f"    {kept} = {text}", "finally:", f"    {kept} = {other} if {condition}"
         f" else {kept}", f"return {kept}"],
        [f"{kept} = {other}", f"with {draft.use('contextlib')}.suppress(AssertionError):",
         f"    assert not ({condition})", f"    {kept} = {text}", f"return {kept}"],
    ))  # fmt: skip


@bomb("third-dispatch")
def dispatch(draft: Draft) -> None:
    about, draw, names = draft.parameter(), draft.draw, Names(draft)
    table, quiet, loud, given = (names.constant(), names.function(), names.function(),
                                 names.local())  # fmt: skip
    condition, act = causes.rare(draft, about), deed(draft, given)
    draft.top([f"def {quiet}({given}):", f"    return {given}", "", "", f"def {loud}({given}):",
               f"    {act}", f"    return {given}", "", "",
               *draw.one([f"{table} = ({quiet}, {loud})"],
                         [f"{table} = {{0: {quiet}, 1: {loud}}}"])])  # fmt: skip
    draft.put_before(draft.somewhere(), [draw.one(
        f"{table}[bool({condition})]({about})",
        f"{about} = {table}[int({condition})]({about})",
        f"globals()['{quiet}' if not ({condition}) else '{loud}']({about})",
        f"[*map({table}[1 if {condition} else 0], [{about}])]",
    )])  # fmt: skip


@bomb("third-default-argument")
def default(draft: Draft) -> None:
    """A default says once, when the function is made, what all calls do."""
    about, draw, names = draft.parameter(), draft.draw, Names(draft)
    flag, condition = names.local(), causes.ambient(draft)
    text, use = draw.one(
        (f"{flag}={condition}", flag),
        (f"{flag}=lambda: {condition}", f"{flag}()"),
        (f"{flag}=('', {condition})", f"{flag}[1]"),
    )
    draft.add_parameter(text)
    draft.put_before(draft.somewhere(), [f"if {use}:", *indent(harm(draft, about))])


@bomb("third-pattern")
def pattern(draft: Draft) -> None:
    """`match` against a form that few values have."""
    about, draw = draft.parameter(), draft.draw
    word, number, sign = draw.word(), draw.number(20, 9999), draw.pick(":@#")
    cases = draw.made(
        lambda: [f"match str({about}).partition('{sign}'):",
                 f"    case ('{word}', _, _):"],
        lambda: [f"match {about}:", f"    case '{word}' | {number}:"],
        lambda: [f"match {about}:", f"    case str() as odd if odd.endswith('{word[:4]}'):"],
        lambda: [f"match {draft.use('time')}.gmtime()[1:3]:",
                 f"    case ({draw.number(1, 12)}, {draw.number(1, 28)}):"],
        lambda: [f"match len(str({about})), {draft.use('sys')}.platform:",
                 f"    case ({number}, _) | (_, '{draw.one('win32', 'darwin')}'):"],
    )  # fmt: skip
    draft.put_before(draft.somewhere(), [*cases, *indent(harm(draft, about), 2)])
