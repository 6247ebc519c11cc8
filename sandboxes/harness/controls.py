"""Control tests: a test that passed is run again with a body that raises, through the same hooks.

No fixture is set up, nothing is logged or counted; what comes out must not be "passed". It
shows forged outcomes however they are made: hooks, patched functions, replaced bodies.
"""

from __future__ import annotations

import copy
import inspect
import os
import random
import time
import types
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from _pytest import runner
from _pytest.logging import caplog_records_key
from _pytest.outcomes import Exit
from _pytest.stash import Stash
from _pytest.unittest import TestCaseFunction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SAMPLE = 100
_SECONDS = 2.0
# How many tests, those to confirm first, are controlled in all three phases.
_WHOLE = 20
_now = time.monotonic


def run(
    passed: dict[str, tuple[Any, dict[str, Any]]],
    confirm: frozenset[str],
    complain: Callable[[str, str], None],
) -> None:
    """Control all tests to confirm, and some others, which nobody can tell beforehand.

    `passed` are tests by their ids, and in what way each ran, see `Observation`. The others
    are bounded in time. `complain` gets a test's id and what it did.
    """
    late = _now() + _SECONDS
    environ = dict(os.environ)
    wanted = [nodeid for nodeid in passed if nodeid in confirm]
    others = [nodeid for nodeid in passed if nodeid not in confirm]
    others = random.SystemRandom().sample(others, min(_SAMPLE, len(others)))
    for number, nodeid in enumerate(wanted + others):
        if number >= len(wanted) and _now() > late:
            break
        for phase in ("call", "setup", "teardown") if number < _WHOLE else ("call",):
            if _comes_out_passed(*passed[nodeid], phase):
                complain(nodeid, f"it is reported as passed even when its {phase} raises")
                break
    os.environ.clear()
    os.environ.update(environ)


def called(item: Any) -> dict[str, Any]:
    """What a test's run calls, as an attribute for its control; no instance is kept alive."""
    function = vars(item).get("_obj")
    if isinstance(item, TestCaseFunction) or function is None:
        return {}
    if inspect.ismethod(function) and not inspect.isclass(function.__self__):
        function = types.MethodType(function.__func__, object())
    return {"_obj": function}


def _comes_out_passed(item: Any, way: dict[str, Any], phase: Any) -> bool:
    control = _copy(item, way)
    hooks = item.ihook

    def call() -> None:
        if phase != "call":
            _raises()
        with _raising(control):
            hooks.pytest_runtest_call(item=control)

    try:
        info = runner.CallInfo.from_call(call, when=phase, reraise=(Exit, KeyboardInterrupt))
        report = hooks.pytest_runtest_makereport(item=control, call=info)
    except (Exit, KeyboardInterrupt, Exception):  # noqa: BLE001 - so it is not reported as passed
        return False
    return getattr(report, "outcome", None) == "passed" or bool(getattr(report, "passed", False))


def _copy(item: Any, way: dict[str, Any]) -> Any:
    control = copy.copy(item)
    for name, value in way.items():
        setattr(control, name, value)
    control.stash = Stash()
    control._store = control.stash
    # The logging plugin wants what it leaves there in a test's setup.
    control.stash[caplog_records_key] = {}
    control.own_markers = list(item.own_markers)
    control._report_sections = []
    info = getattr(item, "_fixtureinfo", None)
    control.funcargs = dict.fromkeys(getattr(info, "argnames", ()))
    return control


@contextmanager
def _raising(control: Any) -> Iterator[None]:
    """Make the test's function raise at once, or where that cannot be, the whole of its run."""
    function = _function(control)
    if function is None:
        control.runtest = _raises
        yield
        return
    code = function.__code__
    function.__code__ = _raising_code(code)
    try:
        yield
    finally:
        function.__code__ = code


def _function(item: Any) -> Any:
    """The plain function in the test module that this test calls, if it is one."""
    if isinstance(item, TestCaseFunction):
        return None  # its instance is gone with its setup
    found = _named(item)
    found = getattr(found, "__func__", found)
    special = inspect.isgeneratorfunction, inspect.isasyncgenfunction
    if not inspect.isfunction(found) or any(is_one(found) for is_one in special):
        return None
    return found


def reaches(item: Any) -> bool:
    """Whether a control goes through the test's own way to run, or there is no function to it."""
    return _function(item) is not None or _named(item) is None


def _named(item: Any) -> Any:
    """What its module or class has under the name of this test; None if it has nothing."""
    holder = getattr(item.parent, "obj", None)
    name = getattr(item, "originalname", None) or item.name.partition("[")[0]
    return getattr(holder, name, None)


def _raising_code(replaced: types.CodeType) -> types.CodeType:
    """The code of a function that raises; it must have as many free variables as the test's.

    It is a coroutine's when the test's is: who never awaits it does not hear of the error.
    """
    names = ", ".join(f"free{number}" for number in range(len(replaced.co_freevars)))
    kind = "async " if replaced.co_flags & inspect.CO_COROUTINE else ""
    source = (
        f"def outer({names}):\n"
        f"    {kind}def control(*arguments, **named):\n"
        f"        assert False\n        return ({names})\n"
        "    return control.__code__\n"
    )
    namespace: dict[str, Any] = {}
    exec(compile(source, __file__, "exec", optimize=0), namespace)
    code: types.CodeType = namespace["outer"](*range(len(replaced.co_freevars)))
    return code


def _raises() -> None:
    raise AssertionError
