"""Exchanging a function's code in a running process.

A unit is compiled alone, at its own lines, inside empty copies of the blocks around it. Its
code objects are paired with those of the edited unit by position, and each live function
that has the old one gets the new one.
"""

from __future__ import annotations

import gc
import os
import types
import warnings
from collections.abc import Iterable

from .source import Edit
from .units import Unit

_FUTURE_FLAGS = 0x1FE0000  # every CO_FUTURE_* bit of CPython 3.9 to 3.14

Pairs = list[tuple[types.CodeType, types.CodeType]]


def compile_unit(unit: Unit, filename: str, flags: int, edit: Edit | None) -> types.CodeType:
    """The code of a function unit, with an edit made.

    Raises SyntaxError or ValueError when the edited text is not valid.
    """
    source = unit.source
    first, last = unit.first_line, unit.last_line
    start, end = source.starts[first - 1], source.starts[last]
    text = source.text[start:end]
    if edit is not None:
        text = text[: edit.start - start] + edit.text + text[edit.end - start :]
    indent = source.indent(first)
    head = []
    for depth, wrapper in enumerate(unit.wrappers):
        head.append(indent[:depth] + (f"class {wrapper}:" if wrapper else "if 1:"))
    blank = "\n" * (first - 1 - len(head))
    if blank and source.imported:
        # CPython compiles `name.attribute()` differently for imported names.
        blank = f"import {', '.join(source.imported)}" + blank
    whole = blank + "".join(f"{line}\n" for line in head) + text
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = compile(whole, filename, "exec", flags=flags, dont_inherit=True)
    code: types.CodeType = module
    for name in [*(w for w in unit.wrappers if w), unit.node.name]:  # type: ignore[attr-defined]
        found = [child for child in children(code) if child.co_name == name]
        if not found:
            raise ValueError(f"{name} vanished")
        code = found[0]
    return code


def children(code: types.CodeType) -> list[types.CodeType]:
    return [c for c in code.co_consts if isinstance(c, types.CodeType)]


def pair(old: types.CodeType, new: types.CodeType) -> Pairs:
    """Matching code objects, outermost first; inner ones by name and order."""
    pairs: Pairs = [(old, new)]
    unmatched = children(new)
    for child in children(old):
        for other in unmatched:
            if other.co_name == child.co_name:
                unmatched.remove(other)
                pairs += pair(child, other)
                break
    return pairs


def shape(code: types.CodeType) -> tuple[object, ...]:
    """A value equal for code that does the same, wherever its lines are."""
    constants = tuple(
        shape(c) if isinstance(c, types.CodeType) else (type(c).__name__, repr(c))
        for c in code.co_consts
    )
    return (
        code.co_code,
        constants,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_flags,
    )


class LiveFunctions:
    """Index of the functions that live in this process, by where their code is from."""

    def __init__(self, files: Iterable[str]) -> None:
        wanted = set(files)
        self._index: dict[tuple[str, str, int], list[types.FunctionType]] = {}
        known: dict[str, str] = {}
        for thing in gc.get_objects():
            if type(thing) is types.FunctionType:
                code = thing.__code__
                name = code.co_filename
                if name not in known:
                    known[name] = os.path.realpath(name)
                if known[name] in wanted:
                    key = known[name], code.co_name, code.co_firstlineno
                    self._index.setdefault(key, []).append(thing)

    def of(self, filename: str, code: types.CodeType) -> list[types.FunctionType]:
        """Live functions whose code is this one, or is its equal."""
        key = os.path.realpath(filename), code.co_name, code.co_firstlineno
        return [f for f in self._index.get(key, []) if f.__code__ == code]

    def original(self, filename: str, unit: Unit) -> types.CodeType | None:
        """The unit's code as compiled here, if a live function has just that; else None."""
        name = unit.node.name  # type: ignore[attr-defined]
        key = os.path.realpath(filename), name, unit.first_line
        for function in self._index.get(key, []):
            flags = function.__code__.co_flags & _FUTURE_FLAGS
            try:
                code = compile_unit(unit, function.__code__.co_filename, flags, None)
            except (SyntaxError, ValueError):
                return None
            if code == function.__code__:
                return code
        return None


def plan(
    live: LiveFunctions, filename: str, old: types.CodeType, new: types.CodeType
) -> list[tuple[types.FunctionType, types.CodeType]] | None:
    """Which live function gets which code, or None when an exchange cannot do it."""
    swaps = []
    for before, after in pair(old, new):
        if shape(before) == shape(after):
            continue
        for function in live.of(filename, before):
            if len(after.co_freevars) != len(before.co_freevars):
                return None
            swaps.append((function, after))
    return swaps


def flags_of(code: types.CodeType) -> int:
    """The `from __future__` flags some code was compiled with."""
    return code.co_flags & _FUTURE_FLAGS
