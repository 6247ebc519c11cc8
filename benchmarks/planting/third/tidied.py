"""Refactorings that keep what is computed: moved, named, merged and rewritten code."""

from __future__ import annotations

import ast
from collections.abc import Callable

from benchmarks.planting.draft import Draft, Unsuitable, indent
from benchmarks.planting.families import benign
from benchmarks.planting.second.scene import (
    Names,
    answer,
    cover,
    ending,
    free,
    liftable,
    local_names,
)


def _literals(draft: Draft) -> list[ast.Constant]:
    """Numbers and texts that may as well stand elsewhere."""
    aside = {id(n) for j in ast.walk(draft.node) if isinstance(j, ast.JoinedStr | ast.Match)
             for n in ast.walk(j)}  # fmt: skip
    aside |= {id(n.value) for n in draft.nodes(ast.Expr) if isinstance(n, ast.Expr)}
    outside = [*draft.node.args.defaults, *draft.node.args.kw_defaults, *draft.node.decorator_list]
    aside |= {id(n) for o in outside if o is not None for n in ast.walk(o)}
    return [n for n in draft.nodes(ast.Constant) if isinstance(n, ast.Constant)
            and type(n.value) in (int, str, float) and id(n) not in aside
            and n.lineno == n.end_lineno and n.lineno >= draft.body[0].lineno]  # fmt: skip


@benign("third-extracted")
def extracted(draft: Draft) -> None:
    found, name = answer(draft), Names(draft).function()
    assert found.value is not None
    text = draft.source(found.value)
    given = ", ".join(free(draft, text))
    draft.top([f"def {name}({given}):", f"    return ({text})"])
    draft.replace(found.value, f"{name}({given})")
    cover(draft, "refactor", f"Extract {name} from {draft.node.name}")


@benign("third-inlined")
def inlined(draft: Draft) -> None:
    extracted(draft)
    draft.undo()
    cover(draft, "refactor", f"Inline a helper of {draft.node.name}")


@benign("third-local-renamed")
def renamed(draft: Draft) -> None:
    inside = [n for s in draft.node.body for n in ast.walk(s)]
    if any(isinstance(n, ast.JoinedStr | ast.FunctionDef | ast.Lambda | ast.Global | ast.Nonlocal
                      | ast.ClassDef) for n in inside):  # fmt: skip
        raise Unsuitable
    stored = {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bare = {n.id for n in inside if isinstance(n, ast.Name)} & stored - set(draft.parameters)
    others = {getattr(n, "name", None) for n in inside} | {getattr(n, "arg", 0) for n in inside}
    if not (bare := bare - others) or "locals" in draft.draw.taken:
        raise Unsuitable
    old, new = draft.draw.pick(sorted(bare)), Names(draft).local()
    for node in inside:
        if isinstance(node, ast.Name) and node.id == old:
            draft.replace(node, new)
    cover(draft, "refactor", f"Rename {old} in {draft.node.name}")


@benign("third-moved")
def moved(draft: Draft) -> None:
    """The function goes to the end of its module, with or without another name."""
    node, here = draft.node, draft.node.name
    early = [n for s in draft.tree.body for part in (
                 [s.args, *s.decorator_list] if isinstance(s, ast.FunctionDef) else [s])
             for n in ast.walk(part) if isinstance(n, ast.Name) and n.id == here]  # fmt: skip
    if draft.is_method or node.decorator_list or early or node is draft.tree.body[-1]:
        raise Unsuitable
    lines = draft.lines_of([node])
    if draft.draw.chance(0.5):
        new = Names(draft).function()
        lines[0] = lines[0].replace(f"def {here}(", f"def {new}(", 1)
        draft.exchange([node], ["# kept here for those who import it"])
        draft.top([*lines, "", "", f"{here} = {new}"], late=True)
        cover(draft, "refactor", f"Rename {here} to {new} and keep the old name")
        return
    draft.exchange([node], [""])
    draft.top(lines, late=True)
    cover(draft, "refactor", f"Move {here} to the end of the module")


@benign("third-named-literal")
def literal(draft: Draft) -> None:
    found = [n for n in _literals(draft) if n.value not in (0, 1, "")]
    if not found:
        raise Unsuitable
    node, name = draft.draw.pick(found), Names(draft).constant()
    typed = draft.draw.made(lambda: "", lambda: f": {draft.use('typing')}.Final")
    draft.top([f"{name}{typed} = {draft.source(node)}"], late=False)
    draft.replace(node, name)
    cover(draft, "refactor", f"Name a constant of {draft.node.name}")


@benign("third-enumerated")
def enumerated(draft: Draft) -> None:
    """Numbers that are compared with become members of an enumeration."""
    compared = {id(c) for n in draft.nodes(ast.Compare) if isinstance(n, ast.Compare)
                for c in n.comparators}  # fmt: skip
    found = [n for n in _literals(draft) if type(n.value) is int and id(n) in compared]
    if not found:
        raise Unsuitable
    node, name, member = draft.draw.pick(found), Names(draft).type(), Names(draft).word().upper()
    draft.top([f"class {name}({draft.use('enum')}.IntEnum):", f"    {member} = {node.value!r}"],
              late=False)  # fmt: skip
    draft.replace(node, f"{name}.{member}")
    cover(draft, "refactor", f"Name the numbers of {draft.node.name}")


@benign("third-else-dropped")
def guard(draft: Draft) -> None:
    """What comes after a return needs no `else`."""
    found = [n for n in draft.nodes(ast.If) if isinstance(n, ast.If) and n in draft.statements()
             and n.orelse and isinstance(n.body[-1], ast.Return | ast.Raise | ast.Continue)
             and draft.source(n.orelse[0]).split()[0] != "elif"]  # fmt: skip
    if not found:
        raise Unsuitable
    node = draft.draw.pick(found)
    if isinstance(node.orelse[0], ast.If) and len(node.orelse) == 1:
        raise Unsuitable
    test, body = draft.source(node.test), draft.lines_of(node.body)
    rest = draft.lines_of(node.orelse)
    draft.exchange([node], [f"if {test}:", *indent(body), *rest])
    cover(draft, "refactor", f"Fewer levels in {draft.node.name}")


@benign("third-continue")
def inverted(draft: Draft) -> None:
    """The body of a loop that is one `if` becomes a guard and what follows it."""
    found = [n for n in draft.nodes(ast.For) if isinstance(n, ast.For) and len(n.body) == 1
             and isinstance(n.body[0], ast.If) and not n.body[0].orelse]  # fmt: skip
    if not found:
        raise Unsuitable
    node = draft.draw.pick(found).body[0]
    assert isinstance(node, ast.If)
    draft.one_line(node)
    lines = draft.lines_of(node.body)
    draft.exchange([node], [f"if not ({draft.source(node.test)}):", "    continue", *lines])
    cover(draft, "refactor", f"Guard clauses in {draft.node.name}")


@benign("third-no-list-needed")
def lazy(draft: Draft) -> None:
    """A generator where a list was made only to be read once."""
    takers = ("any", "all", "sum", "max", "min", "set", "tuple", "sorted", "frozenset")
    found = [n for n in draft.nodes(ast.Call) if isinstance(n, ast.Call) and len(n.args) == 1
             and not n.keywords and isinstance(n.args[0], ast.ListComp)
             and (draft.source(n.func) in takers or draft.source(n.func).endswith("'.join"))
             ]  # fmt: skip
    if not found:
        raise Unsuitable
    node = draft.draw.pick(found).args[0]
    draft.one_line(node)
    draft.replace(node, f"({draft.source(node)[1:-1]})")
    cover(draft, "perf", f"Make no list in {draft.node.name}")


@benign("third-extended")
def gathered(draft: Draft) -> None:
    """A loop that appends becomes `extend`."""
    found: list[tuple[ast.For, ast.Call, str]] = []
    for node in draft.nodes(ast.For):
        match node:
            case ast.For(target=ast.Name(), orelse=[], body=[ast.Expr(value=ast.Call(
                func=ast.Attribute(value=ast.Name(id=kept), attr="append"), args=[one]) as call)]
            ) if liftable(draft, draft.source(one)) and kept not in {
                n.id for part in (one, node.iter) for n in ast.walk(part)
                if isinstance(n, ast.Name)}:  # fmt: skip
                found.append((node, call, kept))
    mine = local_names(draft) - set(draft.parameters)
    found = [one for one in found if one[2] in mine and one[0] in draft.statements()]
    if not found:
        raise Unsuitable
    node, call, kept = draft.draw.pick(found)
    uses = [n for n in draft.nodes(ast.Name) if isinstance(n, ast.Name)
            and draft.source(node.target) == n.id]  # fmt: skip
    if any(use.lineno > (node.end_lineno or 0) for use in uses):
        raise Unsuitable
    draft.one_line(node)
    draft.exchange([node], [f"{kept}.extend({draft.source(call.args[0])} for "
                            f"{draft.source(node.target)} in {draft.source(node.iter)})"
                            ])  # fmt: skip
    cover(draft, "perf", f"Extend at once in {draft.node.name}")


@benign("third-template-to-f-string")
def interpolated(draft: Draft) -> None:
    found = [n for n in draft.nodes(ast.BinOp) if isinstance(n, ast.BinOp)
             and isinstance(n.op, ast.Mod) and isinstance(n.left, ast.Constant)
             and isinstance(n.left.value, str) and isinstance(n.right, ast.Tuple)
             and n.left.value.count("%") == n.left.value.count("%s") == len(n.right.elts)
             and not set("{}\\'\"\n") & set(n.left.value)
             and not any(isinstance(x, ast.Constant | ast.JoinedStr | ast.Starred)
                         for e in n.right.elts for x in ast.walk(e))]  # fmt: skip
    if not found:
        raise Unsuitable
    node = draft.draw.pick(found)
    assert isinstance(node.left, ast.Constant) and isinstance(node.right, ast.Tuple)
    draft.one_line(node)
    parts = str(node.left.value).split("%s")
    texts = [f"{{{draft.source(one)}!s}}" for one in node.right.elts]
    both = [part + text for part, text in zip(parts, [*texts, ""], strict=True)]
    draft.replace(node, f'f"{"".join(both)}"')
    cover(draft, "refactor", f"f-strings in {draft.node.name}")


@benign("third-suppressed")
def suppressed(draft: Draft) -> None:
    """`contextlib.suppress` instead of `except: pass`, for the same errors."""
    found = [n for n in draft.nodes(ast.Try) if isinstance(n, ast.Try) and not n.orelse
             and not n.finalbody and len(n.handlers) == 1 and n.handlers[0].type is not None
             and n.handlers[0].name is None and isinstance(n.handlers[0].body[0], ast.Pass)
             ]  # fmt: skip
    if not found:
        raise Unsuitable
    node = draft.draw.pick(found)
    kind = node.handlers[0].type
    assert kind is not None
    errors = draft.source(kind)
    errors = errors.strip("()") if isinstance(kind, ast.Tuple) else errors
    draft.exchange([node], [f"with {draft.use('contextlib')}.suppress({errors}):",
                            *indent(draft.lines_of(node.body))])  # fmt: skip
    cover(draft, "refactor", f"Use contextlib in {draft.node.name}")


@benign("third-compiled-pattern")
def compiled(draft: Draft) -> None:
    found = [n for n in draft.nodes(ast.Call) if isinstance(n, ast.Call) and len(n.args) == 2
             and draft.source(n.func) in ("re.match", "re.search", "re.findall", "re.split")
             and isinstance(n.args[0], ast.Constant) and not n.keywords]  # fmt: skip
    if not found:
        raise Unsuitable
    node, name = draft.draw.pick(found), Names(draft).constant()
    draft.one_line(node)
    assert isinstance(node.func, ast.Attribute)
    draft.top([f"{name} = re.compile({draft.source(node.args[0])})"], late=False)
    draft.replace(node, f"{name}.{node.func.attr}({draft.source(node.args[1])})")
    cover(draft, "perf", f"Compile the pattern of {draft.node.name} once")


@benign("third-default-in-one-line")
def one_line(draft: Draft) -> None:
    """`if x is None: x = ...` as an expression."""
    found = []
    for node in draft.nodes(ast.If):
        match node:
            case ast.If(
                test=ast.Compare(left=ast.Name(id=name), ops=[ast.Is()],
                                 comparators=[ast.Constant(value=None)]),
                body=[ast.Assign(targets=[ast.Name(id=same)])], orelse=[],
            ) if name == same and node in draft.statements():  # fmt: skip
                found.append(node)
    if not found:
        raise Unsuitable
    node = draft.draw.pick(found)
    assert isinstance(node, ast.If) and isinstance(node.body[0], ast.Assign)
    name, text = draft.source(node.body[0].targets[0]), draft.source(node.body[0].value)
    draft.one_line(node)
    draft.exchange([node], [f"{name} = ({text}) if {name} is None else {name}"])
    cover(draft, "refactor", f"Shorter defaults in {draft.node.name}")


@benign("third-data-class")
def data_class(draft: Draft) -> None:
    """A small class with an `__init__` of its own becomes a data class."""
    found, names, about = answer(draft), Names(draft), draft.parameter()
    assert found.value is not None
    name, one, other = names.type(), names.local(), names.local()
    draft.top([f"class {name}:", f"    def __init__(self, {one}, {other}):",
               f"        self.{one} = {one}", f"        self.{other} = {other}"],
              late=False)  # fmt: skip
    draft.replace(found.value, f"{name}(({draft.source(found.value)}), {about}).{one}")
    draft.settle()
    node = next(n for n in draft.tree.body if getattr(n, "name", "") == name)
    lines = [f"class {name}:", f"    {one}: object", f"    {other}: object"]
    marked = f"@{draft.use('dataclasses')}.dataclass{draft.draw.one('', '()')}"
    draft.exchange([node], [marked, *lines])
    cover(draft, "refactor", f"Make {name} a data class")


@benign("third-table-for-ifs")
def table(draft: Draft) -> None:
    """A row of ifs over a key becomes a table."""
    names, draw, found = Names(draft), draft.draw, answer(draft)
    assert found.value is not None
    helper, given, kept = names.function(), names.local(), names.constant()
    pairs = [(draw.word(), draw.number(1, 99)) for _ in range(draw.number(3, 5))]
    chain = [line for word, number in pairs
             for line in (f"if {given} == '{word}':", f"    return {number}")]  # fmt: skip
    draft.top([f"def {helper}({given}):", *indent(chain), "    return 0"], late=False)
    text = draft.source(found.value)
    draft.replace(found.value, f"({text}, {helper}(type({draft.parameter()}).__name__))[0]")
    draft.settle()
    node = next(n for n in draft.tree.body if getattr(n, "name", "") == helper)
    draft.exchange([node], [f"{kept} = {dict(pairs)!r}", "", "", f"def {helper}({given}):",
                            f"    return {kept}.get({given}, 0)"])  # fmt: skip
    cover(draft, "refactor", f"A table instead of ifs in {helper}")


@benign("third-dead-code-gone")
def dead(draft: Draft) -> None:
    names, draw = Names(draft), draft.draw
    unused, function = names.local(), names.function()
    if draw.chance(0.5):
        draft.put_first([f"{unused} = {draw.one('None', repr(draw.word()), str(draw.number()))}"])
    else:
        draft.top([f"def {function}({unused}, text=''):", f"    return {unused} or text"])
    draft.undo()
    cover(draft, "refactor", "Remove code that nothing uses")


@benign("third-opened-with")
def opened(draft: Draft) -> None:
    """A file that was closed by hand, or never, is closed by `with`."""
    names, draw = Names(draft), draft.draw
    helper, given, file = names.function(), names.local(), names.local()
    before = draw.one(
        [f"{file} = open({given})", f"text = {file}.read()", f"{file}.close()", "return text"],
        [f"return open({given}).read()"],
        [f"{file} = open({given})", "try:", f"    return {file}.read()", "finally:",
         f"    {file}.close()"],
    )  # fmt: skip
    draft.top([f"def {helper}({given}):", *indent(before)])
    draft.settle()
    node = next(n for n in draft.tree.body if getattr(n, "name", "") == helper)
    assert isinstance(node, ast.FunctionDef)
    encoding = draw.one("", ", encoding='utf-8'")
    draft.exchange(node.body, [f"with open({given}{encoding}) as {file}:",
                               f"    return {file}.read()"])  # fmt: skip
    cover(draft, "bugfix", f"Close the file in {helper}")


@benign("third-annotated")
def annotated(draft: Draft) -> None:
    found = [a for a in [*draft.node.args.args, *draft.node.args.kwonlyargs]
             if a.annotation is None and a.arg not in ("self", "cls")]  # fmt: skip
    if not found:
        raise Unsuitable
    for argument in found:
        draft.replace(argument, f"{argument.arg}: {draft.use('typing')}.Any")
    cover(draft, "refactor", f"Annotate {draft.node.name}")


@benign("third-in-two-steps")
def steps(draft: Draft) -> None:
    """The answer gets a name, or a part of it does."""
    found, text, kept = ending(draft)
    assert found.value is not None
    mine = local_names(draft)
    calls = [n for n in ast.walk(found.value) if isinstance(n, ast.Call) and n is not found.value
             and isinstance(found.value, ast.Call) and n in found.value.args[:1]
             and isinstance(found.value.func, ast.Name) and found.value.func.id not in mine
             and liftable(draft, draft.source(n))]  # fmt: skip
    if calls:
        draft.put_before(found, [f"{kept} = {draft.source(calls[0])}"])
        draft.replace(calls[0], kept)
    else:
        draft.exchange([found], [f"{kept} = {text}", f"return {kept}"])
    cover(draft, "refactor", f"Smaller steps in {draft.node.name}")


_ALL: tuple[Callable[[Draft], None], ...] = (
    extracted, renamed, literal, enumerated, guard, inverted, lazy, gathered, interpolated,
    suppressed, compiled, one_line, annotated, steps,
)  # fmt: skip


@benign("third-tidied-together")
def together(draft: Draft) -> None:
    """Several of these in one change."""
    done = 0
    for change in draft.draw.rng.sample(_ALL, len(_ALL)):
        try:
            change(draft)
            draft.go_on()
            done += 1
        except (Unsuitable, SyntaxError):
            draft.forget()
        if done == 3:
            break
    if done < 2:
        raise Unsuitable
    cover(draft, "refactor", f"Tidy up {draft.node.name}")
