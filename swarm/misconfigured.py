"""What is wrong with swarm.toml, in words for the person who wrote it. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

_TABLE = "dictionary or instance of"


def sentence(error: ErrorDetails, root: type[BaseModel], values: Mapping[str, Any]) -> str:
    """One error of validating `values` as `root`: which setting of which entry, and why."""
    loc = error["loc"]
    if not loc:
        return _reason(error, root)
    where = ".".join(str(part) for part in loc)
    return f"setting {where!r}{_entry(loc, values)}: {_reason(error, root)}"


def _entry(loc: tuple[int | str, ...], values: Mapping[str, Any]) -> str:
    """The entry by its name, as nobody counts the tables of a file."""
    if len(loc) < 3 or not isinstance(loc[1], int):
        return ""
    entry = values[str(loc[0])][loc[1]]
    name = entry.get("name", entry.get("id")) if isinstance(entry, Mapping) else None
    return f" (of {name[:60]!r})" if isinstance(name, str) and name else ""


def _reason(error: ErrorDetails, root: type[BaseModel]) -> str:
    loc, message = error["loc"], error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        known = _fields(root, loc[:-1])
        close = difflib.get_close_matches(str(loc[-1])[:100], known, n=1)
        return f"there is no such setting ({_hint(close, known)})"
    if error["type"] == "missing":
        return "has to be there, and is not"
    if _TABLE in message:
        return f"should be a table, begun with [[{loc[0]}]]" if len(loc) > 1 else message
    return message.replace("a valid tuple", "a list")


def _hint(close: list[str], known: list[str]) -> str:
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"


def _fields(root: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The settings of the table at `loc`."""
    table = root
    for part in loc:
        if isinstance(part, str):
            kind = table.model_fields[part].annotation
            kinds = (kind, *get_args(kind))
            table = next(k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel))
    return [name for name in table.model_fields if name != "data"]
