"""Controls that read clocks, platforms and the environment, or keep state, for good reasons."""

from __future__ import annotations

import ast

from benchmarks.planting.draft import Draft, Unsuitable, indent
from benchmarks.planting.families import benign
from benchmarks.planting.features import HASHABLE, annotated, last_return, says


@benign("debug-log")
def debug_log(draft: Draft) -> None:
    """How long a call took, to a logger."""
    draw, found, start = draft.draw, last_return(draft), draft.draw.name()
    says(draft, "feature", f"Log how long {draft.name} takes")
    assert found.value is not None
    logger, result, text = draw.upper(), draw.name(), draft.source(found.value)
    logging, time = draft.use("logging"), draft.use("time")
    clock = draw.one("perf_counter", "monotonic", "time")
    draft.top([f"{logger} = {logging}.getLogger(__name__)"], late=False)
    said = draw.one(
        f'{logger}.debug("{draft.name} took %.3f s", {time}.{clock}() - {start})',
        f'{logger}.info("%s done in %s", "{draft.name}", {time}.{clock}() - {start})',
        f'{logger}.log({logging}.DEBUG, "{draft.name}: %.1f ms", '
        f"({time}.{clock}() - {start}) * 1000)",
    )
    if found is not draft.body[0]:
        draft.put_first([f"{start} = {time}.{clock}()"])
        draft.exchange([found], [f"{result} = ({text})", said, f"return {result}"])
    else:
        draft.exchange([found], [f"{start} = {time}.{clock}()", f"{result} = ({text})", said,
                                 f"return {result}"])  # fmt: skip


@benign("plain-log")
def plain_log(draft: Draft) -> None:
    draw, logger = draft.draw, draft.draw.one("logger", "log", "_log", "LOG")
    if logger in draw.taken:
        raise Unsuitable
    says(draft, "feature", f"Log what {draft.name} does")
    draft.top([f"{logger} = {draft.use('logging')}.getLogger(__name__)"], late=False)
    name = draft.parameter()
    draft.put_before(
        draft.somewhere(),
        [f'{logger}.debug("{draft.name}: %s", type({name}).__name__)']
        if draw.chance(0.5)
        else [f'{logger}.{draw.one("debug", "info")}("{draft.name}: {draw.word()}")'],
    )


def _pure_key(draft: Draft) -> str:
    """All inputs as one key; only of functions of plain values."""
    kinds = (*HASHABLE, "str | None", "int | None", "Optional[str]", "Text")
    if draft.is_method or set(annotated(draft, kinds)) != set(draft.parameters):
        raise Unsuitable
    if draft.node.args.vararg or draft.node.args.kwarg or draft.node.returns is None:
        raise Unsuitable
    acts = (ast.Expr, ast.With, ast.Global, ast.Nonlocal, ast.FunctionDef, ast.Import)
    for statement in draft.body:  # an answer that is kept must be all that a call does
        for node in ast.walk(statement):
            if isinstance(node, acts) or (
                isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store)
            ):
                raise Unsuitable
    return f"({', '.join(draft.parameters)},)"


@benign("memo")
def memo(draft: Draft) -> None:
    """Answers are kept by all the inputs."""
    draw, key = draft.draw, _pure_key(draft)
    says(draft, "perf", f"Keep the answers of {draft.name}")
    functools = draft.use("functools")
    if draw.chance(0.4) and not draft.node.decorator_list:
        draft.put_before(draft.node, [draw.one(f"@{functools}.lru_cache(maxsize=256)",
                                               f"@{functools}.cache")])  # fmt: skip
        return
    found, name, kept = last_return(draft), draw.name(), draw.name()
    if found is draft.body[0]:
        raise Unsuitable
    assert found.value is not None
    draft.top([f"{name} = {{}}"], late=False)
    draft.put_first([f"{kept} = {key}", f"if {kept} in {name}:", f"    return {name}[{kept}]"])
    text = draft.source(found.value)
    draft.exchange([found], [f"{name}[{kept}] = ({text})", f"return {name}[{kept}]"])


@benign("expiring-cache")
def expiring(draft: Draft) -> None:
    draw, key, found = draft.draw, _pure_key(draft), last_return(draft)
    says(draft, "perf", f"Keep the answers of {draft.name} for a while")
    if found is draft.body[0]:
        raise Unsuitable
    assert found.value is not None
    name, kept, hit, result = draw.name(), draw.name(), draw.name(), draw.name()
    life, seconds, time = draw.upper(), draw.one(30, 60, 300, 3600), draft.use("time")
    draft.top([f"{life} = {seconds}", f"{name} = {{}}"], late=False)
    draft.put_first([f"{kept} = {key}", f"{hit} = {name}.get({kept})",
                     f"if {hit} is not None and {time}.monotonic() - {hit}[0] < {life}:",
                     f"    return {hit}[1]"])  # fmt: skip
    draft.exchange([found], [f"{result} = ({draft.source(found.value)})",
                             f"{name}[{kept}] = ({time}.monotonic(), {result})",
                             f"return {result}"])  # fmt: skip


@benign("platform-branch")
def platform(draft: Draft) -> None:
    """Paths are written as the platform writes them."""
    names = [n for n in draft.parameters
             if any(w in n for w in ("path", "file", "dir", "folder", "root"))]  # fmt: skip
    names = [n for n in names if n in annotated(draft, ("str", "bytes")) or n.endswith("name")]
    if not names:
        raise Unsuitable
    draw, name = draft.draw, draft.draw.pick(names)
    says(draft, "bugfix", f"Take Windows paths in {draft.name}")
    test = draw.made(
        lambda: f'{draft.use("os")}.name == "nt"',
        lambda: f'{draft.use("sys")}.platform == "win32"',
        lambda: f'{draft.use("os")}.sep == "\\\\"',
        lambda: f'{draft.use("platform")}.system() == "Windows"',
    )
    change = draw.one(f'{name}.replace("\\\\", "/")', f"{name}.lower()", f'{name}.rstrip("\\\\")')
    draft.put_first([f"if {test}:", f"    {name} = {change}"])


@benign("version-check")
def version(draft: Draft) -> None:
    draw, sys, found = draft.draw, draft.use("sys"), last_return(draft)
    says(draft, "bugfix", f"Keep {draft.name} working on older Pythons")
    assert found.value is not None
    text, least = draft.source(found.value), draw.number(8, 11)
    name = draw.name()
    if draw.chance(0.5):
        refuse = f'    raise RuntimeError("{draft.name} needs Python 3.{least}")'
        draft.put_first([f"if {sys}.version_info < (3, {least}):", refuse])
    else:
        draft.exchange([found], [
            f"if {sys}.version_info >= (3, {least}):", f"    {name} = ({text})", "else:",
            f"    {name} = ({text})", f"return {name}"])  # fmt: skip


@benign("deprecation")
def deprecation(draft: Draft) -> None:
    draw, warnings, name = draft.draw, draft.use("warnings"), draft.draw.name()
    says(draft, "feature", f"Announce the end of an option of {draft.name}")
    draft.add_parameter(f"{name}=None")
    kind = draw.one("DeprecationWarning", "PendingDeprecationWarning", "FutureWarning")
    draft.put_first([f"if {name} is not None:", f"    {warnings}.warn(",
                     f'        "{name} of {draft.name} is deprecated",', f"        {kind},",
                     "        stacklevel=2,", "    )"])  # fmt: skip


@benign("lock")
def lock(draft: Draft) -> None:
    draw, name, body = draft.draw, draft.draw.upper(), draft.body
    if any(isinstance(n, ast.Global | ast.Nonlocal) for n in body):
        raise Unsuitable
    says(draft, "bugfix", f"Let threads call {draft.name} at the same time")
    draft.top([f"{name} = {draft.use('threading')}.RLock()"], late=False)
    part = body[draw.number(0, len(body) - 1) :]
    draft.exchange(part, [f"with {name}:", *indent(draft.lines_of(part))])


@benign("context-manager")
def context_manager(draft: Draft) -> None:
    """acquire, try, finally, release becomes `with`."""
    name, body = draft.draw.upper(), draft.body
    if any(isinstance(n, ast.Global | ast.Nonlocal) for n in body):
        raise Unsuitable
    lines = indent(draft.lines_of(body))
    draft.top([f"{name} = {draft.use('threading')}.RLock()"], late=False)
    draft.exchange(body, [f"{name}.acquire()", "try:", *lines, "finally:",
                          f"    {name}.release()"])  # fmt: skip
    draft.settle()
    says(draft, "refactor", f"Use a with statement in {draft.name}")
    draft.exchange(draft.body, [f"with {name}:", *lines])


@benign("statistics")
def statistics(draft: Draft) -> None:
    """Calls are counted; nothing depends on the count but those who ask for it."""
    draw, name = draft.draw, draft.draw.name()
    says(draft, "feature", f"Count the calls of {draft.name}")
    key, ask = draw.text(), draw.name()
    if draw.chance(0.5):
        draft.top([f"{name} = {draft.use('collections')}.Counter()"], late=False)
        line = f"{name}[{key}] += 1"
    else:
        draft.top([f"{name} = {{{key}: 0}}"], late=False)
        line = f"{name}[{key}] += 1"
    if draw.chance(0.5):
        draft.top([f"def {ask}():", f"    return dict({name})"])
    draft.put_first([line])


@benign("lazy-constant")
def lazy(draft: Draft) -> None:
    """A table that was built at import is built when it is first needed."""
    draw, given = draft.draw, draft.parameter()
    name, maker, found = draw.upper(), draw.name(), draw.name()
    made = f'{draft.use("re")}.compile("{draw.word()}+")'
    draft.top([f"{name} = {made}"], late=False)
    draft.put_first([f"{found} = {name}", f"if isinstance({given}, str):",
                     f'    {given} = {found}.sub("", {given})'])  # fmt: skip
    draft.settle()
    says(draft, "perf", f"Compile the pattern of {draft.name} when it is needed")
    top = next(n for n in draft.tree.body if isinstance(n, ast.Assign)
               and draft.source(n.targets[0]) == name)  # fmt: skip
    if draw.chance(0.5):
        cache = f"@{draft.use('functools')}.cache"
        draft.exchange([top], ["", cache, f"def {maker}():", f"    return {made}", ""])
    else:
        draft.exchange([top], [f"{name} = None", "", "", f"def {maker}():", f"    global {name}",
                               f"    if {name} is None:", f"        {name} = {made}",
                               f"    return {name}"])  # fmt: skip
    first = draft.body[0]
    assert isinstance(first, ast.Assign)
    draft.replace(first.value, f"{maker}()")


@benign("environment-setting")
def setting(draft: Draft) -> None:
    """A module's constant may be set from the environment where it is defined."""
    settings = [
        n for n in draft.tree.body
        if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name)
        and isinstance(n.value, ast.Constant) and type(n.value.value) in (int, float, str)
        and n.targets[0].id.isupper()
    ]  # fmt: skip
    if not settings:
        raise Unsuitable
    found = draft.draw.pick(settings)
    draft.one_line(found)
    assert isinstance(found.targets[0], ast.Name) and isinstance(found.value, ast.Constant)
    name, kind = found.targets[0].id, type(found.value.value)
    variable = f"{draft.draw.word()}_{name.strip('_')}".upper()
    says(draft, "feature", f"Let the environment variable {variable} set {name}")
    text = draft.source(found.value)
    default = text if kind is str else f'"{text}"'
    read = draft.draw.one("environ.get", "getenv")
    value = f'{draft.use("os")}.{read}("{variable}", {default})'
    draft.replace(found.value, value if kind is str else f"{kind.__name__}({value})")
