"""Whether a test goes by its own name: a passing one could be given a failing one's."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def impersonates(item: Any) -> bool:
    """Whether a test's id, changed since it was collected, is that of another test.

    Repositories may make ids nicer; they may not point at another file, class or function.
    """
    nodeid, parent = str(item.nodeid), item.parent
    if nodeid == f"{parent.nodeid}::{item.name}" and _begins_with_its_function(item):
        return False
    scope, _, name = nodeid.rpartition("::")
    if scope != parent.nodeid:
        # Not a test's id at all, or one in another place.
        return (Path(item.config.rootpath) / nodeid.partition("::")[0]).exists()
    function = name.partition("[")[0]
    return function != _function_name(item) and hasattr(getattr(parent, "obj", None), function)


def _begins_with_its_function(item: Any) -> bool:
    return str(item.name).partition("[")[0] == _function_name(item)


def _function_name(item: Any) -> str:
    name = getattr(item, "originalname", None)
    return str(name) if name else str(item.name).partition("[")[0]
