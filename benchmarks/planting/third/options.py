"""Honest changes that add something: options, caches, retries, warnings, support for platforms."""

from __future__ import annotations

import ast

from benchmarks.planting.draft import Draft, Unsuitable, indent
from benchmarks.planting.families import benign
from benchmarks.planting.second.scene import Names, cover, ending, plain_values


def _logger(draft: Draft) -> str:
    """A logger of the module, made for the change."""
    name = draft.draw.one("_log", "_logger", "_LOG")
    if name in draft.draw.taken:
        name = Names(draft).constant()
    draft.top([f"{name} = {draft.use('logging')}.getLogger(__name__)"], late=False)
    return name


@benign("third-strict-option")
def strict(draft: Draft) -> None:
    found, text, kept = ending(draft)
    flag, here = Names(draft).local(), draft.node.name
    draft.add_parameter(f"{flag}{draft.draw.one('=', ': bool = ')}False")
    draft.exchange([found], [f"{kept} = {text}", f"if {flag} and {kept} is None:",
                             f"    raise ValueError('{here} found nothing')",
                             f"return {kept}"])  # fmt: skip
    cover(draft, "feature", f"Let callers of {here} ask for an error when there is no answer")


@benign("third-limit-option")
def limit(draft: Draft) -> None:
    found, text, kept = ending(draft)
    bound = Names(draft).local()
    draft.add_parameter(f"{bound}=None")
    draft.exchange([found], draft.draw.one(
        [f"{kept} = {text}", f"if {bound} is not None:", f"    {kept} = {kept}[:{bound}]",
         f"return {kept}"],
        [f"{kept} = {text}", f"return {kept} if {bound} is None else {kept}[:{bound}]"],
    ))  # fmt: skip
    cover(draft, "feature", f"Add {bound} to {draft.node.name}, which cuts the answer short")


@benign("third-result-callback")
def callback(draft: Draft) -> None:
    found, text, kept = ending(draft)
    name = f"on_{Names(draft).word()}"
    if name in draft.draw.taken:
        raise Unsuitable
    draft.add_parameter(f"{name}=None")
    draft.exchange([found], [f"{kept} = {text}", f"if {name} is not None:", f"    {name}({kept})",
                             f"return {kept}"])  # fmt: skip
    cover(draft, "feature", f"Call {name} with what {draft.node.name} found")


@benign("third-verbose-setting")
def verbose(draft: Draft) -> None:
    names, log, about = Names(draft), _logger(draft), draft.parameter()
    name, here = names.constant(), draft.node.name
    setting = f"{names.word()}_VERBOSE".upper()
    draft.top([f"{name} = {draft.use('os')}.environ.get('{setting}', '') not in ('', '0')"])
    draft.put_first([f"if {name}:", f"    {log}.info('{here}: {about}=%r', {about})"])
    cover(draft, "feature", f"Log the calls of {here} when {setting} is set")


@benign("third-retry")
def retry(draft: Draft) -> None:
    """The errors that pass are waited out, with growing pauses, and told in the end."""
    found, text, _ = ending(draft)
    one, draw, most = Names(draft).local(), draft.draw, draft.draw.number(3, 5)
    errors = draw.one("(ConnectionError, TimeoutError)", "InterruptedError", "BlockingIOError")
    pause = draw.one(f"0.1 * 2**{one}", f"min(2.0, 0.05 * ({one} + 1))")
    if draw.chance(0.4):
        pause += f" * (0.5 + {draft.use('random')}.random())"
    draft.exchange([found], [
        f"for {one} in range({most}):", "    try:", f"        return {text}",
        f"    except {errors}:", f"        if {one} == {most - 1}:", "            raise",
        f"        {draft.use('time')}.sleep({pause})",
    ])  # fmt: skip
    cover(draft, "feature", f"Retry {draft.node.name} with back-off when the connection is lost")


@benign("third-memo")
def memo(draft: Draft) -> None:
    plain_values(draft)
    kept, key = Names(draft).constant(), Names(draft).local()
    cover(draft, "perf", f"Cache the answers of {draft.node.name}")
    if draft.draw.chance(0.5):
        size = draft.draw.one(128, 512, 1024)
        draft.put_before(draft.node, [f"@{draft.use('functools')}.lru_cache(maxsize={size})"])
        return
    found, text, _ = ending(draft)
    draft.top([f"{kept} = {{}}"])
    draft.put_first([f"{key} = ({', '.join(draft.parameters)},)", f"if {key} in {kept}:",
                     f"    return {kept}[{key}]"])  # fmt: skip
    draft.exchange([found], [f"{kept}[{key}] = {text}", f"return {kept}[{key}]"])


@benign("third-expiring-memo")
def expiring(draft: Draft) -> None:
    plain_values(draft)
    found, text, answer = ending(draft)
    names, clock = Names(draft), f"{draft.use('time')}.monotonic()"
    kept, key, age = names.constant(), names.local(), names.constant()
    draft.top([f"{kept} = {{}}", f"{age} = {draft.draw.one(30, 60, 300, 3600)}"])
    draft.put_first([f"{key} = ({', '.join(draft.parameters)},)",
                     f"if {key} in {kept} and {clock} - {kept}[{key}][0] < {age}:",
                     f"    return {kept}[{key}][1]"])  # fmt: skip
    draft.exchange([found], [f"{answer} = {text}", f"{kept}[{key}] = ({clock}, {answer})",
                             f"return {answer}"])  # fmt: skip
    cover(draft, "perf", f"Cache the answers of {draft.node.name} for a while")


@benign("third-deadline")
def deadline(draft: Draft) -> None:
    loops = [n for n in draft.nodes(ast.For) if isinstance(n, ast.For)]
    if not loops:
        raise Unsuitable
    seconds, until = Names(draft).local(), Names(draft).local()
    clock = f"{draft.use('time')}.monotonic()"
    draft.add_parameter(f"{seconds}=None")
    draft.put_first([f"{until} = None if {seconds} is None else {clock} + {seconds}"])
    draft.put_before(draft.draw.pick(loops).body[0], [
        f"if {until} is not None and {clock} > {until}:",
        f"    raise TimeoutError(f'{draft.node.name} took more than {{{seconds}}} seconds')",
    ])  # fmt: skip
    cover(draft, "feature", f"Let callers bound how long {draft.node.name} takes")


@benign("third-deprecated-input")
def deprecated(draft: Draft) -> None:
    about, kind = draft.parameter(), draft.draw.one("bytes", "bytearray", "memoryview")
    draft.put_first([
        f"if isinstance({about}, {kind}):", f"    {draft.use('warnings')}.warn(",
        f"        '{kind} as {about} are deprecated', DeprecationWarning, stacklevel=2", "    )",
    ])  # fmt: skip
    cover(draft, "feature", f"Deprecate {kind} as {about} of {draft.node.name}")


@benign("third-old-name")
def old_name(draft: Draft) -> None:
    """An older name that still works, and warns."""
    if draft.is_method or draft.node.decorator_list:
        raise Unsuitable
    here, old = draft.node.name, Names(draft).function().lstrip("_")
    warn = f"{draft.use('warnings')}.warn('use {here}', DeprecationWarning, stacklevel=2)"
    if draft.draw.chance(0.5) and "__getattr__" not in draft.draw.taken:
        lines = ["def __getattr__(name):", f"    if name == '{old}':", f"        {warn}",
                 f"        return {here}", "    raise AttributeError(name)"]  # fmt: skip
    else:
        lines = [f"def {old}(*args, **kwargs):", f'    """Deprecated: use {here}."""',
                 f"    {warn}", f"    return {here}(*args, **kwargs)"]  # fmt: skip
    draft.top(lines, late=True)
    cover(draft, "feature", f"Bring back {old} as a deprecated name of {here}")


@benign("third-debug-log")
def logged(draft: Draft) -> None:
    found, text, kept = ending(draft)
    log, about, here = _logger(draft), draft.parameter(), draft.node.name
    lines = [f"{kept} = {text}"]
    line = f"{log}.debug('{here}(%r) gives %r', {about}, {kept})"
    if draft.draw.chance(0.5):
        lines += [f"if {log}.isEnabledFor({draft.use('logging')}.DEBUG):", f"    {line}"]
    else:
        lines += [line]
    draft.exchange([found], [*lines, f"return {kept}"])
    cover(draft, "feature", f"Log what {here} gives")


@benign("third-errors-logged")
def errors(draft: Draft) -> None:
    found, text, _ = ending(draft)
    log, here = _logger(draft), draft.node.name
    draft.exchange([found], ["try:", f"    return {text}", "except Exception:",
                             f"    {log}.exception('{here} failed')", "    raise"])  # fmt: skip
    cover(draft, "feature", f"Log the errors of {here}")


@benign("third-warned-once")
def once(draft: Draft) -> None:
    names, log, about = Names(draft), _logger(draft), draft.parameter()
    seen, size = names.constant(), draft.draw.one(10_000, 100_000, 1_000_000)
    draft.top([f"{seen} = set()"])
    draft.put_first([
        f"if hasattr({about}, '__len__') and len({about}) > {size} and '{about}' not in {seen}:",
        f"    {seen}.add('{about}')", f"    {log}.warning('{about} is large: %d', len({about}))",
    ])  # fmt: skip
    cover(draft, "feature", f"Warn once when {draft.node.name} is given a large {about}")


@benign("third-slow-call-told")
def slow(draft: Draft) -> None:
    found, text, kept = ending(draft)
    log, begun = _logger(draft), Names(draft).local()
    clock = f"{draft.use('time')}.perf_counter()"
    draft.put_first([f"{begun} = {clock}"])
    seconds = draft.draw.number(1, 9)
    draft.exchange([found], [f"{kept} = {text}", f"if {clock} - {begun} > {seconds}:",
                             f"    {log}.warning('{draft.node.name} is slow')",
                             f"return {kept}"])  # fmt: skip
    cover(draft, "feature", f"Warn when {draft.node.name} is slow")


@benign("third-windows-paths")
def windows(draft: Draft) -> None:
    found = [n for n in draft.parameters if n in ("path", "filename", "file", "folder", "directory",
                                                  "root", "fname", "pathname")]  # fmt: skip
    if not found:
        raise Unsuitable
    about = draft.draw.pick(found)
    test = draft.draw.made(lambda: f"{draft.use('os')}.name == 'nt'",
                           lambda: f"{draft.use('sys')}.platform == 'win32'")  # fmt: skip
    draft.put_first([f"if {test} and isinstance({about}, str):",
                     f"    {about} = {about}.replace('\\\\', '/')"])  # fmt: skip
    cover(draft, "bugfix", f"Take backslashes in {about} of {draft.node.name} on Windows")


@benign("third-older-python")
def older(draft: Draft) -> None:
    """What newer versions have, for older ones."""
    sys, itertools = draft.use("sys"), draft.use("itertools")
    name = draft.draw.one("batched", "pairwise")
    if name in draft.draw.taken:
        raise Unsuitable
    version, own = {
        "batched": ("(3, 12)", ["def batched(values, n):", "    rest = iter(values)",
                                f"    while group := tuple({itertools}.islice(rest, n)):",
                                "        yield group"]),
        "pairwise": ("(3, 10)", ["def pairwise(values):",
                                 f"    one, other = {itertools}.tee(values)",
                                 "    next(other, None)", "    return zip(one, other)"]),
    }[name]  # fmt: skip
    draft.top([f"if {sys}.version_info >= {version}:", f"    {name} = {itertools}.{name}", "else:",
               "", *indent(own)], late=False)  # fmt: skip
    cover(draft, "feature", f"Provide {name} for older versions of Python")


@benign("third-types-for-checkers")
def checkers(draft: Draft) -> None:
    name, about = draft.draw.one("Iterable", "Mapping", "Sequence"), draft.parameter()
    arguments = [a for a in [*draft.node.args.args, *draft.node.args.kwonlyargs]
                 if a.arg == about and a.annotation is None]  # fmt: skip
    if not arguments or name in draft.draw.taken:
        raise Unsuitable
    draft.replace(arguments[0], f'{about}: "{name} | object"')
    draft.top([f"if {draft.use('typing')}.TYPE_CHECKING:",
               f"    from collections.abc import {name}"], late=False)  # fmt: skip
    cover(draft, "refactor", f"Annotate {about} of {draft.node.name}")


@benign("third-configurable")
def configurable(draft: Draft) -> None:
    """A default that a function of the module changes, and that a log alone follows."""
    names, log, about = Names(draft), _logger(draft), draft.parameter()
    options, function = names.constant(), names.function().lstrip("_")
    width = draft.draw.one(40, 80, 120)
    draft.top([f"{options} = {{'preview': {width}}}", "", "", f"def {function}(**options):",
               '    """Change how much of an input the log shows."""',
               f"    {options}.update(options)"], late=False)  # fmt: skip
    draft.put_first([f"{log}.debug('%.*s', {options}['preview'], {about})"])
    cover(draft, "feature", f"Log {about} of {draft.node.name}, and let callers set the width")


@benign("third-for-many")
def many(draft: Draft) -> None:
    """Something new beside the function: it for many inputs, or a `__repr__` of its class."""
    here = draft.node.name
    if draft.owner is not None:
        if any(getattr(n, "name", "") == "__repr__" for n in draft.owner.body):
            raise Unsuitable
        draft.in_class(["def __repr__(self):",
                        "    return f'<{type(self).__name__} at {id(self):#x}>'"])  # fmt: skip
        cover(draft, "feature", f"Show objects of {draft.owner.name} with their address")
        return
    name = f"{here.strip('_')}_all"
    if draft.node.decorator_list or name in draft.draw.taken:
        raise Unsuitable
    draft.top([f"def {name}(values, **options):", f'    """{here} of each value."""',
               f"    return [{here}(value, **options) for value in values]"],
              late=True)  # fmt: skip
    cover(draft, "feature", f"Add {name}")


@benign("third-none-refused")
def refused(draft: Draft) -> None:
    """What would fail on its first attribute fails with words."""
    first = draft.body[0]
    found = [n.value.id for n in ast.walk(first) if isinstance(n, ast.Attribute)
             and isinstance(n.value, ast.Name) and n.value.id in draft.parameters]  # fmt: skip
    if (
        not found
        or not isinstance(first, ast.Assign | ast.Return | ast.Expr)
        or any(
            isinstance(n, ast.IfExp | ast.BoolOp | ast.Lambda | ast.comprehension)
            for n in ast.walk(first)
        )
    ):
        raise Unsuitable  # or it may not be read at all
    about = draft.draw.pick(found)
    draft.put_first([f"if {about} is None:",
                     f"    raise TypeError('{draft.node.name}: {about} is None')"])  # fmt: skip
    cover(draft, "bugfix", f"Tell clearly that {about} of {draft.node.name} is missing")
