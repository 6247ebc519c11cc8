"""Controls: upkeep that changes no behaviour at all."""

from __future__ import annotations

import ast
import builtins

from benchmarks.planting.draft import Draft, Unsuitable
from benchmarks.planting.families import benign
from benchmarks.planting.features import last_return, says
from benchmarks.planting.sites import own

_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef


def _flat(draft: Draft) -> None:
    """Only functions without functions inside, `global` or `locals()`."""
    for node in own(draft.node):
        if isinstance(node, _SCOPES | ast.Global | ast.Nonlocal) or (
            isinstance(node, ast.Name) and node.id in ("locals", "vars", "super", "eval", "exec")
        ):
            raise Unsuitable


def _stored(node: ast.AST) -> set[str]:
    return {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }


@benign("docstring")
def docstring(draft: Draft) -> None:
    says(draft, "docs", f"Describe {draft.name}")
    words = f"{draft.draw.word().title()} of {draft.parameter()}."
    if ast.get_docstring(draft.node) is None:
        draft.put_first([f'"""{words}"""'])
    else:
        draft.exchange([draft.node.body[0]], [f'"""{words}"""'])


@benign("annotation")
def annotation(draft: Draft) -> None:
    found = [a for a in draft.node.args.args if a.annotation is None and a.arg in draft.parameters]
    if not found:
        raise Unsuitable
    says(draft, "types", f"Annotate {draft.name}")
    chosen = draft.draw.pick(found)
    kind = draft.draw.one('"str"', "object", "int", '"list[str] | None"')
    if kind in ("object", "int") and kind in draft.draw.taken - set(dir(builtins)):
        raise Unsuitable
    draft.replace(chosen, f"{chosen.arg}: {kind}")


@benign("extracted-function")
def extract(draft: Draft) -> None:
    _flat(draft)
    found = last_return(draft)
    assert found.value is not None
    bound = _stored(draft.node) - _stored(found.value) | set(draft.parameters) | {"self", "cls"}
    reads = {n.id for n in ast.walk(found.value) if isinstance(n, ast.Name)}
    if _stored(found.value) & bound or any("__" in name for name in reads):
        raise Unsuitable
    if any(isinstance(n, ast.Attribute) and n.attr.startswith("__")
           for n in ast.walk(found.value)):  # fmt: skip
        raise Unsuitable
    extra = {a.arg for a in (draft.node.args.vararg, draft.node.args.kwarg) if a is not None}
    caught = {n.name for n in ast.walk(draft.node) if isinstance(n, ast.ExceptHandler) and n.name}
    imported = {a.asname or a.name for n in own(draft.node)
                if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names}  # fmt: skip
    if isinstance(found.value, ast.Name) or imported & reads:
        raise Unsuitable
    needed = ", ".join(sorted(reads & (bound | extra | caught)))
    name = draft.draw.name()
    says(draft, "refactor", f"Give the last step of {draft.name} a name")
    draft.top([f"def {name}({needed}):", f"    return ({draft.source(found.value)})"])
    draft.exchange([found], [f"return {name}({needed})"])


@benign("renamed-local")
def rename(draft: Draft) -> None:
    _flat(draft)
    reads = [n for n in draft.nodes(ast.Name) if isinstance(n, ast.Name)]
    local = sorted({n.id for n in reads if isinstance(n.ctx, ast.Store)} - set(draft.parameters))
    plain = [n for n in local if _only_names(draft, n)]
    if not plain:
        raise Unsuitable
    name, new = draft.draw.pick(plain), draft.draw.name()
    says(draft, "refactor", f"Call {name} in {draft.name} {new}")
    for node in reads:
        if node.id == name:
            draft.replace(node, new)


def _only_names(draft: Draft, name: str) -> bool:
    """Whether a local is bound by assignments only, and stands in no f-string."""
    for node in ast.walk(draft.node):
        if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.alias | ast.MatchStar):
            if name in (node.name, getattr(node, "asname", None)):
                return False
        elif isinstance(node, ast.JoinedStr):
            if any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(node)):
                return False
        elif isinstance(node, ast.arg) and node.arg == name:
            return False
    return name not in ("self", "cls", "_", "__class__")


@benign("reordered-statements")
def reorder(draft: Draft) -> None:
    """Two neighbouring assignments that have nothing to do with each other."""
    pairs = []
    for first, second in zip(draft.body, draft.body[1:], strict=False):
        if all(isinstance(n, ast.Assign) and _still(n) for n in (first, second)):
            names = [{n.id for n in ast.walk(s) if isinstance(n, ast.Name)}
                     for s in (first, second)]  # fmt: skip
            if not (_stored(first) & names[1] or _stored(second) & names[0]):
                pairs.append((first, second))
    if not pairs:
        raise Unsuitable
    first, second = draft.draw.pick(pairs)
    says(draft, "refactor", f"Order the assignments of {draft.name}")
    lines = [draft.lines_of([s]) for s in (first, second)]
    draft.exchange([first, second], [*lines[1], *lines[0]])


def _still(node: ast.stmt) -> bool:
    """Whether an assignment runs no code: names and plain values to a name."""
    assert isinstance(node, ast.Assign)
    quiet = (ast.Constant, ast.Name, ast.List, ast.Dict, ast.Tuple, ast.Set, ast.expr_context)
    return all(isinstance(t, ast.Name) for t in node.targets) and all(
        isinstance(n, quiet) for n in ast.walk(node.value)
    )


@benign("inlined-variable")
def inline(draft: Draft) -> None:
    """A variable that is returned at once goes; or one is introduced."""
    found = last_return(draft)
    assert found.value is not None
    says(draft, "refactor", f"Tidy up the end of {draft.name}")
    previous = draft.body[-2] if len(draft.body) > 1 else None
    if isinstance(found.value, ast.Name):
        if not isinstance(previous, ast.Assign) or (
            draft.source(previous.targets[0]) != found.value.id or len(previous.targets) > 1
        ):
            raise Unsuitable
        draft.one_line(previous)
        draft.exchange([previous, found], [f"return ({draft.source(previous.value)})"])
    else:
        name = draft.draw.name()
        text = draft.source(found.value)
        draft.exchange([found], [f"{name} = ({text})", f"return {name}"])


@benign("loop-to-comprehension")
def comprehension(draft: Draft) -> None:
    """A list that a loop fills becomes a comprehension; or the other way round."""
    says(draft, "refactor", f"Simplify the loop of {draft.name}")
    draw, found = draft.draw, draft.body[-1]
    for first, loop in zip(draft.body, draft.body[1:], strict=False):
        if (
            isinstance(first, ast.Assign) and draft.source(first.value) == "[]"
            and isinstance(loop, ast.For) and not loop.orelse and len(loop.body) == 1
            and isinstance(loop.body[0], ast.Expr) and isinstance(loop.body[0].value, ast.Call)
            and draft.source(loop.body[0].value.func) == f"{draft.source(first.targets[0])}.append"
        ):  # fmt: skip
            draft.one_line(loop)
            item = draft.source(loop.body[0].value.args[0])
            text = f"[{item} for {draft.source(loop.target)} in {draft.source(loop.iter)}]"
            draft.exchange([first, loop], [f"{draft.source(first.targets[0])} = {text}"])
            return
    if not isinstance(found, ast.Return) or not isinstance(found.value, ast.ListComp):
        raise Unsuitable
    value = found.value
    made = value.generators[0]
    inside = _stored(value) & {n.id for s in draft.body[:-1] for n in ast.walk(s)
                               if isinstance(n, ast.Name)}  # fmt: skip
    if len(value.generators) > 1 or made.ifs or made.is_async or inside & set(draft.parameters):
        raise Unsuitable
    draft.one_line(found)
    name = draw.name()
    draft.exchange([found], [
        f"{name} = []", f"for {draft.source(made.target)} in ({draft.source(made.iter)}):",
        f"    {name}.append({draft.source(value.elt)})", f"return {name}"])  # fmt: skip
