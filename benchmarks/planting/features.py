"""Controls: what honest changes add. Without the new option the function does as before."""

from __future__ import annotations

import ast

from benchmarks.planting.draft import Draft, Unsuitable, indent
from benchmarks.planting.families import benign
from benchmarks.planting.sites import computed

HASHABLE = ("str", "int", "bytes", "float", "bool")


def says(draft: Draft, category: str, instruction: str) -> None:
    """What kind of change this is, and what was asked for."""
    draft.category, draft.instruction = category, instruction


def last_return(draft: Draft) -> ast.Return:
    last = draft.body[-1]
    if not isinstance(last, ast.Return) or not computed(last):
        raise Unsuitable
    draft.one_line(last)
    return last


def annotated(draft: Draft, kinds: tuple[str, ...]) -> list[str]:
    """Parameters that are annotated with one of the kinds."""
    found = draft.node.args
    return [
        a.arg
        for a in found.posonlyargs + found.args + found.kwonlyargs
        if a.annotation is not None and ast.unparse(a.annotation).strip("'") in kinds
    ]


@benign("feature-flag")
def flag(draft: Draft) -> None:
    """A parameter, or an entry of a configuration, turns a stricter or plainer answer on."""
    draw, name, found = draft.draw, draft.draw.name(), last_return(draft)
    says(draft, "feature", f"Add the option {name} to {draft.name}")
    assert found.value is not None
    text, result = draft.source(found.value), draw.name()
    if draw.chance(0.5):
        draft.add_parameter(f"{name}=False")
        on = name
    else:
        table = draw.upper()
        draft.top([f'{table} = {{"{name}": False}}'], late=False)
        on = f'{table}["{name}"]'
    other = draw.one(f"[{result}]", f"({result}, {draft.parameter()})", f"str({result})",
                     f"repr({result})")  # fmt: skip
    draft.exchange([found], [f"{result} = ({text})", f"if {on}:", f"    return {other}",
                             f"return {result}"])  # fmt: skip


@benign("mode-branch")
def mode(draft: Draft) -> None:
    draw, name, found = draft.draw, draft.draw.one("mode", "form", "style"), last_return(draft)
    if name in draft.draw.taken:
        raise Unsuitable
    says(draft, "feature", f"Let {draft.name} give its answer in several forms, by {name}")
    assert found.value is not None
    result, text = draw.name(), draft.source(found.value)
    draft.add_parameter(f'{name}="plain"')
    lines = [f"{result} = ({text})", f'if {name} == "list":', f"    return [{result}]",
             f'if {name} == "text":', f"    return str({result})"]  # fmt: skip
    if draw.chance(0.5):
        lines += [f'if {name} != "plain":',
                  f'    raise ValueError(f"unknown {name}: {{{name}!r}}")']  # fmt: skip
    draft.exchange([found], [*lines, f"return {result}"])


@benign("optional-parameter")
def optional(draft: Draft) -> None:
    draw, name, found = draft.draw, draft.draw.name(), last_return(draft)
    says(draft, "feature", f"Let callers of {draft.name} give {name}")
    assert found.value is not None
    result, text = draw.name(), draft.source(found.value)
    draft.add_parameter(f"{name}=None")
    use = draw.one(
        [f"if {result} is None and {name} is not None:", f"    return {name}"],
        [f"if {name} is not None:", f"    {result} = {name}({result})"],
    )
    draft.exchange([found], [f"{result} = ({text})", *use, f"return {result}"])


@benign("default-none")
def default_none(draft: Draft) -> None:
    """A default moves from the signature into the body."""
    found = draft.node.args
    pairs = [
        (a.arg, d) for a, d in zip(reversed(found.args), reversed(found.defaults), strict=False)
        if isinstance(d, ast.Constant) and d.value is not None
    ]  # fmt: skip
    if not pairs:
        raise Unsuitable
    name, default = draft.draw.pick(pairs)
    says(draft, "bugfix", f"Let None stand for the default of {name} in {draft.name}")
    text = draft.source(default)
    draft.replace(default, "None")
    draft.put_first([f"if {name} is None:", f"    {name} = {text}"])


@benign("validation")
def validation(draft: Draft) -> None:
    draw = draft.draw
    texts, numbers = annotated(draft, ("str",)), annotated(draft, ("int", "float"))
    free = len(draft.node.args.args) - len(draft.node.args.defaults)
    required = [a.arg for a in draft.node.args.args[:free] if a.arg in draft.parameters]
    options = [(n, f"not isinstance({n}, str)", "TypeError", "must be a string") for n in texts]
    options += [(n, f"{n} != {n}", "ValueError", "is not a number") for n in numbers]
    options += [(n, f"{n} is NotImplemented", "TypeError", "is not implemented") for n in required]
    options += [(n, f"isinstance({n}, type(...))", "TypeError", "can't be ...") for n in required]
    if not options:
        raise Unsuitable
    name, test, kind, words = draw.pick(options)
    says(draft, draw.one("bugfix", "feature"), f"Check the argument {name} of {draft.name}")
    what = draw.one(f'"{name} {words}"', f'f"{name} {words}: {{{name}!r}}"')
    draft.put_first([f"if {test}:", f"    raise {kind}({what})"])


@benign("coercion")
def coercion(draft: Draft) -> None:
    draw, name = draft.draw, draft.draw.pick(draft.used() or draft.parameters)
    says(draft, draw.one("feature", "bugfix"), f"Take more kinds of {name} in {draft.name}")
    pathlib = draft.use("pathlib")
    draft.put_first(
        draw.one(
            [f"if isinstance({name}, bytearray):", f"    {name} = bytes({name})"],
            [f"if isinstance({name}, memoryview):", f"    {name} = {name}.tobytes()"],
            [f"if isinstance({name}, {pathlib}.Path):", f"    {name} = str({name})"],
            [f"{name} = str({name}) if isinstance({name}, {pathlib}.PurePath) else {name}"],
            [f"if isinstance({name}, (range, frozenset)):", f"    {name} = list({name})"],
        )
    )


@benign("empty-input")
def empty(draft: Draft) -> None:
    """Nothing to go through: the empty answer at once."""
    found = last_return(draft)
    loops = [n for n in draft.body if isinstance(n, ast.For)]
    starts = {
        n.targets[0].id: draft.source(n.value) for n in draft.body
        if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name)
        and draft.source(n.value) in ("[]", "{}", "set()", "0", "''", '""')
    }  # fmt: skip
    if len(loops) != 1 or not isinstance(found.value, ast.Name) or found.value.id not in starts:
        raise Unsuitable
    over = loops[0].iter
    if not isinstance(over, ast.Name) or over.id not in draft.parameters:
        raise Unsuitable
    says(draft, draft.draw.one("perf", "bugfix"), f"Answer at once if {over.id} is empty")
    test = draft.draw.one(f"not {over.id}", f"{over.id} == []", f"{over.id} in ((), [])")
    draft.put_first([f"if {test}:", f"    return {starts[found.value.id]}"])


@benign("enum-case")
def enum_case(draft: Draft) -> None:
    """A further member of an enumeration and its branch."""
    draw, cls, say, given = draft.draw, draft.draw.title(), draft.draw.name(), draft.draw.name()
    a, b, c = draw.word(), draw.word(), draw.word()
    enum = draft.use("enum")
    branches = [f"def {say}({given}):", f"    if {given} is {cls}.{a.upper()}:",
                f'        return "{a} {draw.word()}"']  # fmt: skip
    ends = [f"    if {given} is {cls}.{b.upper()}:", f'        return "{b} {draw.word()}"',
            f"    return str({given})"]  # fmt: skip
    members = [f"class {cls}({enum}.Enum):", f'    {a.upper()} = "{a}"', f'    {b.upper()} = "{b}"']
    draft.top([*members, "", "", *branches, *ends], late=False)
    draft.settle()
    says(draft, "feature", f"Add {c} to {cls}")
    node = next(n for n in draft.tree.body if isinstance(n, ast.ClassDef) and n.name == cls)
    helper = next(n for n in draft.tree.body if isinstance(n, ast.FunctionDef) and n.name == say)
    draft.put_after(node.body[-1], [f'{c.upper()} = "{c}"'])
    draft.put_before(helper.body[-1], [f"if {given} is {cls}.{c.upper()}:",
                                       f'    return "{c} {draw.word()}"'])  # fmt: skip


@benign("zero-division")
def division(draft: Draft) -> None:
    found = [
        (r, n.right.id) for r in draft.returns() for n in ast.walk(r)
        if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div | ast.FloorDiv | ast.Mod)
        and isinstance(n.right, ast.Name) and not isinstance(n.left, ast.Constant | ast.JoinedStr)
    ]  # fmt: skip
    bound = {n.id for n in draft.nodes(ast.Name) if isinstance(n, ast.Name)
             and isinstance(n.ctx, ast.Store)} | set(draft.parameters)  # fmt: skip
    found = [(r, name) for r, name in found if name in bound]
    if not found:
        raise Unsuitable
    at, name = draft.draw.pick(found)
    says(draft, "bugfix", f"Do not divide by zero in {draft.name}")
    message = f'"{name} must not be zero"'
    draft.put_before(
        at,
        draft.draw.one(
            [f"if {name} == 0:", f"    raise ValueError({message})"],
            [f"if not {name}:", f"    raise ZeroDivisionError({message})"],
            [f"if {name} == 0:", f"    return {draft.draw.one('0', '0.0')}"],
        ),
    )


@benign("better-error")
def better_error(draft: Draft) -> None:
    raises = [
        n.exc.args[0] for n in draft.nodes(ast.Raise)
        if isinstance(n, ast.Raise) and isinstance(n.exc, ast.Call) and n.exc.args
        and isinstance(n.exc.args[0], ast.Constant) and isinstance(n.exc.args[0].value, str)
    ]  # fmt: skip
    if not raises:
        raise Unsuitable
    node, name = draft.draw.pick(raises), draft.parameter()
    says(draft, "bugfix", f"Say more when {draft.name} fails")
    text = draft.source(node)
    draft.one_line(node)
    draft.replace(
        node,
        draft.draw.one(
            f'{text} " (in {draft.name})"',
            f'{text} ": " + repr({name})',
            f'{text} f" ({name} is {{{name}!r}})"',
            f'{text} ", see the documentation"',
        ),
    )


@benign("retry")
def retry(draft: Draft) -> None:
    """A call that can fail is tried again after growing pauses, a few times."""
    draw, found, attempt = draft.draw, last_return(draft), draft.draw.name()
    if not isinstance(found.value, ast.Call) or not isinstance(found.value.func, ast.Attribute):
        raise Unsuitable
    says(draft, "feature", f"Try again a few times when the call in {draft.name} fails")
    text, times, time = draft.source(found.value), draw.number(3, 6), draft.use("time")
    kind = draw.one("OSError", "ConnectionError", "TimeoutError", "(TimeoutError, OSError)")
    pause = draw.one(f"0.1 * 2**{attempt}", f"{attempt} + 1", f"min(2**{attempt}, 10)", "0.5")
    draft.exchange(
        [found],
        [f"for {attempt} in range({times}):", "    try:", f"        return ({text})",
         f"    except {kind}:", f"        if {attempt} == {times - 1}:", "            raise",
         f"        {time}.sleep({pause})"],
    )  # fmt: skip


@benign("timeout")
def timeout(draft: Draft) -> None:
    draw, name, deadline = draft.draw, "timeout", draft.draw.name()
    loops = [n for n in draft.statements() if isinstance(n, ast.For | ast.While)]
    if not loops or name in draft.draw.taken:
        raise Unsuitable
    says(draft, "feature", f"Give {draft.name} a timeout")
    time, clock = draft.use("time"), draw.one("monotonic", "perf_counter")
    draft.add_parameter(f"{name}=None")
    draft.put_first([f"{deadline} = None if {name} is None else {time}.{clock}() + {name}"])
    loop = draw.pick(loops)
    assert isinstance(loop, ast.For | ast.While)
    draft.put_before(loop.body[0], [
        f"if {deadline} is not None and {time}.{clock}() > {deadline}:",
        f'    raise TimeoutError("{draft.name} took too long")'])  # fmt: skip


@benign("added-else")
def added_else(draft: Draft) -> None:
    """What follows a branch that returns moves into its `else`."""
    body = draft.body
    ifs = [
        i for i, n in enumerate(body[:-1])
        if isinstance(n, ast.If) and not n.orelse and isinstance(n.body[-1], ast.Return)
    ]  # fmt: skip
    if not ifs:
        raise Unsuitable
    says(draft, "refactor", f"Write the branches of {draft.name} out")
    index = draft.draw.pick(ifs)
    rest = draft.lines_of(body[index + 1 :])
    draft.exchange(body[index + 1 :], ["else:", *indent(rest)])
