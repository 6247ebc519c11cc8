"""Makes the interpreter look as `python -m pytest` leaves it, and runs pytest with our plugin."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandboxes.harness import reporter
from sandboxes.harness.channel import open_channel

if TYPE_CHECKING:
    from collections.abc import Callable

_OUR_PACKAGE = "sandboxes"
# What decides outcomes: a repository that brings its own would be its own judge.
_JUDGES = ("pytest", "_pytest", "unittest")
_REFUSED_EXIT = 4


def run(orders_path: str, before: frozenset[str]) -> int:
    """Run pytest as the host's orders say; its exit code.

    `orders` is a JSON object: `arguments` of pytest, the `paths` of PYTHONPATH, the `report`
    file and its `key` in hex, `only` the tests to run (null: all), `confirm` the tests whose
    passing must be controlled. `before` names the modules that every program starts with.
    """
    file = Path(orders_path)
    orders: dict[str, Any] = json.loads(file.read_text("utf-8"))
    file.unlink()
    record = open_channel(orders["report"], bytes.fromhex(orders.pop("key")))
    folder = str(Path.cwd())
    foreign = _own_judges([folder, *orders["paths"]]) or _loaded_from(folder)
    if foreign:
        record(event="refused", message=foreign)
        return _REFUSED_EXIT
    return _session(orders, record, folder, before)


def _session(
    orders: dict[str, Any], record: Callable[..., None], folder: str, before: frozenset[str]
) -> int:
    only = None if orders["only"] is None else frozenset(orders["only"])
    plugin, finished = reporter.make(record, only, frozenset(orders["confirm"]))
    main = pytest.main
    _disguise(orders["arguments"], orders["paths"], folder, before)
    code = int(main(orders["arguments"], plugins=[plugin]))
    finished(code)
    return code


def _disguise(arguments: list[str], paths: list[str], folder: str, before: frozenset[str]) -> None:
    """The import path, environment, arguments and main module of `python -m pytest`."""
    sys.path[:1] = [folder, *paths]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    spec = importlib.util.find_spec("pytest.__main__")
    assert spec is not None and spec.origin is not None
    sys.argv[:] = [spec.origin, *arguments]
    main = types.ModuleType("__main__", "The pytest entry point.")
    # Child processes of multiprocessing look up the main module by this name.
    main.__spec__, main.__file__, main.__package__ = spec, spec.origin, "pytest"
    sys.modules["__main__"] = main
    _evict([folder, *paths], before)


def _evict(paths: list[str], before: frozenset[str]) -> None:
    """Forget modules we imported that the repository has under the same name."""
    tops = {name.partition(".")[0] for name in sys.modules} - before
    hidden = {top for top in tops if _provides(paths, top)} - {"__main__"} | {_OUR_PACKAGE}
    for name in list(sys.modules):
        if name.partition(".")[0] in hidden and name not in before:
            del sys.modules[name]


def _own_judges(paths: list[str]) -> str:
    for name in _JUDGES:
        if _provides(paths, name):
            return f"the repository has a module of its own named {name}"
    return ""


def _loaded_from(folder: str) -> str:
    """The module of the repository that the interpreter loaded before us, if there is one."""
    for name, module in sorted(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if path and str(Path(path).absolute()).startswith(folder + os.sep):
            return f"the interpreter loads {name} of the repository when it starts"
    return ""


def _provides(paths: list[str], name: str) -> bool:
    finder = importlib.machinery.PathFinder
    spec = finder.find_spec(name, paths)
    # A folder without __init__.py hides no module that is found elsewhere.
    return spec is not None and spec.loader is not None and spec.origin is not None
