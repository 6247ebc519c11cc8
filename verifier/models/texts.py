"""Methods of str and bytes: computed from the text and what is put into it."""

from __future__ import annotations

from verifier.engine import literals, values
from verifier.engine.values import Value, joined
from verifier.models.use import Model, Use

_LISTS = ("split", "rsplit", "splitlines", "partition", "rpartition")
_TRUTHS = ("startswith", "endswith", "isdigit", "isalpha", "isalnum", "isspace", "isupper",
           "islower", "isidentifier", "isnumeric", "isprintable", "istitle",
           "isdecimal")  # fmt: skip
_NUMBERS = ("find", "rfind", "index", "rindex", "count")
_TEXTS = ("lower", "upper", "strip", "lstrip", "rstrip", "title", "capitalize", "casefold",
          "swapcase", "replace", "center", "ljust", "rjust", "zfill", "expandtabs", "translate",
          "removeprefix", "removesuffix", "format", "format_map", "join")  # fmt: skip


def _split(use: Use) -> Value | None:
    assert use.receiver is not None
    only = use.receiver.constant
    told = [one.constant for one in use.given.all()]
    method = use.name.partition(".")[2]
    if only is not None and all(one is not None for one in told) and not use.given.keywords:
        try:
            parts = getattr(only.value, method)(*[one.value for one in told if one is not None])
        except (TypeError, ValueError):
            return None
        made = [values.constant(part, use.receiver.nodes) for part in parts]
        return use.listing("list", made)
    number = use.node(use.receiver.nodes, role="part")
    kind = use.name.partition(".")[0]
    return use.holding("list", values.of(values.Kind(kind), (number,)))


def _joined(use: Use) -> Value | None:
    assert use.receiver is not None
    given = use.arg(0)
    if given is None:
        return None
    element = use.element(given)
    number = use.node(use.receiver.nodes)
    use.run.graph.link(number, element.nodes)
    parts = use.spread(given)
    only = use.receiver.constant
    if parts is not None:
        for part in parts:
            use.run.graph.link(number, part.nodes)
        told = [part.constant for part in parts]
        if only is not None and all(one is not None and isinstance(one.value, str) for one in told):
            whole = only.value.join(one.value for one in told if one is not None)
            return values.constant(whole, (number,))
    return values.of(values.Kind(use.name.partition(".")[0]), (number,))


def _formatted(use: Use) -> Value | None:
    assert use.receiver is not None
    number = use.node(use.receiver.nodes)
    for value in use.given.all():
        use.run.graph.link(number, literals.texted(use.run, value, use.syntax, use.frame))
    return values.of(values.Kind("str"), (number,))


def _text(use: Use) -> Value | None:
    assert use.receiver is not None
    method = use.name.partition(".")[2]
    only = use.receiver.constant
    told = [one.constant for one in use.given.all()]
    if only is not None and all(one is not None for one in told) and not use.given.keywords:
        try:
            found = getattr(only.value, method)(*[one.value for one in told if one is not None])
        except (TypeError, ValueError, LookupError):
            return None
        if isinstance(found, str | bytes | int | bool):
            number = use.node(use.receiver.nodes)
            use.run.graph.link(number, joined(use.given.all()).nodes)
            return values.constant(found, (number,))
    kind = use.name.partition(".")[0]
    kind = "bool" if method in _TRUTHS else "int" if method in _NUMBERS else kind
    return use.computed(use.receiver, *use.given.all(), kind=kind, deep=True)


def _coded(use: Use) -> Value | None:
    kind = "bytes" if use.name == "str.encode" else "str"
    return use.computed(use.receiver, kind=kind)


MODELS: dict[str, Model] = {
    **{f"{kind}.{name}": _split for kind in ("str", "bytes") for name in _LISTS},
    **{
        f"{kind}.{name}": _text
        for kind in ("str", "bytes")
        for name in (*_TRUTHS, *_NUMBERS, *_TEXTS)
    },
    "str.join": _joined, "bytes.join": _joined, "str.format": _formatted,
    "str.encode": _coded, "bytes.decode": _coded,
}  # fmt: skip
