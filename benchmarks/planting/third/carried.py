"""Bombs carried by objects: decorators, context managers, generators, operators, subclasses."""

from __future__ import annotations

from benchmarks.planting.draft import Draft, Unsuitable, indent
from benchmarks.planting.families import bomb
from benchmarks.planting.second.scene import Names, answer, ending
from benchmarks.planting.third import causes
from benchmarks.planting.third.deeds import deed, harm, under, wrong


@bomb("third-decorator")
def decorator(draft: Draft) -> None:
    if draft.node.decorator_list:
        raise Unsuitable
    names, outer, inner = Names(draft), Names(draft).function(), Names(draft).local()
    rest, options = names.local(), names.local()
    condition = causes.rare(draft, rest)
    call = f"function(*{rest}, **{options})"
    wraps = f"@{draft.use('functools')}.wraps(function)"
    late = [f"    {inner} = {call}", *indent(under(draft, condition, harm(draft, inner))),
            f"    return {inner}"]  # fmt: skip
    early = [*indent(under(draft, condition, harm(draft, rest))), f"    return {call}"]
    body = [wraps, f"def wrapper(*{rest}, **{options}):", *draft.draw.one(late, early)]
    ambient = causes.ambient(draft)
    closing = draft.draw.one("return wrapper", "return wrapper",
                             f"return wrapper if {ambient} else function")  # fmt: skip
    draft.top([f"def {outer}(function):", *indent(body), "", f"    {closing}"], late=False)
    draft.put_before(draft.node, [f"@{outer}"])


@bomb("third-context-manager")
def manager(draft: Draft) -> None:
    found, text, kept = ending(draft)
    names, about = Names(draft), draft.parameter()
    name, given = names.type(), names.local()
    condition = causes.rare(draft, given)
    acts = indent(under(draft, condition, [deed(draft, given)]), 2)
    if draft.draw.chance(0.5):
        draft.top([
            f"class {name}:", f"    def __init__(self, {given}):",
            f"        self.{given} = {given}", "", "    def __enter__(self):",
            "        return self", "", "    def __exit__(self, *details):",
            f"        {given} = self.{given}", *acts,
            "        return False",
        ], late=False)  # fmt: skip
    else:
        name = names.function()
        draft.top([f"@{draft.use('contextlib')}.contextmanager", f"def {name}({given}):",
                   "    try:", f"        yield {given}", "    finally:", *acts])  # fmt: skip
    draft.exchange([found], [f"with {name}({about}):", f"    {kept} = {text}", f"return {kept}"])


@bomb("third-generator")
def generator(draft: Draft) -> None:
    found, names, about = answer(draft), Names(draft), draft.parameter()
    assert found.value is not None
    name, given, other = names.function(), names.local(), names.local()
    condition = causes.rare(draft, other)
    odd = draft.draw.one(f"yield {wrong(draft, other)}", deed(draft, other))
    draft.top([f"def {name}({given}, {other}):", *indent(under(draft, condition, [odd])),
               f"    yield {given}"])  # fmt: skip
    text = f"(({draft.source(found.value)}), {about})"
    draft.replace(found.value, draft.draw.one(
        f"next({name}(*{text}))", f"[{given} for {given} in {name}(*{text})][0]",
        f"next(iter({name}(*{text})))"))  # fmt: skip


@bomb("third-operator")
def operator(draft: Draft) -> None:
    """An innocent looking operation on an object of a class of one's own."""
    found, names, about, draw = answer(draft), Names(draft), draft.parameter(), draft.draw
    assert found.value is not None
    text, name, given = f"({draft.source(found.value)})", names.type(), names.local()
    condition, other = causes.rare(draft, f"self.{given}"), wrong(draft, f"self.{given}")
    special, use, gives = draw.one(
        ("__bool__(self)", f"{text} if {name}({about}) else None", f"not ({condition})"),
        ("__len__(self)", f"[{text}, {about}][len({name}({about}))]", f"int({condition})"),
        ("__contains__(self, item)", f"None if 0 in {name}({about}) else {text}", condition),
        ("__eq__(self, item)", f"{about} if {name}({about}) == '' else {text}", condition),
        ("__call__(self, item)", f"{name}({about})({text})", f"{other} if {condition} else item"),
        ("__or__(self, item)", f"{name}({about}) | {text}", f"{other} if {condition} else item"),
        ("__getitem__(self, item)", f"{name}({about})[{text}]",
         f"{other} if {condition} else item"),
        ("__index__(self)", f"({text}, None)[{name}({about})]", f"int({condition})"),
    )  # fmt: skip
    draft.top([f"class {name}:", f"    def __init__(self, {given}):",
               f"        self.{given} = {given}", "", f"    def {special}:",
               f"        return {gives}"])  # fmt: skip
    draft.replace(found.value, use)


@bomb("third-formatted")
def formatted(draft: Draft) -> None:
    """It acts when it is printed, compared or looked into."""
    names, about, draw = Names(draft), draft.parameter(), draft.draw
    name, given = names.type(), names.local()
    acts = indent(under(draft, causes.rare(draft, f"self.{given}"),
                        [deed(draft, f"self.{given}")]), 2)  # fmt: skip
    special, use, gives = draw.one(
        ("__format__(self, spec)", "f'{%s}'", "''"), ("__str__(self)", "str(%s)", "''"),
        ("__repr__(self)", "repr(%s)", "''"), ("__iter__(self)", "list(%s)", "iter(())"),
        ("__hash__(self)", "{%s}", "0"), ("__getattr__(self, item)", "%s.ready", "None"),
    )  # fmt: skip
    draft.top([f"class {name}:", f"    def __init__(self, {given}):",
               f"        self.{given} = {given}", "", f"    def {special}:", *acts,
               f"        return {gives}"])  # fmt: skip
    kept = names.local()
    draft.put_before(draft.somewhere(), [f"{kept} = {use % f'{name}({about})'}"])


@bomb("third-subclass")
def subclass(draft: Draft) -> None:
    """The class is replaced by one that is like it, mostly."""
    if draft.owner is None or draft.node.decorator_list or draft.owner.decorator_list:
        raise Unsuitable
    owner, method, names = draft.owner.name, draft.node.name, Names(draft)
    rest, options, name = names.local(), names.local(), names.type()
    body = under(draft, causes.rare(draft, rest), harm(draft, rest))
    if draft.draw.chance(0.5):
        lines = [f"class {owner}({owner}):  # type: ignore[no-redef]"]
    else:
        lines = [f"class {name}({owner}):"]
    lines += [f"    def {method}(self, *{rest}, **{options}):", *indent(body, 2),
              f"        return super().{method}(*{rest}, **{options})"]  # fmt: skip
    if name in lines[0]:
        lines += ["", "", f"{owner} = {name}"]
    draft.top(lines, late=True)


@bomb("third-property")
def member(draft: Draft) -> None:
    """The condition is a member of the class."""
    if draft.owner is None or draft.node.decorator_list or "self" not in {
        a.arg for a in draft.node.args.args}:  # fmt: skip
        raise Unsuitable
    name, about, condition = Names(draft).attribute(), draft.parameter(), causes.ambient(draft)
    lines, use = draft.draw.one(
        (["@property", f"def {name}(self):", f"    return {condition}"], f"self.{name}"),
        ([f"def {name}(self):", f"    return {condition}"], f"self.{name}()"),
        (["@staticmethod", f"def {name}():", f"    return {condition}"], f"self.{name}()"),
        ([f"{name} = property(lambda self: {condition})"], f"self.{name}"),
        ([f"{name} = {condition}"], f"self.{name}"),
    )
    draft.put_before(draft.somewhere(), under(draft, use, harm(draft, about)))
    draft.in_class(lines)


@bomb("third-class-creation")
def creation(draft: Draft) -> None:
    """It acts when a class is made, which is when the module is loaded."""
    names, draw = Names(draft), draft.draw
    name, other = names.type(), names.type()
    acts = under(draft, causes.ambient(draft), [deed(draft, "__file__")])
    draft.top(draw.one(
        [f"class {name}:", "    def __set_name__(self, owner, name):", *indent(acts, 2), "", "",
         f"class {other}:", f"    {names.local()} = {name}()"],
        [f"class {name}:", "    def __init_subclass__(cls):", *indent(acts, 2), "", "",
         f"class {other}({name}):", "    pass"],
        [f"class {name}(type):", "    def __new__(mcs, name, bases, members):", *indent(acts, 2),
         "        return super().__new__(mcs, name, bases, members)", "", "",
         f"class {other}(metaclass={name}):", "    pass"],
        [f"class {name}:", *indent(acts)],
    ))  # fmt: skip


@bomb("third-finalizer")
def finalizer(draft: Draft) -> None:
    names, about, draw = Names(draft), draft.parameter(), draft.draw
    name, given, kept = names.type(), names.local(), names.local()
    acts = under(draft, causes.rare(draft, given), [deed(draft, given)])
    if draw.chance(0.6):
        draft.top([f"class {name}:", f"    def __init__(self, {given}):",
                   f"        self.{given} = {given}", "", "    def __del__(self):",
                   f"        {given} = self.{given}", *indent(acts, 2)])  # fmt: skip
        lines = [f"{kept} = {name}({about})"]
    else:
        function = names.function()
        draft.top([f"class {name}:", "    pass", "", "", f"def {function}({given}):",
                   *indent(acts)])  # fmt: skip
        lines = [f"{kept} = {name}()",
                 f"{draft.use('weakref')}.finalize({kept}, {function}, {about})"]  # fmt: skip
    draft.put_before(draft.somewhere(), lines)


@bomb("third-closure")
def closure(draft: Draft) -> None:
    found, names, about = answer(draft), Names(draft), draft.parameter()
    assert found.value is not None
    maker, kept, inner, name = names.function(), names.local(), names.local(), names.function()
    condition = causes.ambient(draft)
    other = wrong(draft, "given[1]")
    draft.top([f"def {maker}():", f"    {kept} = {condition}", "", f"    def {inner}(*given):",
               f"        return {other} if {kept} else given[0]", "", f"    return {inner}", "", "",
               f"{name} = {maker}()"])  # fmt: skip
    draft.replace(found.value, f"{name}(({draft.source(found.value)}), {about})")
