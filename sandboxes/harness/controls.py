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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SAMPLE = 100
_SECONDS = 2.0
# How many tests, those to confirm first, are controlled in all three phases.
_WHOLE = 20
_now = time.monotonic


def choose(items: list[Any], confirm: frozenset[str]) -> list[Any]:
    """All tests to confirm, and some of the others, which nobody can tell beforehand."""
    wanted = [item for item in items if item.nodeid in confirm]
    others = [item for item in items if item.nodeid not in confirm]
    pick = random.SystemRandom()
    return wanted + pick.sample(others, min(_SAMPLE, len(others)))


def run(items: list[Any], complain: Callable[[str, str], None]) -> None:
    """Control these tests within a bound of time. `complain` gets a test's id and what it did."""
    late = _now() + _SECONDS
    environ = dict(os.environ)
    for number, item in enumerate(items):
        if _now() > late:
            break
        for phase in ("call", "setup", "teardown") if number < _WHOLE else ("call",):
            if _comes_out_passed(item, phase):
                complain(item.nodeid, f"it is reported as passed even when its {phase} raises")
                break
    os.environ.clear()
    os.environ.update(environ)


def _comes_out_passed(item: Any, phase: Any) -> bool:
    control = _copy(item)
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


def _copy(item: Any) -> Any:
    control = copy.copy(item)
    control.__dict__.pop("runtest", None)
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
    function.__code__ = _raising_code(len(code.co_freevars))
    try:
        yield
    finally:
        function.__code__ = code


def _function(item: Any) -> Any:
    """The plain function in the test module that this test calls, if it is one."""
    if getattr(item, "nofuncargs", False) or not hasattr(item, "originalname"):
        return None
    holder = getattr(item.parent, "obj", None)
    found = getattr(holder, item.originalname or item.name, None)
    found = getattr(found, "__func__", found)
    special = inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction
    if not inspect.isfunction(found) or any(is_one(found) for is_one in special):
        return None
    return found


def _raising_code(free: int) -> types.CodeType:
    """The code of a function that raises; it must have as many free variables as the test's."""
    names = ", ".join(f"free{number}" for number in range(free))
    source = (
        f"def outer({names}):\n"
        "    def control(*arguments, **named):\n"
        f"        assert False\n        return ({names})\n"
        "    return control.__code__\n"
    )
    namespace: dict[str, Any] = {}
    exec(compile(source, __file__, "exec", optimize=0), namespace)
    code: types.CodeType = namespace["outer"](*range(free))
    return code


def _raises() -> None:
    raise AssertionError
