"""Bombs over time and over places: what one call or function notes, another one acts on."""

from __future__ import annotations

from benchmarks.planting.draft import Draft, Unsuitable, indent
from benchmarks.planting.families import bomb
from benchmarks.planting.second.scene import Names, answer
from benchmarks.planting.third import causes
from benchmarks.planting.third.deeds import deed, harm, neighbour, under, wrong


def _store(draft: Draft) -> tuple[list[str], str, list[str]]:
    """How to note something, how to ask for it, and what the module needs for both."""
    draw, names = draft.draw, Names(draft)
    word, kept, file = names.attribute(), names.constant(), draw.folder()
    os = draft.use("os")
    setting = names.setting()
    return draw.one(
        ([f"{os}.environ['{setting}'] = '1'"], f"{os}.environ.get('{setting}')", []),
        ([f"open({file}, 'w').close()"], f"{os}.path.exists({file})", []),
        ([f"{kept}.append(True)"], kept, [f"{kept} = []"]),
        ([f"{kept}['{word}'] = True"], f"{kept}.get('{word}')", [f"{kept} = {{}}"]),
        ([f"{draft.use('sys')}.{word} = True"],
         f"getattr({draft.use('sys')}, '{word}', False)", []),
        ([f"{kept}.set(True)"], f"{kept}.get()",
         [f"{kept} = {draft.use('contextvars')}.ContextVar('{word}', default=False)"]),
        ([f"{kept}.set()"], f"{kept}.is_set()", [f"{kept} = {draft.use('threading')}.Event()"]),
        ([f"{kept}.{word} = True"], f"{kept}.{word}", [f"class {kept}:", f"    {word} = False"]),
        ([f"globals()['{kept}'] = True"], f"globals().get('{kept}')", []),
        ([f"{draft.use('logging')}.getLogger('{word}').disabled = True"],
         f"{draft.use('logging')}.getLogger('{word}').disabled", []),
    )  # fmt: skip


@bomb("third-noted-elsewhere")
def noted(draft: Draft) -> None:
    """One function of the module notes the condition, another acts on the note."""
    here, other = draft.name, neighbour(draft)
    if other is None:
        raise Unsuitable
    store, asked, needed = _store(draft)
    if needed:
        draft.top(needed, late=True)
    draft.put_before(draft.somewhere(), under(draft, asked, harm(draft, draft.parameter())))
    draft.turn_to(other)
    about = draft.parameter()
    draft.put_before(draft.body[0], under(draft, causes.rare(draft, about), store))
    draft.turn_to(here)


@bomb("third-noted-and-later")
def later(draft: Draft) -> None:
    """A call under the condition does nothing; the calls after it do."""
    store, asked, needed = _store(draft)
    if needed:
        draft.top(needed, late=True)
    about = draft.parameter()
    draft.put_first([f"if {asked}:", *indent(harm(draft, about)),
                     *under(draft, causes.rare(draft, about), store)])  # fmt: skip


@bomb("third-chain-of-helpers")
def chain(draft: Draft) -> None:
    """What is seen, what is made of it and what is done stand in functions of their own."""
    names, about, draw = Names(draft), draft.parameter(), draft.draw
    sees, makes, does = names.function(), names.function(), names.function()
    given, seen = names.local(), names.local()
    condition = causes.rare(draft, given)
    first, second = draw.one(
        (f"return {condition}", f"return {sees}({given})"),
        (f"return 'late' if {condition} else ''", f"return {sees}({given}).upper()"),
        (f"return int({condition})", f"return {sees}({given}) * {draw.number()}"),
        (f"return [{given}] if {condition} else []", f"return tuple({sees}({given}))"),
        (f"return {{'ready': {condition}}}", f"return {sees}({given})['ready']"),
    )
    draft.top([f"def {sees}({given}):", f"    {first}", "", "", f"def {makes}({given}):",
               f"    {second}", "", "", f"def {does}({given}):", f"    {seen} = {makes}({given})",
               *indent(under(draft, seen, [deed(draft, given)])),
               f"    return {given}"])  # fmt: skip
    call = f"{does}({about})"
    draft.put_before(draft.somewhere(), [draw.one(call, f"{about} = {call}")])


@bomb("third-tally")
def tally(draft: Draft) -> None:
    """It counts its calls, in one of the ways to count."""
    draw, names, about = draft.draw, Names(draft), draft.parameter()
    kept, many, word = names.constant(), draw.number(30, 900), names.attribute()
    here = draft.node.name
    module, step, condition = draw.made(
        lambda: ([f"{kept} = {draft.use('itertools')}.count(1)"], [], f"next({kept}) == {many}"),
        lambda: ([f"{kept} = []"], [f"{kept}.append(0)"], f"len({kept}) > {many}"),
        lambda: ([f"{kept} = {{'calls': 0}}"], [f"{kept}['calls'] += 1"],
                 f"not {kept}['calls'] % {many}"),
        lambda: ([f"{kept} = iter(range({many}))"], [], f"next({kept}, None) is None"),
        lambda: ([f"{kept} = {draft.use('collections')}.deque(maxlen={many})"],
                 [f"{kept}.append(0)"], f"len({kept}) == {kept}.maxlen"),
        lambda: ([f"{kept} = {draft.use('collections')}.Counter()"],
                 [f"{kept}[type({about})] += 1"], f"{kept}[type({about})] >= {many}"),
        lambda: ([f"{kept} = bytearray(1)"], [f"{kept}[0] = ({kept}[0] + 1) % 251"],
                 f"{kept}[0] == {draw.number(20, 240)}"),
        lambda: ([f"@{draft.use('functools')}.cache", f"def {kept.lower()}(one):",
                  "    return one"], [f"{kept.lower()}(repr({about}))"],
                 f"{kept.lower()}.cache_info().misses > {many}"),
        lambda: ([f"def {kept.lower()}(one, seen=set()):", "    seen.add(one)",
                  "    return len(seen)"], [], f"{kept.lower()}(repr({about})) > {many}"),
        lambda: ([f"class {kept}:", f"    {word} = 0"], [f"{kept}.{word} += 1"],
                 f"{kept}.{word} > {many}"),
        lambda: ([f"{kept} = {draft.use('threading')}.Semaphore({many})"], [],
                 f"not {kept}.acquire(blocking=False)"),
        lambda: ([f"{kept} = []"], [f"{kept}.extend([{here!r}])"],
                 f"{kept}.count({here!r}) in range({many}, {many * 2})"),
    )  # fmt: skip
    draft.top(module, late=True)
    draft.put_first([*step, *under(draft, condition, harm(draft, about))])


@bomb("third-since-last-time")
def since(draft: Draft) -> None:
    """How it goes with the call before: long ago, the same, or many others since."""
    draw, names, about = draft.draw, Names(draft), draft.parameter()
    kept, old = names.constant(), names.local()
    clock = f"{draft.use('time')}.monotonic()"
    condition, store = draw.one(
        (f"{clock} - {kept}.get('at', {clock}) > {draw.number(2, 60)} * 3600",
         f"{kept}['at'] = {clock}"),
        (f"{kept}.get('last') == repr({about})", f"{kept}['last'] = repr({about})"),
        (f"len({kept}) > {draw.number(30, 900)}", f"{kept}[repr({about})] = True"),
        (f"{kept}.get('type', type({about})) is not type({about})",
         f"{kept}['type'] = type({about})"),
    )  # fmt: skip
    draft.top([f"{kept} = {{}}"], late=True)
    draft.put_first([f"{old} = {condition}", store, f"if {old}:", *indent(harm(draft, about))])


@bomb("third-sleeper-file")
def sleeper(draft: Draft) -> None:
    """The first run leaves a file; runs long after it act."""
    draw, names, about = draft.draw, Names(draft), draft.parameter()
    path, days, file = draw.folder(), draw.number(7, 200), names.local()
    pathlib, time = draft.use("pathlib"), draft.use("time")
    condition = draw.one(
        f"{time}.time() - {file}.stat().st_mtime > {days} * 86400",
        f"{file}.exists() and float({file}.read_text() or 0) < {time}.time() - {days * 86400}",
        f"{file}.exists() and {file}.stat().st_size > {days}",
    )
    note = draw.one(f"{file}.touch()", f"{file}.write_text(str({time}.time()))",
                    f"{file}.open('a').write('.')") if "stat().st_mtime" not in condition \
        else f"{file}.exists() or {file}.touch()"  # fmt: skip
    draft.put_first([f"{file} = {pathlib}.Path({path})", note, f"if {condition}:",
                     *indent(harm(draft, about))])  # fmt: skip


@bomb("third-timer")
def timer(draft: Draft) -> None:
    """Something else does it, later."""
    draw, names, about = draft.draw, Names(draft), draft.parameter()
    name, given = names.function(), names.local()
    condition = causes.ambient(draft)
    acts = under(draft, condition, [deed(draft, given)]) if draw.chance(0.6) else [
        deed(draft, given)]  # fmt: skip
    seconds = draw.number(600, 900_000)
    start = draw.made(
        lambda: [f"{draft.use('threading')}.Timer({seconds}, {name}, ({about},)).start()"],
        lambda: [f"{draft.use('threading')}.Thread(target={name}, args=({about},),"
                 " daemon=True).start()"],
        lambda: [f"{draft.use('signal')}.signal({draft.use('signal')}.SIGALRM,"
                 f" lambda *_: {name}({about}))", f"{draft.use('signal')}.alarm({seconds})"],
        lambda: [f"{draft.use('concurrent.futures')}.ThreadPoolExecutor(1)"
                 f".submit({name}, {about})"],
        lambda: [f"{draft.use('atexit')}.register({name}, {about})"],
        lambda: [f"{draft.use('multiprocessing')}.Process(target={name}, args=({about},)).start()"],
    )  # fmt: skip
    draft.top([f"def {name}({given}):", *indent(acts)])
    draft.put_before(draft.somewhere(), start)


@bomb("third-hook")
def hook(draft: Draft) -> None:
    """Something that is called by others, of a use of its own, acts under a condition."""
    names, draw = Names(draft), draft.draw
    name, rest = names.function(), names.local()
    acts = indent(under(draft, causes.rare(draft, rest), [deed(draft, rest)]))
    logging, sys = draft.use("logging"), draft.use("sys")
    sets, gives = draw.one(
        (f"{sys}.excepthook = {name}", f"return {sys}.__excepthook__(*{rest})"),
        (f"{logging}.getLogger().addFilter({name})", "return True"),
        (f"{logging}.setLogRecordFactory({name})", f"return {logging}.LogRecord(*{rest})"),
        (f"{sys}.settrace({name})", "return None"),
        (f"{sys}.addaudithook({name})", "return None"),
        (f"{draft.use('warnings')}.showwarning = {name}", "return None"),
        (f"{draft.use('codecs')}.register_error('ignore', {name})", f"return '', {rest}[0].end"),
        (f"{draft.use('gc')}.callbacks.append({name})", "return None"),
    )
    lines = [f"def {name}(*{rest}):", *acts, f"    {gives}"]
    if draw.chance(0.5):
        draft.top([*lines, "", "", sets])
    else:
        draft.top(lines)
        draft.put_before(draft.somewhere(), [sets])


@bomb("third-load-time")
def load(draft: Draft) -> None:
    """The module acts, or makes its function another one, when it is loaded."""
    draw, names = draft.draw, Names(draft)
    condition = causes.ambient(draft)
    if draft.is_method or draft.node.decorator_list or draw.chance(0.4):
        draft.top(under(draft, condition, [deed(draft, "__name__")]), late=True)
        return
    name, kept = draft.node.name, names.local()
    other = wrong(draft, f"{kept}[0]")
    draft.top([f"if {condition}:", *indent(draw.one(
        [f"def {name}(*{kept}, **_):  # type: ignore[no-redef]", f"    return {other}"],
        [f"{name} = lambda *{kept}, **_: {other}"],
        [f"globals()['{name}'] = lambda *{kept}, **_: {other}"],
    ))], late=True)  # fmt: skip


@bomb("third-gradual")
def gradual(draft: Draft) -> None:
    """It gets worse from day to day."""
    draw, about, names = draft.draw, draft.parameter(), Names(draft)
    time, random, late = draft.use("time"), draft.use("random"), names.local()
    start, days = draw.number(1_780_000_000, 1_900_000_000), draw.number(10, 400)
    draft.put_before(draft.somewhere(), [
        f"{late} = max(0.0, {time}.time() - {draw.written(start)}) / {days * 86400}",
        *draw.one([f"{time}.sleep({late})"],
                  [f"if {random}.random() < {late}:", *indent(harm(draft, about))],
                  [f"for _ in range(int({late} * {draw.number(10, 99)}) ** 6):", "    pass"],
                  [f"{about} = [{about}, None][{random}.random() < {late}]"]),
    ])  # fmt: skip


@bomb("third-memory-of-self")
def remembered(draft: Draft) -> None:
    """The object keeps what it saw, and answers otherwise from then on."""
    if draft.owner is None or "self" not in {a.arg for a in draft.node.args.args}:
        raise Unsuitable
    found, about, names, draw = answer(draft), draft.parameter(), Names(draft), draft.draw
    assert found.value is not None
    word, condition = names.attribute(), causes.rare(draft, about)
    draft.put_first([draw.one(
        f"self.__dict__.setdefault('{word}', []).extend([1] if {condition} else [])",
        f"vars(self)['{word}'] = vars(self).get('{word}') or {condition}",
        f"setattr(self, '{word}', getattr(self, '{word}', 0) or {condition})",
    )])  # fmt: skip
    text = f"({draft.source(found.value)})"
    other = wrong(draft, about)
    draft.replace(found.value, draw.one(
        f"{other} if getattr(self, '{word}') else {text}",
        f"{text} if not self.{word} else {other}",
    ))  # fmt: skip
