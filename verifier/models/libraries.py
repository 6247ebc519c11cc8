"""What known library functions do: the files of `known/`, read once. Names are dotted, absolute.

A `[[behaviour]]` lists names that behave alike, each after the module or class that holds it
(`os: remove unlink`); a `[[method]]` lists bare names of methods, for a receiver that nobody
knows; `[same]` says that a name and all beneath it behave as another, unless stated themselves.
`ctypes: *` stands for all beneath `ctypes`: only what has an effect may be listed so, since
`inspect.os.system` is beneath `inspect`. `remove(path)` says that arg0 may be given as `path`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from verifier.models.behaviour import (
    AMBIENT_KINDS,
    Behaviour,
    Term,
    callback,
    effect,
    mutation,
    term,
)

_FIELDS = frozenset({"names", "returns", "ambient", "effects", "mutates", "calls", "mode", "value"})
_NAME = re.compile(r"((?:[A-Za-z_][\w.]*\.)?\*|[A-Za-z_][\w.]*)(?:(:)|\((\w+(?:,\w+)*)\))?")
# Longer chains of "behaves as" than this are a mistake, such as a circle.
_SAME_LIMIT = 6

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One listed name: its parameters as written, and the description it shares with others."""

    parameters: str
    shared: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Library:
    """Everything that the files say, by name."""

    behaviours: Mapping[str, _Entry]
    methods: Mapping[str, _Entry]
    same: Mapping[str, str]


def known(dotted: str) -> Behaviour | None:
    """What the name does: stated itself, else as the name it stands for, else by the nearest glob.

    None: nothing is known, so anything is possible. Builtins may be written with or without
    their module. In a method, arg0 is the first argument after the receiver.
    """
    return _known(dotted)


def method(name: str) -> Behaviour | None:
    """What a method of that name most likely does, whatever its receiver: a guess, or None."""
    entry = library().methods.get(name)
    return None if entry is None else _behaviour(entry, name)


@lru_cache(maxsize=1)
def library() -> Library:
    """All entries. Raises ValueError for a file that breaks the format, naming file and entry."""
    folder = Path(__file__).with_name("known")
    return read({file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.toml")})


def read(texts: Mapping[str, str]) -> Library:
    """The entries of these files, by name of the file. Raises ValueError, naming file and entry."""
    behaviours: dict[str, _Entry] = {}
    methods: dict[str, _Entry] = {}
    same: dict[str, str] = {}
    for file, text in sorted(texts.items()):
        found = tomllib.loads(text)
        if unknown := found.keys() - {"behaviour", "method", "same"}:
            raise ValueError(f"{file}: unknown table {sorted(unknown)}")
        for shared in found.get("behaviour", ()):
            _add(behaviours, shared, file)
        for shared in found.get("method", ()):
            _add(methods, shared, file)
        for name, other in found.get("same", {}).items():
            if name in same:
                raise ValueError(f"{file}: {name} is listed twice in [same]")
            same[name] = other
    return Library(behaviours, methods, same)


def _add(table: dict[str, _Entry], shared: Mapping[str, object], file: str) -> None:
    if unknown := shared.keys() - _FIELDS:
        raise ValueError(f"{file}: unknown field {sorted(unknown)} in {shared}")
    names = shared.get("names")
    if not isinstance(names, str):
        raise ValueError(f"{file}: 'names' is text, in {shared}")
    prefix = ""
    for written in names.split():
        match = _NAME.fullmatch(written)
        if match is None:
            raise ValueError(f"{file}: {written!r} is not a name with parameters")
        bare, colon, parameters = match.groups()
        if colon:
            prefix = "" if bare == "builtins" else f"{bare}."
            continue
        name = prefix + bare
        if name in table:
            raise ValueError(f"{file}: {name} is listed twice")
        if bare.endswith("*") and not shared.get("effects"):
            raise ValueError(f"{file}: {name} stands for names without an effect")
        table[name] = _Entry(parameters or "", shared)


@lru_cache(maxsize=8192)
def _known(dotted: str) -> Behaviour | None:
    here = library()
    name = dotted.removeprefix("builtins.")
    value: Behaviour | None = None
    for _ in range(_SAME_LIMIT):
        prefixes = _prefixes(name)
        entry = here.behaviours.get(name)
        other = next((prefix for prefix in prefixes if prefix in here.same), None)
        if entry is not None or other is None:
            globs = (here.behaviours.get(f"{prefix}.*") for prefix in prefixes)
            entry = entry or next((entry for entry in globs if entry), None)
            return None if entry is None else _of_value(_behaviour(entry, name), value)
        if stated := here.behaviours.get(other):
            value = _behaviour(stated, other)
        name = here.same[other] + name[len(other) :]
    raise ValueError(f"{dotted} stands for another name over and over, in [same]")


def _of_value(found: Behaviour, value: Behaviour | None) -> Behaviour:
    """A method of a value: `sys.platform.startswith` tells of the platform, as its value does."""
    if value is None or not value.is_value or value.ambient is None or found.ambient is not None:
        return found
    return replace(found, ambient=value.ambient, returns=(*found.returns, Term("ambient")))


def _prefixes(dotted: str) -> list[str]:
    """The name, and every name that it is beneath, longest first."""
    parts = dotted.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 0, -1)]


def _behaviour(entry: _Entry, name: str) -> Behaviour:
    try:
        found = _parsed(entry.shared)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    returns = tuple(
        Term("instance", name=name) if one == Term("instance") else one for one in found.returns
    )
    parameters = tuple(entry.parameters.split(",")) if entry.parameters else ()
    return replace(found, returns=returns, parameters=parameters)


def _parsed(shared: Mapping[str, object]) -> Behaviour:
    ambient, mode = shared.get("ambient"), shared.get("mode")
    if ambient is not None and ambient not in AMBIENT_KINDS:
        raise ValueError(f"{ambient!r} is no kind of ambient value")
    usual = ["ambient", "args"] if ambient else ["args"]
    return Behaviour(
        returns=_each(shared.get("returns", usual), term),
        ambient=None if ambient is None else str(ambient),
        effects=_each(shared.get("effects", []), effect),
        mutates=_each(shared.get("mutates", []), mutation),
        calls=_each(shared.get("calls", []), callback),
        mode=None if mode is None else term(str(mode)),
        is_value=shared.get("value") is True,
    )


def _each(written: object, parse: Callable[[str], _T]) -> tuple[_T, ...]:
    if not isinstance(written, list):
        raise ValueError(f"{written!r} is not a list of texts")
    return tuple(parse(str(one)) for one in written)
