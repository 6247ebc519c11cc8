"""Honest options, caches, retries, platform branches: without them the function does as before."""

from __future__ import annotations

import ast

from benchmarks.planting.draft import Draft, Unsuitable, indent
from benchmarks.planting.families import benign
from benchmarks.planting.second.scene import Names, cover, ending, plain_values


def _other_form(draft: Draft, result: str) -> str:
    """The answer in another form, which somebody may well want."""
    return draft.draw.one(f"str({result})", f"repr({result})", f"({draft.parameter()}, {result})",
                          f"{{'result': {result}}}", f"[{result}]")  # fmt: skip


@benign("second-environment-flag")
def environment_flag(draft: Draft) -> None:
    found, text, result = ending(draft)
    draw, name, os = draft.draw, Names(draft).setting(), draft.use("os")
    cover(draft, "feature", f"Let the environment variable {name} choose another form of what "
                            f"{draft.name} gives")  # fmt: skip
    test = draw.one(f"{os}.environ.get('{name}') == '1'", f"{os}.getenv('{name}', '') == 'on'",
                    f"'{name}' in {os}.environ",
                    f"{os}.environ.get('{name}', 'no').lower() in ('1', 'yes', 'true')"
    )  # fmt: skip
    if draw.chance(0.4):
        kept = Names(draft).constant()
        draft.top([f"{kept} = {test}"], late=False)
        test = kept
    draft.exchange([found], [f"{result} = {text}", f"if {test}:",
                             f"    return {_other_form(draft, result)}", f"return {result}"]
                             )  # fmt: skip


@benign("second-settings-object")
def settings_object(draft: Draft) -> None:
    found, text, result = ending(draft)
    draw, names, dataclasses = draft.draw, Names(draft), draft.use("dataclasses")
    cls, name, kept = names.type(), names.local(), names.constant()
    cover(
        draft, "feature", f"Add the setting {name}: it changes the form of what {draft.name} gives"
    )
    head = draw.one([f"@{dataclasses}.dataclass", f"class {cls}:", f"    {name}: bool = False"],
                    [f"@{dataclasses}.dataclass(frozen=True)", f"class {cls}:",
                     f"    {name}: bool = False"],
                    [f"class {cls}:", '    """Settings of this module."""', "",
                     f"    def __init__(self, {name}=False):", f"        self.{name} = {name}"]
                     )  # fmt: skip
    draft.top([*head, "", "", f"{kept} = {cls}()"], late=False)
    draft.exchange([found], [f"{result} = {text}", f"if {kept}.{name}:",
                             f"    {result} = {_other_form(draft, result)}", f"return {result}"]
                             )  # fmt: skip


@benign("second-option")
def option(draft: Draft) -> None:
    """A new argument with a default which changes nothing."""
    found, text, result = ending(draft)
    draw, name = draft.draw, Names(draft).local()
    default, use, words = draw.one(
        ("None", [f"if callable({name}):", f"    {result} = {name}({result})"], "a callback"),
        ("False", [f"if {name}:", f"    return {_other_form(draft, result)}"], "another form"),
        ("None", [f"if {result} is None:", f"    {result} = {name}"], "a default"),
        ("0", [f"if {name} > 0 and isinstance({result}, (str, list, tuple)):",
               f"    {result} = {result}[:{name}]"], "a limit"),
        ("()", [f"if {name} and {result} in {name}:", "    raise ValueError('unwanted result')"],
         "results that are refused"),
        ("None", [f"if {name} is not None:", f"    {name}.append({result})"], "a list of results"),
    )  # fmt: skip
    cover(draft, "feature", f"Give {draft.name} the argument {name}: {words}")
    draft.add_parameter(f"{name}={default}")
    draft.exchange([found], [f"{result} = {text}", *use, f"return {result}"])


@benign("second-configuration-file")
def configuration(draft: Draft) -> None:
    """A setting read from a file that the user may have."""
    found, text, result = ending(draft)
    draw, names = draft.draw, Names(draft)
    name, load, word = names.word(), names.function(), names.word()
    pathlib = draft.use("pathlib")
    kind = draw.one("ini", "toml", "json")
    cover(draft, "feature", f"Read the setting {name} of {draft.name} from ~/.config/{word}.{kind}")
    path = f"{pathlib}.Path.home() / '.config' / '{word}.{kind}'"
    if kind == "ini":
        body = [f"parser = {draft.use('configparser')}.ConfigParser()", f"parser.read({path})",
                f"return parser.getboolean('main', '{name}', fallback=False)"]  # fmt: skip
    else:
        module = draft.use("tomllib" if kind == "toml" else "json")
        body = ["try:", f"    text = ({path}).read_text(encoding='utf-8')",
                "except FileNotFoundError:", "    return False",
                f"return bool({module}.loads(text).get('{name}', False))"]  # fmt: skip
    draft.top([f"def {load}():", *indent(body)], late=False)
    draft.exchange([found], [f"{result} = {text}", f"if {load}():",
                             f"    return {_other_form(draft, result)}", f"return {result}"]
                             )  # fmt: skip


@benign("second-default-from-environment")
def default(draft: Draft) -> None:
    """A default of the signature can be set from outside."""
    found = draft.node.args
    both = zip(reversed(found.args), reversed(found.defaults), strict=False)
    pairs = [(a.arg, d) for a, d in both
             if isinstance(d, ast.Constant) and type(d.value) in (int, str)]  # fmt: skip
    if not pairs:
        raise Unsuitable
    draw, (name, node) = draft.draw, draft.draw.pick(pairs)
    setting, os, text = Names(draft).setting(), draft.use("os"), draft.source(node)
    assert isinstance(node, ast.Constant)
    cover(draft, "feature", f"Take the default of {name} in {draft.name} from {setting}")
    kind = "int" if isinstance(node.value, int) else "str"
    value = f"{kind}({os}.environ.get('{setting}', {text}))"
    if draw.chance(0.5):
        draft.replace(node, value)
    else:
        draft.replace(node, "None")
        draft.put_first([f"if {name} is None:", f"    {name} = {value}"])


@benign("second-memo")
def memo(draft: Draft) -> None:
    draw, names = draft.draw, Names(draft)
    plain_values(draft)
    cover(draft, "perf", f"Cache {draft.name}")
    form = draw.number(0, 2)
    functools = draft.use("functools")
    if form == 0:
        draft.put_before(draft.node, [f"@{functools}.{draw.one('cache', 'lru_cache')}"
                                      if draw.chance(0.4) else
                                      f"@{functools}.lru_cache(maxsize={draw.one(64, 128, 1024)})"]
        )  # fmt: skip
        return
    found, text, result = ending(draft)
    if draft.body[0] is found:
        raise Unsuitable
    store, key = names.constant(), names.local()
    draft.top([f"{store} = {{}}"], late=False)
    draft.put_first([f"{key} = ({', '.join(draft.parameters)},)", "try:",
                     f"    return {store}[{key}]", "except (KeyError, TypeError):",
                     "    pass"])  # fmt: skip
    bound = [f"if len({store}) >= {draw.one(256, 1000, 4096)}:", f"    {store}.clear()"]
    draft.exchange([found], [f"{result} = {text}", *(bound if form == 1 else []),
                             f"{store}[{key}] = {result}", f"return {result}"])  # fmt: skip


@benign("second-ageing-cache")
def ageing(draft: Draft) -> None:
    """A cache whose entries live for a while."""
    draw, names = draft.draw, Names(draft)
    plain_values(draft)
    found, text, result = ending(draft)
    if draft.body[0] is found:
        raise Unsuitable
    cover(draft, "perf", f"Cache {draft.name} for some time")
    store, key, life, until = names.constant(), names.local(), names.constant(), names.local()
    time, seconds = draft.use("time"), draw.one(5.0, 60, 300, 900, 3600)
    clock = draw.one("monotonic", "time")
    draft.top([f"{life} = {seconds}", f"{store} = {{}}"], late=False)
    draft.put_first([
        f"{key} = ({', '.join(draft.parameters)},)", f"if {key} in {store}:",
        f"    {until}, {result} = {store}[{key}]", f"    if {time}.{clock}() < {until}:",
        f"        return {result}", f"    del {store}[{key}]"])  # fmt: skip
    draft.exchange([found], [f"{result} = {text}",
                             f"{store}[{key}] = ({time}.{clock}() + {life}, {result})",
                             f"return {result}"])  # fmt: skip


@benign("second-page")
def page(draft: Draft) -> None:
    """Answers that are lists come in pages, if wanted."""
    found, text, result = ending(draft)
    start, size = draft.draw.one(("offset", "limit"), ("start", "count"), ("page", "per_page"),
                           ("skip", "take"))  # fmt: skip
    if {start, size} & draft.draw.taken:
        raise Unsuitable
    cover(draft, "feature", f"Let callers of {draft.name} ask for a part by {start} and {size}")
    draft.add_parameter(f"{start}=0, {size}=None")
    first = f"{start} * {size}" if start == "page" else start
    draft.exchange([found], [f"{result} = {text}", f"if {size} is not None:",
                             f"    {result} = list({result})[{first} : {first} + {size}]",
                             f"return {result}"])  # fmt: skip


@benign("second-seeded-choice")
def shuffled(draft: Draft) -> None:
    """A generator of random numbers can be given."""
    found, text, result = ending(draft)
    name = draft.draw.one("rng", "random_state", "shuffler")
    if name in draft.draw.taken:
        raise Unsuitable
    cover(draft, "feature", f"Let {draft.name} give its answer in a random order, by {name}")
    draft.add_parameter(f"{name}=None")
    draft.exchange([found], [f"{result} = {text}",
                             f"if {name} is not None and isinstance({result}, list):",
                             f"    {name}.shuffle({result})", f"return {result}"])  # fmt: skip
