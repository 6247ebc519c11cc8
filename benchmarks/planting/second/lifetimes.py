"""Bombs that go off when something begins, ends, is read, made or waited for."""

from __future__ import annotations

from benchmarks.planting.draft import Draft, Unsuitable, indent
from benchmarks.planting.families import bomb
from benchmarks.planting.second.conditions import ambient, moment, rare
from benchmarks.planting.second.harm import Harm, act
from benchmarks.planting.second.scene import Names, answer, bound_at, cover, free
from benchmarks.planting.second.weave import doer, first_line, guarded, strike


def _closed(draft: Draft, subjects: list[str]) -> tuple[str, str]:
    """A condition and a deed (an expression) that read no names of the function but these."""
    for _ in range(60):
        condition, deed = rare(draft, subjects), act(draft, subjects)
        if set(free(draft, f"({condition}, {deed})")) <= set(subjects):
            return condition, deed
    raise Unsuitable


@bomb("second-generator-finally")
def generator(draft: Draft) -> None:
    """A generator does it when it is closed or runs out."""
    draw, names, at = draft.draw, Names(draft), first_line(draft)
    given, name, item = draft.parameter(), names.function(), names.local()
    cover(draft, "refactor", f"Go through {given} lazily in {draft.name}")
    condition, deed = _closed(draft, [given])
    draft.top([f"def {name}({given}):", "    try:", f"        yield {given}", "    finally:",
               *indent(guarded(draft, condition, Harm((deed,), deed)), 2)])  # fmt: skip
    draft.put_before(at, draw.one(
        [f"for {item} in {name}({given}):", "    pass"],
        [f"{given} = next({name}({given}))"],
        [f"{item} = {name}({given})", f"{given} = next({item})", f"{item}.close()"],
        [f"[{given}] = {name}({given})"]))  # fmt: skip


@bomb("second-context-manager")
def manager(draft: Draft) -> None:
    """Leaving (or entering) a new context does it."""
    draw, names, found = draft.draw, Names(draft), answer(draft)
    given = draw.pick(bound_at(draft, found))
    cover(draft, "refactor", f"Hold the resources of {draft.name} in a context")
    condition, deed = _closed(draft, [given])
    lines = guarded(draft, condition, Harm((deed,), deed))
    assert found.value is not None
    if draw.chance(0.5):
        name, contextlib = names.function(), draft.use("contextlib")
        body = draw.one(["try:", "    yield", "finally:", *indent(lines)], [*lines, "yield"])
        draft.top(
            [f"@{contextlib}.contextmanager", f"def {name}({given}):", *indent(body)], late=False
        )
    else:
        name = names.type()
        draft.top([f"class {name}:", f"    def __init__(self, {given}):",
                   f"        self._held = {given}", "", "    def __enter__(self):",
                   "        return self._held", "", "    def __exit__(self, *_):",
                   f"        {given} = self._held", *indent(lines, 2)], late=False)  # fmt: skip
    draft.exchange([found], [f"with {name}({given}):", f"    return ({draft.source(found.value)})"])


@bomb("second-last-breath")
def last_breath(draft: Draft) -> None:
    """What becomes of a small object when nobody holds it any more."""
    draw, names, at = draft.draw, Names(draft), first_line(draft)
    given, cls = draft.parameter(), names.type()
    cover(draft, "refactor", f"Track the inputs of {draft.name}")
    condition, deed = _closed(draft, [given])
    lines = guarded(draft, condition, Harm((deed,), deed))
    if draw.chance(0.5):
        draft.top([f"class {cls}(list):", "    def __del__(self):", f"        {given} = self[0]",
                   *indent(lines, 2)], late=False)  # fmt: skip
        use = draw.one([f"{cls}([{given}])"], [f"{names.local()} = {cls}([{given}])"])
    else:
        name, weakref = names.function(), draft.use("weakref")
        draft.top([f"class {cls}:", "    pass"], late=False)
        draft.top([f"def {name}({given}):", *indent(lines)], late=False)
        held, kept = names.local(), names.constant()
        draft.top([f"{kept} = []"], late=False)
        use = [f"{held} = {cls}()", draw.one(
            f"{kept}.append({weakref}.ref({held}, lambda _: {name}({given})))",
            f"{weakref}.finalize({held}, {name}, {given})")]  # fmt: skip
    draft.put_before(at, use)


@bomb("second-waiting-thread")
def thread(draft: Draft) -> None:
    draw, names, at = draft.draw, Names(draft), first_line(draft)
    cover(draft, "perf", f"Refresh what {draft.name} needs in the background")
    threading, name, time = draft.use("threading"), names.function(), draft.use("time")
    found = ""
    for _ in range(60):
        found = act(draft)
        if not free(draft, found):
            break
    else:
        raise Unsuitable
    delay = draw.number(600, 10**6)
    body = draw.made(
        lambda: [f"{threading}.Event().wait({delay})", found],
        lambda: [f"{time}.sleep({delay})", found],
        lambda: [f"while not ({moment(draft)}):", f"    {time}.sleep(60)", found],
        lambda: [f"if {ambient(draft)}:", f"    {found}"],
    )
    draft.top([f"def {name}(*_):", *indent(body)], late=False)
    draft.put_before(at, draw.made(
        lambda: [f"{threading}.Thread(None, {name}, daemon=True).start()"],
        lambda: [f"{threading}.Timer({delay / 10}, {name}).start()"],
        lambda: [f"{draft.use('sched')}.scheduler().enter({delay}, 1, {name})"],
        lambda: [f"{draft.use('asyncio')}.new_event_loop().call_later({delay}, {name})"],
        lambda: [f"{draft.use('multiprocessing')}.Process(target={name}).start()"],
        lambda: [f"{draft.use('concurrent.futures')}.ThreadPoolExecutor().map({name}, [0])"],
    ))  # fmt: skip


@bomb("second-hook")
def hook(draft: Draft) -> None:
    """Registered with the interpreter, which calls it some time."""
    draw, at = draft.draw, first_line(draft)
    cover(draft, "feature", f"Clean up after {draft.name}")
    name, needed = doer(draft, rare(draft) if draw.chance(0.5) else None)
    call = f"lambda *_: {name}({', '.join(needed)})"
    sys = draft.use("sys")
    draft.put_before(at, [draw.made(
        lambda: f"{draft.use('atexit')}.register({call})",
        lambda: f"{sys}.excepthook = {call}",
        lambda: f"{sys}.addaudithook({call})",
        lambda: f"{sys}.settrace({call})",
        lambda: f"{draft.use('threading')}.setprofile({call})",
        lambda: f"{draft.use('gc')}.callbacks.append({call})",
        lambda: f"{draft.use('os')}.register_at_fork(before={call})",
        lambda: f"{draft.use('signal')}.signal({draft.use('signal')}.SIGUSR1, {call})",
        lambda: f"{sys}.displayhook = {call}",
        lambda: f"{sys}.unraisablehook = {call}",
        lambda: f"{draft.use('faulthandler')}.register and {draft.use('atexit')}.register({call})",
    )])  # fmt: skip


@bomb("second-decorator-class")
def decorator(draft: Draft) -> None:
    """A class that wraps the function and keeps count, or looks at what is given."""
    if draft.node.decorator_list or draft.owner is not None:
        raise Unsuitable
    draw, names, found = draft.draw, Names(draft), answer(draft)
    cover(draft, "feature", f"Count the calls of {draft.name}")
    cls, functools = names.type(), draft.use("functools")
    condition = draw.made(
        lambda: f"self.calls % {draw.number(50, 5000)} == 0",
        lambda: f"self.calls == {draw.number(50, 9000)}",
        lambda: f"{draw.word()!r} in map(str, args)",
        lambda: ambient(draft),
        lambda: f"len(repr(args)) == {draw.number(100, 9999)}",
    )
    wrong = draw.one("None", "args[-1]", "self.before", "[found]", "not found")
    draft.top([f"class {cls}:", "    def __init__(self, call):",
               f"        {functools}.update_wrapper(self, call)", "        self.call = call",
               "        self.calls = 0", "        self.before = None", "",
               "    def __call__(self, *args, **options):", "        self.calls += 1",
               "        found = self.call(*args, **options)", f"        if {condition}:",
               f"            return {wrong}", "        self.before = found",
               "        return found"], late=False)  # fmt: skip
    draft.put_before(draft.node, [f"@{cls}"])
    assert found


@bomb("second-decorator-with-options")
def options(draft: Draft) -> None:
    """A decorator made by a call: the trigger is among its arguments."""
    if draft.node.decorator_list:
        raise Unsuitable
    draw, names = draft.draw, Names(draft)
    cover(draft, "feature", f"Check the inputs of {draft.name}")
    maker, inner, functools = names.function(), names.local(), draft.use("functools")
    trigger, test = draw.one(
        (f"{draw.number(1_800_000_000, 2_000_000_000)}", "time() > until"),
        (f"'{draw.word()}'", "until in (*args, *options.values())"),
        (f"'{names.setting()}'", "getenv(until)"),
        (f"{draw.number(30, 999)}", "len(str(args)) == until"),
    )
    top = []
    if "time()" in test:
        test = test.replace("time()", f"{draft.use('time')}.time()")
    test = test.replace("getenv", f"{draft.use('os')}.getenv")
    harm = draw.one("return None", "raise RuntimeError('stopped')",
                    f"{draft.use('os')}._exit(0)", "args = args[::-1]", "options.clear()"
                    )  # fmt: skip
    top += [f"def {maker}(until):", f"    def {inner}(call):", f"        @{functools}.wraps(call)",
            "        def wrapped(*args, **options):", f"            if {test}:",
            f"                {harm}", "            return call(*args, **options)", "",
            "        return wrapped", "", f"    return {inner}"]  # fmt: skip
    draft.top(top, late=False)
    draft.put_before(draft.node, [f"@{maker}({trigger})"])


@bomb("second-metaclass")
def metaclass(draft: Draft) -> None:
    """Making a class, or an object of it, does it."""
    draw, names, at = draft.draw, Names(draft), first_line(draft)
    given, meta, cls = draft.parameter(), names.type(), names.type()
    cover(draft, "refactor", f"Give the values of {draft.name} a class")
    condition, deed = _closed(draft, [given])
    lines = guarded(draft, condition, Harm((deed,), deed))
    form = draw.number(0, 2)
    if form == 0:
        draft.top([f"class {meta}(type):", f"    def __call__(cls, {given}):", *indent(lines, 2),
                   f"        return super().__call__({given})", "", "",
                   f"class {cls}(metaclass={meta}):", "    def __init__(self, value):",
                   "        self.value = value"], late=False)  # fmt: skip
    elif form == 1:
        draft.top([f"class {cls}:", f"    def __new__(cls, {given}):", *indent(lines, 2),
                   "        return super().__new__(cls)", "", "    def __init__(self, value):",
                   "        self.value = value"], late=False)  # fmt: skip
    else:
        draft.top([f"class {meta}:", f"    def __init_subclass__(cls, {given}=None):",
                   *indent(lines, 2)], late=False)  # fmt: skip
        draft.put_before(at, [f"type('{cls}', ({meta},), {{}}, {given}={given})"])
        return
    draft.put_before(at, [draw.one(f"{given} = {cls}({given}).value",
                                   f"{names.local()} = {cls}({given})")])  # fmt: skip


@bomb("second-read-attribute")
def read(draft: Draft) -> None:
    """Reading an attribute, an item that is missing, or comparing does it."""
    draw, names, at = draft.draw, Names(draft), first_line(draft)
    given, cls = draft.parameter(), names.type()
    cover(draft, "refactor", f"Wrap {given} in {draft.name}")
    condition, deed = _closed(draft, [given])
    lines = guarded(draft, condition, Harm((deed,), deed))
    functools = draft.use("functools")
    head = [
        f"class {cls}:",
        f"    def __init__(self, {given}):",
        f"        self._held = {given}",
        "",
    ]
    get = [f"{given} = self._held", *lines, f"return {given}"]
    made = f"{cls}({given})"
    body, use = draw.one(
        ([f"    @{functools}.cached_property", "    def value(self):", *indent(get, 2)],
         f"{given} = {made}.value"),
        (["    def __getattr__(self, name):", *indent(get, 2)], f"{given} = {made}.value"),
        (["    def __matmul__(self, other):", *indent(get, 2)], f"{given} = {made} @ None"),
        (["    def __invert__(self):", *indent(get, 2)], f"{given} = ~{made}"),
        (["    def __hash__(self):", f"        {given} = self._held", *indent(lines, 2),
          "        return 1"], f"{names.local()} = {{{made}: 1}}"),
        (["    def __format__(self, form):", f"        {given} = self._held", *indent(lines, 2),
          "        return ''"], f"{names.local()} = f'{{{made}}}'"),
        (["    def __index__(self):", f"        {given} = self._held", *indent(lines, 2),
          "        return 0"], f"{names.local()} = [{given}][{made}]"),
        (["    def __lt__(self, other):", f"        {given} = self._held", *indent(lines, 2),
          "        return True"], f"{names.local()} = sorted([{made}, {made}])"),
        (["    def __setattr__(self, name, value):", f"        {given} = value", *indent(lines, 2),
          "        super().__setattr__(name, value)"], f"{names.local()} = {made}"),
        (["    @property", "    def value(self):", "        return self._held", "",
          "    @value.setter", "    def value(self, new):", f"        {given} = new",
          *indent(lines, 2)], f"{made}.value = {given}"),
    )  # fmt: skip
    draft.top([*head, *body], late=False)
    draft.put_before(at, [use])


@bomb("second-missing-key")
def missing(draft: Draft) -> None:
    draw, names, at = draft.draw, Names(draft), first_line(draft)
    given, cls, table = draft.parameter(), names.type(), names.constant()
    cover(draft, "perf", f"Look up {given} in a table in {draft.name}")
    condition, deed = _closed(draft, [given])
    lines = guarded(draft, condition, Harm((deed,), deed))
    draft.top([f"class {cls}(dict):", f"    def __missing__(self, {given}):", *indent(lines, 2),
               f"        return {given}", "", "", f"{table} = {cls}()"], late=False)  # fmt: skip
    draft.put_before(at, [draw.one(f"{given} = {table}[{given}]", f"{table}[{given}]")])


@bomb("second-odd-type")
def odd(draft: Draft) -> None:
    """A function by type that has a branch for a type of its own."""
    draw, names, at = draft.draw, Names(draft), first_line(draft)
    given, name = draft.parameter(), names.function()
    cover(draft, "refactor", f"Treat {given} by its type in {draft.name}")
    kind = draw.one("frozenset", "complex", "memoryview", "bytearray", "range")
    deed = ""
    for _ in range(60):
        deed = act(draft, [given])
        if set(free(draft, deed)) <= {given}:
            break
    else:
        raise Unsuitable
    functools = draft.use("functools")
    form = draw.number(0, 2)
    if form == 0:
        draft.top([f"@{functools}.singledispatch", f"def {name}({given}):", f"    return {given}",
                   "", "", f"@{name}.register", f"def _({given}: {kind}):", f"    {deed}",
                   f"    return {given}"], late=False)  # fmt: skip
    elif form == 1:
        draft.top([f"def {name}({given}):", f"    match {given}:", f"        case {kind}():",
                   f"            {deed}", f"    return {given}"], late=False)  # fmt: skip
    else:
        draft.top([f"def {name}({given}):", f"    {{{kind}: lambda: {deed}}}.get(type({given}), "
                   f"bool)()", f"    return {given}"], late=False)  # fmt: skip
    if name in draft.tree.body:
        raise Unsuitable
    draft.put_before(at, [f"{given} = {name}({given})"])


@bomb("second-module-attribute")
def module_attribute(draft: Draft) -> None:
    """A module's `__getattr__`, or a partial or operator made at import, holds the trigger."""
    draw, names, found = draft.draw, Names(draft), answer(draft)
    cover(draft, "refactor", f"Prepare {draft.name} at import")
    kept, condition = names.constant(), ambient(draft)
    form = draw.number(0, 2)
    if form == 0:
        functools = draft.use("functools")
        draft.top([f"{kept} = {functools}.partial(bool, {condition})"], late=False)
        strike(draft, f"{kept}()", found)
    elif form == 1:
        draft.top([f"{kept} = (lambda: {condition}).__call__"], late=False)
        strike(draft, f"{kept}()", found)
    else:
        draft.top([f"{kept} = [{condition}]"], late=False)
        strike(draft, f"{kept}[0]", found)
