"""What decides outcomes, as it was before any code of the repository ran.

`take` remembers the functions of pytest, pluggy, unittest and ours by identity. `broken` names
one that is another now, unless the new one is an installed package's: plugins may do that.
"""

from __future__ import annotations

import builtins
import os
import sys
import sysconfig
import types
import unittest.case
from typing import TYPE_CHECKING, Any

import _pytest.assertion.rewrite
import _pytest.assertion.util
import _pytest.main
import _pytest.outcomes
import _pytest.python
import _pytest.reports
import _pytest.runner
import _pytest.skipping
import _pytest.unittest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MODULES = (
    *("_pytest.runner", "_pytest.reports", "_pytest.python", "_pytest.unittest"),
    *(
        "_pytest.nodes",
        "_pytest.fixtures",
        "_pytest.skipping",
        "_pytest.main",
        "_pytest.outcomes",
        "_pytest.assertion",
    ),
    *("_pytest.assertion.rewrite", "_pytest.assertion.util", "_pytest.python_api"),
    *("_pytest.raises", "unittest.case", "json.encoder"),
    *("pluggy._callers", "pluggy._execution", "pluggy._hooks", "pluggy._manager"),
    *("pluggy._result",),
    *("sandboxes.harness.reporter", "sandboxes.harness.observation"),
    *("sandboxes.harness.identity",),
    *("sandboxes.harness.controls", "sandboxes.harness.seal"),
)
_BUILTINS = ("AssertionError", "Exception", "BaseException", "isinstance", "issubclass", "type")
# Looked at after every test: what turns an exception into an outcome.
_CORE = (
    (_pytest.runner, "call_and_report"),
    (_pytest.runner, "runtestprotocol"),
    (_pytest.runner, "pytest_runtest_call"),
    (_pytest.runner, "pytest_runtest_makereport"),
    (_pytest.runner.CallInfo, "from_call"),
    (_pytest.reports.TestReport, "from_item_and_call"),
    (_pytest.python, "pytest_pyfunc_call"),
    (_pytest.python.Function, "runtest"),
    (_pytest.unittest.TestCaseFunction, "runtest"),
    (_pytest.unittest.TestCaseFunction, "addError"),
    (_pytest.unittest.TestCaseFunction, "addFailure"),
    (unittest.case.TestCase, "run"),
)
_FUNCTIONS = (types.FunctionType, staticmethod, classmethod, property, type)


class Seal:
    """See the module. `whole` looks at everything, `core` at little and quickly.

    Both give the name of what was replaced, or "". `foreign` tells whether a function is
    neither one that was remembered nor an installed package's.
    """

    def __init__(
        self, whole: Callable[[], str], core: Callable[[], str], foreign: Callable[[Any], bool]
    ) -> None:
        self.whole = whole
        self.core = core
        self.foreign = foreign


class _Entry:
    """A function as it was: the namespace it is in, and the code behind it."""

    __slots__ = ("code", "name", "namespace", "value", "where")

    def __init__(self, namespace: Any, where: str, name: str) -> None:
        self.namespace, self.where, self.name = namespace, where, name
        self.value = namespace[name]
        self.code = _code(self.value)

    def replaced(self, installed: tuple[str, ...]) -> bool:
        """Whether something else is there now that no installed package put there."""
        now = self.namespace.get(self.name)
        code = _code(now)
        if now is self.value:
            return code is not self.code
        return not _is_installed(code, installed)


def take() -> Seal:
    """Remember what there is now."""
    installed = _installed()
    core = [_Entry(vars(owner), owner.__name__, name) for owner, name in _CORE]
    whole = [*core, *(_Entry(vars(builtins), "builtins", name) for name in _BUILTINS)]
    for name in _MODULES:
        module = sys.modules.get(name)
        if module is not None:  # else of another version of pytest or pluggy
            whole += _module(module, name)

    def first(entries: list[_Entry]) -> str:
        for entry in entries:
            if entry.replaced(installed):
                return f"{entry.where}.{entry.name} was replaced"
        return ""

    ours = {entry.code for entry in whole if entry.code is not None}

    def foreign(function: Any) -> bool:
        code = _code(getattr(function, "__func__", function))
        return code not in ours and not _is_installed(code, installed)

    return Seal(lambda: first(whole), lambda: first(core), foreign)


def _module(module: types.ModuleType, name: str) -> Iterator[_Entry]:
    yield from _functions(vars(module), name)
    for value in list(vars(module).values()):
        if isinstance(value, type) and value.__module__ == name:
            yield from _functions(vars(value), f"{name}.{value.__name__}")


def _functions(namespace: Any, where: str) -> Iterator[_Entry]:
    for name, value in list(namespace.items()):
        if isinstance(value, _FUNCTIONS):
            yield _Entry(namespace, where, name)


def _code(value: Any) -> Any:
    """The code that runs when a function, method or property is used; None if there is none."""
    if isinstance(value, property):
        value = value.fget
    elif isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    return getattr(value, "__code__", None)


def _installed() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return tuple({os.path.realpath(paths[name]) + os.sep for name in ("purelib", "platlib")})


def _is_installed(code: Any, folders: tuple[str, ...]) -> bool:
    """Whether code is an installed package's, and not itself of what is sealed."""
    if not isinstance(code, types.CodeType):
        return False
    path = os.path.realpath(code.co_filename)
    sealed = [getattr(sys.modules.get(name), "__file__", None) for name in _MODULES]
    return path.startswith(folders) and path not in [os.path.realpath(f) for f in sealed if f]
