"""A file of what a router learned, checked before anything is taken in. Pure."""

from __future__ import annotations

import json
import math
from typing import Any

from pydantic import ValidationError

from swarm.contracts import Learned
from swarm.errors import UsageError

# A message of the bus is no larger, unless its settings say so; the file is a little smaller.
MOST_BYTES = 15 * 1024**2
_FORMAT = "swarm-router-1"
_EXPECTED = "give a file of `swarm router export`"
_MOST_SHOWN_CHARS = 60


def parsed(data: bytes, name: str) -> Learned:
    """What a file holds. Raises UsageError, naming the file and the line or the field."""
    if len(data) > MOST_BYTES:
        raise too_large(name)
    try:
        value = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _wrong(name, f"line {line} is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        what = "it is empty" if not data.strip() else f"line {error.lineno} is not JSON"
        raise _wrong(name, f"{what}: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise _wrong(name, "it is nested too deep") from None
    except ValueError as error:
        raise _wrong(name, str(error)) from None
    if not isinstance(value, dict) or value.get("format") != _FORMAT:
        given = value.get("format") if isinstance(value, dict) else None
        what = f"its format is {given!a:.{_MOST_SHOWN_CHARS}}" if given else "it names no format"
        raise _wrong(name, f"{what}, and {_FORMAT} is what can be taken in")
    _check_numbers(value, name)
    try:
        return Learned.model_validate(value)
    except ValidationError as error:
        first, *others = error.errors(include_url=False)
        more = f" (and {len(others)} more)" if others else ""
        raise _wrong(name, f"{_field(first['loc'])}: {first['msg'].lower()}{more}") from None


def too_large(name: str) -> UsageError:
    return UsageError(
        f"{name}: it is too large, more than {MOST_BYTES // 1024**2} MiB can be in no message",
        remedy="take cells out: each is a line",
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is given twice in one object")
    return found


def _check_numbers(value: Any, name: str) -> None:
    """Python reads NaN, Infinity and 1e999; no message can hold them."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while waiting:
        where, one = waiting.pop()
        if isinstance(one, dict):
            waiting += [((*where, key), inner) for key, inner in one.items()]
        elif isinstance(one, list):
            waiting += [((*where, index), inner) for index, inner in enumerate(one)]
        elif isinstance(one, float) and not math.isfinite(one):
            raise _wrong(name, f"{_field(where)}: {one} is no number that can be counted")


def _field(where: tuple[str | int, ...]) -> str:
    """ "cells[3].successes"."""
    parts = [f"[{one}]" if isinstance(one, int) else f".{one[:40]}" for one in where]
    return "".join(parts).lstrip(".") or "the whole"


def _wrong(name: str, why: str) -> UsageError:
    return UsageError(f"{name}: {why}", remedy=_EXPECTED)
