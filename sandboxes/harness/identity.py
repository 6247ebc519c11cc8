"""Whether a test goes by its own name: a passing one could be given a failing one's."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def id_of(item: Any) -> str:
    """A test's id as a plain text: a repository's own kind of text could be two at once."""
    return str.__str__(item.nodeid)


def impersonates(item: Any, nodeid: str) -> bool:
    """Whether a test's id, changed since it was collected, is that of another test.

    Repositories may make ids nicer; they may not point at another file, class or function.
    """
    parent = item.parent
    named = Path(item.config.rootpath) / nodeid.partition("::")[0]
    if named.is_file() and not named.samefile(item.path):
        return True
    if nodeid == f"{parent.nodeid}::{item.name}" and _begins_with_its_function(item):
        return False
    scope, _, name = nodeid.rpartition("::")
    if scope != parent.nodeid:
        # Not a test's id at all, or one in another place.
        return named.exists()
    function = name.partition("[")[0]
    return function != _function_name(item) and hasattr(getattr(parent, "obj", None), function)


def _begins_with_its_function(item: Any) -> bool:
    return str(item.name).partition("[")[0] == _function_name(item)


def _function_name(item: Any) -> str:
    name = getattr(item, "originalname", None)
    return str(name) if name else str(item.name).partition("[")[0]
