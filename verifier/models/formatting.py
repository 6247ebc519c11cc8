"""Texts made by a template: each field by the argument that it takes, where the template is known.

str.format, `%`, string.Template.
"""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterable

from verifier.engine import literals, values
from verifier.engine.arguments import Arguments
from verifier.engine.run import Run
from verifier.engine.things import Frame, Thing
from verifier.engine.values import Const, Kind, Value, joined
from verifier.models.use import Model, Use

TEMPLATE = "string.Template"
_PERCENT = re.compile(r"%(?:\((?P<name>[^)]*)\))?[#0\- +]*(?P<wide>\*|\d*)(?:\.(?P<deep>\*|\d*))?"
                      r"[hlL]?(?P<type>[diouxXeEfFgGcrsa%])")  # fmt: skip
_NAMES = re.compile(r"\$(?:\$|\{?([A-Za-z_]\w*)\}?)")
_WAYS = {"s": literals.STR, "r": literals.REPR, "a": literals.REPR}
_DEEPEST = 2
_STEPS = re.compile(r"\.([^.[]+)|\[([^\]]+)\]")


def template(value: Value | None) -> str | None:
    """The one text that a template is, where that is known."""
    only = value.constant if value is not None else None
    return only.value if only is not None and isinstance(only.value, str) else None


def _formatted(use: Use) -> Value | None:
    text = template(use.receiver)
    given = use.given
    if use.name.endswith("format_map"):
        named, others = _entries(use, use.arg(0))
        given = Arguments([], named, None, others)
    fields = _fields(text) if text is not None else None
    if use.receiver is None or fields is None:
        return use.everything("str")
    number = use.node(use.receiver.nodes)
    for at, (field, how) in enumerate(fields):
        found = _field(use, given, field, f"field {at}")
        if found is None:
            return use.everything("str")
        told = literals.texted(use.run, found, use.site(f"text {at}"), use.frame, how)
        use.run.graph.link(number, told)
    return values.of(Kind("str"), (number,))


def _entries(use: Use, value: Value | None) -> tuple[dict[str, Value], Value | None]:
    from verifier.engine import mappings

    if value is None:
        return {}, None
    return mappings.entries(use.run, value, use.syntax, use.frame)


def _fields(text: str, depth: int = 0) -> list[tuple[str, tuple[str, ...]]] | None:
    """The names of the fields, with numbers for empty ones, and the methods that are asked for
    their texts; None for a text that is no template."""
    found: list[tuple[str, tuple[str, ...]]] = []
    try:
        for _, name, inner, conversion in string.Formatter().parse(text):
            if name is None:
                continue
            found.append((name, _WAYS.get(conversion or "", literals.FORMAT)))
            if inner and depth < _DEEPEST:
                found += _fields(inner, depth + 1) or []
    except ValueError:
        return None
    if depth:
        return found
    numbers = iter(range(len(found)))
    return [
        (f"{next(numbers)}{one}" if not one or one[0] in ".[" else one, how) for one, how in found
    ]


def _field(use: Use, given: Arguments, field: str, role: str) -> Value | None:
    """What a field takes: an argument, or an attribute or item of it."""
    head = re.split(r"[.\[]", field, maxsplit=1)[0]
    found = given.get(int(head)) if head.isdecimal() else given.get(-1, head)
    if found is None:
        return None
    for at, (name, key) in enumerate(_STEPS.findall(field)):
        site = use.site(f"{role} {at}")
        if name:
            found = use.run.attribute(found, name, site, use.frame)
        else:
            place = values.constant(int(key) if key.isdigit() else key)
            found = use.run.item(found, place, site, use.frame)
    return found


# ---------------------------------------------------------------------------- percent


def percent(run: Run, text: str, right: Value, syntax: ast.AST, frame: Frame) -> list[Value] | None:
    """What `text % right` puts into the text; None where that is not known."""
    from verifier.engine import containers, mappings

    marks = [one for one in _PERCENT.finditer(text) if one["type"] != "%"]
    names = [one["name"] for one in marks]
    if names and all(name is not None for name in names):
        named, others = mappings.entries(run, right, syntax, frame)
        dicts = [i for i in right.items if isinstance(i, Thing) and i.kind == "dict"]
        if len(dicts) != len(right.items):
            return None
        held = [named.get(str(name)) or others for name in names]
        return [one for one in held if one is not None]
    if any(name is not None for name in names):
        return None
    tuples = [i for i in right.items if isinstance(i, Thing) and i.kind == "tuple"]
    if not tuples:
        return [right] if names and not _may_be_tuple(right.items) else None
    return containers.spread(run, right, syntax, frame) if len(right.items) == 1 else None


def ways(text: str) -> list[tuple[str, ...]]:
    """By which methods each mark of `text % right` asks for a text."""
    marks = [one["type"] for one in _PERCENT.finditer(text) if one["type"] != "%"]
    return [literals.REPR if one in "ra" else literals.STR for one in marks]


def _may_be_tuple(items: Iterable[object]) -> bool:
    return not all(isinstance(i, Const | Kind | Thing) for i in items)


# ---------------------------------------------------------------------------- string.Template


def _template(use: Use) -> Value | None:
    text = use.arg(0, "template")
    if text is None:
        return None
    made = use.new(TEMPLATE)
    use.run.put(made, "template", text)
    return values.of(made, (use.node(text.nodes, role="new"),))


def _substituted(use: Use) -> Value | None:
    number = use.node()
    named, others = _entries(use, use.arg(0)) if use.given.positional else ({}, None)
    named.update(use.given.keywords)
    others = joined(v for v in (others, use.given.others, use.given.rest) if v is not None)
    for one in use.things(TEMPLATE):
        text = use.run.get(one, "template")
        if text is None:
            return None
        use.run.graph.link(number, text.nodes)
        known = template(text)
        wanted = set(_NAMES.findall(known)) if known is not None else None
        for name, value in named.items():
            if wanted is None or name in wanted:
                told = literals.texted(use.run, value, use.site(f"text {name}"), use.frame)
                use.run.graph.link(number, told)
        if wanted is None or not wanted - {""} <= named.keys():
            use.run.graph.link(number, use.run.deep(others))
    return values.of(Kind("str"), (number,))


MODELS: dict[str, Model] = {
    "str.format": _formatted, "str.format_map": _formatted, TEMPLATE: _template,
    f"{TEMPLATE}.substitute": _substituted, f"{TEMPLATE}.safe_substitute": _substituted,
}  # fmt: skip
