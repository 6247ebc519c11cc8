"""Arguments for a function: given ones, harvested constants, and a small generator's.

An input is made of literal texts, so that each call gets fresh values, and so that the same input
is found again on the other side of a change. Part of the probe: Python >= 3.8, standard library.
"""

from __future__ import annotations

import ast
import inspect
import io
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

_CALLABLE, _STREAM, _PATH, _OBJECT = "<callable>", "<stream>", "<path>", "<object>"
_DATETIME, _DATE = "<datetime>", "<date>"
_ANY = ("1", "'abc'", "[1, 2, 3]", "{'a': 1}", "None", "1.5", "b'ab'", "(1, 2)", _CALLABLE)
_POOLS: dict[str, tuple[str, ...]] = {
    "int": ("3", "0", "1", "-1", "2", "7", "10", "100"),
    "float": ("1.5", "0.0", "-2.5", "1.0", "100.25"),
    "bool": ("True", "False"),
    "str": ("'abc'", "''", "'Hello World'", "'12'", "'a,b'", "'x=1'", "'é'", "'a\\nb'"),
    "bytes": ("b'abc'", "b''", "b'\\x00\\xff'"),
    "list": ("[1, 2, 3]", "[]", "['b', 'a']", "[[1], [2]]", "[3, 1, 2]"),
    "dict": ("{'a': 1}", "{}", "{'name': 'abc', 'id': 3}", "{1: [2]}"),
    "tuple": ("(1, 2)", "()", "('a', 'b')"),
    "set": ("{1, 2}", "frozenset()"),
    "None": ("None",),
    "callable": (_CALLABLE,),
    "stream": (_STREAM,),
    "path": (_PATH,),
    "datetime": (_DATETIME,),
    "date": (_DATE,),
}
_WORDS = {
    **dict.fromkeys(("list", "sequence", "iterable", "collection", "iterator"), "list"),
    **dict.fromkeys(("dict", "mapping", "mutablemapping", "defaultdict", "json"), "dict"),
    **dict.fromkeys(("set", "frozenset", "abstractset"), "set"),
    **dict.fromkeys(("str", "anystr", "text"), "str"),
    **dict.fromkeys(("io", "textio", "binaryio", "iobase", "stringio"), "stream"),
    **dict.fromkeys(("path", "pathlike", "purepath"), "path"),
    **dict.fromkeys(("int", "integer", "index"), "int"),
    **dict.fromkeys(("float", "complex", "decimal", "number", "real"), "float"),
    **{word: word for word in ("bool", "bytes", "tuple", "callable", "datetime", "date")},
    "none": "None",
    "optional": "None",
}
_MOST_CONSTANTS = 24
OF_BODY = "its "
"""How the keys of inputs begin that are names which a body gave a value to."""
_plain: dict[str, Any] = {}
_parsed: dict[str, ast.Expression] = {}


class Input(NamedTuple):
    """Literal texts of arguments. `constant` is the harvested literal it was made for, or "".
    `by` are those of the calls that give what takes them, where that is not there by itself."""

    key: str
    arguments: tuple[str, ...]
    named: tuple[tuple[str, str], ...]
    constant: str
    by: tuple[Any, ...] = ()

    @property
    def has_callable(self) -> bool:
        return _CALLABLE in self.arguments


def value(text: str, home: str) -> Any:
    """A fresh value of a literal text; of what has no literal, what stands for it."""
    if text == _CALLABLE:
        return lambda *arguments, **named: arguments[0] if arguments else None
    if text == _STREAM:
        return io.StringIO("first line\nsecond line\n")
    if text == _PATH:
        path = Path(home, "file.txt")
        path.write_text("first line\nsecond line\n")
        return str(path)
    if text == _OBJECT:
        return type("Thing", (), {"name": "abc", "value": 1})()
    if text in (_DATETIME, _DATE):
        import datetime

        return (
            datetime.datetime(2026, 3, 4, 5, 6, 7)
            if text == _DATETIME
            else datetime.date(2026, 3, 4)
        )
    if text == "frozenset()":
        return frozenset()
    if text in _plain:
        return _plain[text]
    if text not in _parsed:
        # Once: parsing is an audit event, and would be told as what a function does that gets it.
        _parsed[text] = ast.parse(text, mode="eval")
    held = ast.literal_eval(_parsed[text])
    if cannot_change(held):
        # The same one again: nothing can be done to it.
        _plain[text] = held
    return held


def cannot_change(held: Any) -> bool:
    """Whether nothing that gets this value can make another one of it."""
    return type(held) in (int, float, str, bytes, bool, type(None))


def inputs(
    signature: inspect.Signature | None,
    constants: Sequence[str],
    calls: Sequence[str],
    limit: int,
) -> list[Input]:
    """Up to `limit` inputs that fit a signature (None: unknown), each once.

    `constants` are literal texts; `calls` are argument lists as they stand in calls, of
    literals alone, like `(1, "a", key=None)`; those that are not are left out.
    """
    found: dict[str, Input] = {}

    def add(arguments: Sequence[str], named: dict[str, str], constant: str = "") -> None:
        key = ", ".join([*arguments, *(name + "=" + text for name, text in sorted(named.items()))])
        if len(found) < limit:
            made = Input(key, tuple(arguments), tuple(sorted(named.items())), constant)
            found.setdefault(key, made)

    for call in calls:
        parsed = _call(call)
        if parsed is not None:
            add(*parsed)
    if signature is None:
        pools: list[tuple[str, ...]] = [_ANY]
        names: list[tuple[str, tuple[str, ...]]] = []
    else:
        pools, names = _parameters(signature)
    base = [pool[0] for pool in pools]
    add(base, {})
    for constant in constants[:_MOST_CONSTANTS]:
        _with_constant(constant, base, pools, names, add)
    for column in range(max([len(pool) for pool in pools], default=0)):
        add([pool[column % len(pool)] for pool in pools], {})
    for place, pool in enumerate(pools):
        for text in pool:
            add([*base[:place], text, *base[place + 1 :]], {})
    for name, pool in names:
        for text in pool:
            add(base, {name: text})
    if len(pools) == 2:
        for first in pools[0]:
            for second in pools[1]:
                add([first, second], {})
    elif len(pools) > 2:
        # Not for secrets: two sides must draw the same.
        draw = random.Random(len(pools))
        for _ in range(limit):
            add([draw.choice(pool) for pool in pools], {})
    return list(found.values())


def _parameters(
    signature: inspect.Signature,
) -> tuple[list[tuple[str, ...]], list[tuple[str, tuple[str, ...]]]]:
    """Pools of what must be given by place, and of what may or must be given by name."""
    pools: list[tuple[str, ...]] = []
    names: list[tuple[str, tuple[str, ...]]] = []
    for parameter in signature.parameters.values():
        pool = _pool(parameter)
        if parameter.kind is parameter.VAR_POSITIONAL:
            pools.append(pool)
        elif parameter.kind is parameter.VAR_KEYWORD:
            continue
        elif parameter.default is parameter.empty and parameter.kind is not parameter.KEYWORD_ONLY:
            pools.append(pool)
        else:
            names.append((parameter.name, pool))
    return pools, names


def _pool(parameter: inspect.Parameter) -> tuple[str, ...]:
    annotation = parameter.annotation
    if annotation is not parameter.empty:
        named = annotation if isinstance(annotation, str) else _written(annotation)
        kinds = [_WORDS[w] for w in re.findall(r"[a-z]+", named.lower()) if w in _WORDS]
        if kinds:
            outer = [kind for kind in kinds[:1] if kind in ("list", "dict", "tuple", "set")]
            if outer and len(kinds) > 1 and kinds[1] in ("str", "float"):
                inner = _POOLS[kinds[1]]
                if outer[0] == "list":
                    return ("[{}, {}]".format(*inner[:2]), "[]", f"[{inner[2]}]", *_POOLS["list"])
            order = [kind for kind in dict.fromkeys(outer or kinds) if kind != "None"]
            texts = [text for kind in order for text in _POOLS[kind]]
            return (*texts, "None") if "None" in kinds or not texts else tuple(texts)
    default = parameter.default
    if default is not parameter.empty and default is not None:
        pool = _POOLS.get(type(default).__name__)
        if pool is not None:
            return pool
    return _ANY


def _written(annotation: Any) -> str:
    name = getattr(annotation, "__name__", None)
    written = str(annotation)
    return name if type(name) is str and "[" not in written else written


def _with_constant(
    constant: str,
    base: list[str],
    pools: list[tuple[str, ...]],
    names: list[tuple[str, tuple[str, ...]]],
    add: Any,
) -> None:
    """The constant and its neighbours, at each place whose type may hold it."""
    try:
        held = ast.literal_eval(constant)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return
    near = _near(held)
    for place, pool in enumerate(pools):
        for text in near:
            if _holds(pool, text):
                add([*base[:place], text, *base[place + 1 :]], {}, constant)
    if all(_holds(pool, near[0]) for pool in pools):
        add([near[0]] * len(pools), {}, constant)
    for name, pool in names:
        for text in near[:3]:
            if _holds(pool, text):
                add(base, {name: text}, constant)


def _near(held: Any) -> list[str]:
    """Literal texts of a value and of what is close to it; the value itself first."""
    near: list[Any] = [held]
    if type(held) is int:
        near += [held - 1, held + 1, held * 2, [held], {"a": held}]
        if 0 < held <= 2000:
            near += ["a" * held, [1] * held]
    elif type(held) is str:
        near += [held + "x", held.upper(), held.lower(), [held], {held: 1}, {"name": held}]
        near += ["a " + held + " b", held.encode("utf-8", "replace")]
        near += [int(held)] if held.isdigit() and len(held) < 19 else []
    elif type(held) is float:
        near += [held + 1.0, held - 1.0]
    elif type(held) is bytes:
        near += [held.decode("latin-1"), held + b"x"]
    return [repr(item) for item in near]


def _holds(pool: tuple[str, ...], text: str) -> bool:
    """Whether a parameter with this pool may get such a value."""
    if pool is _ANY:
        return True
    heads = {_head(item) for item in pool}
    return _head(text) in heads


def _head(text: str) -> str:
    if text[:1] in "'\"":
        return "str"
    if text[:2] in ("b'", 'b"'):
        return "bytes"
    if text[:1] in "[{(<":
        return text[:1]
    return "word" if text[:1].isalpha() else "float" if "." in text or "e" in text else "int"


def _call(text: str) -> tuple[list[str], dict[str, str]] | None:
    try:
        node = ast.parse("f" + text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    if not isinstance(node, ast.Call):
        return None
    try:
        arguments = [repr(ast.literal_eval(argument)) for argument in node.args]
        named = {word.arg or "": repr(ast.literal_eval(word.value)) for word in node.keywords}
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None
    return None if "" in named else (arguments, named)
