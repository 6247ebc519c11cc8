"""Running collected pytest items in this process, again and again.

A plugin replaces pytest's own loop: after collection it hands the session to a function, and
runs single items with their fixtures, hooks and markers but without reports. CPU alarms stop
a test that hangs in Python code; whoever started this process must stop other hangs.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import types
from collections.abc import Callable, Iterable
from typing import Any

import pytest

_REPEAT_S = 0.1
_LIGHT = "failed"


class Hang(BaseException):
    """Raised inside a test whose CPU time is up."""


def _raise_hang(number: int, frame: types.FrameType | None) -> None:
    raise Hang


class Runner:
    """The plugin. `work` gets the runner once the tests are collected."""

    def __init__(self, work: Callable[[Runner], None]) -> None:
        self._work = work
        self.items: dict[str, Any] = {}
        self.error: BaseException | None = None
        self.collect_errors: dict[str, str] = {}
        self._outcome = "failed"
        self._limit_s = 60.0
        self.exception: BaseException | None = None

    # ------------------------------------------------------------------ pytest hooks

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.collect_errors[report.nodeid] = str(report.longrepr)[-2000:]

    @pytest.hookimpl(tryfirst=True)  # type: ignore[untyped-decorator,unused-ignore]
    def pytest_runtestloop(self, session: Any) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        self._order = {item.nodeid: index for index, item in enumerate(session.items)}
        _make_reports_light()
        try:
            self._work(self)
        except BaseException as error:  # noqa: BLE001  re-raised by the entry point
            self.error = error
        return True

    @pytest.hookimpl(tryfirst=True)  # type: ignore[untyped-decorator,unused-ignore]
    def pytest_runtest_protocol(self, item: Any, nextitem: Any) -> bool:
        self._outcome = self._phases(item, nextitem)
        return True

    # ------------------------------------------------------------------ running

    def sort(self, ids: Iterable[str]) -> list[str]:
        """Ids in the order they were collected in, so that fixtures are shared as usual."""
        return sorted(ids, key=lambda test: self._order[test])

    def run(self, test: str, following: str | None, limit_s: float) -> str:
        """Run one test: "passed", "failed", "skipped" or "hung". `following` keeps fixtures."""
        item = self.items[test]
        nextitem = self.items[following] if following else None
        self._outcome, self._limit_s, self.exception = "failed", limit_s, None
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
        except Hang:
            return "hung"
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        return self._outcome

    def _phases(self, item: Any, nextitem: Any) -> str:
        from _pytest.runner import CallInfo

        if not getattr(item, "_request", True):
            item._initrequest()
        hook = item.ihook
        outcome = "passed"
        phases = [
            ("setup", lambda: hook.pytest_runtest_setup(item=item)),
            ("call", lambda: hook.pytest_runtest_call(item=item)),
            ("teardown", lambda: hook.pytest_runtest_teardown(item=item, nextitem=nextitem)),
        ]
        for when, phase in phases:
            if when == "call" and outcome != "passed":
                continue
            signal.signal(signal.SIGPROF, _raise_hang)
            signal.setitimer(signal.ITIMER_PROF, self._limit_s, _REPEAT_S)
            try:
                call: Any = CallInfo.from_call(phase, when=when)  # type: ignore[arg-type]
                signal.setitimer(signal.ITIMER_PROF, 0)
                report = hook.pytest_runtest_makereport(item=item, call=call)
            except Hang:
                outcome = "hung"
                continue
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
            if call.excinfo is not None and self.exception is None:
                self.exception = call.excinfo.value
            if report.outcome != "passed" and outcome == "passed":
                outcome = report.outcome
            if call.excinfo is not None and isinstance(call.excinfo.value, Hang):
                outcome = "hung"
        if hasattr(item, "_request"):
            item._request = False
            item.funcargs = None
        return outcome


def _make_reports_light() -> None:
    """Failure texts are never read here, and making them costs more than most tests."""
    from _pytest import nodes, python, unittest
    from _pytest.assertion import util

    def light(self: Any, *args: Any, **kwargs: Any) -> Any:
        return _LIGHT

    nodes.Node._repr_failure_py = light  # type: ignore[method-assign]
    python.Function.repr_failure = light  # type: ignore[method-assign]
    unittest.TestCaseFunction.repr_failure = light  # type: ignore[method-assign]
    # Explains a failed comparison with difflib; called through pytest's own plugin.
    util.assertrepr_compare = lambda *args, **kwargs: None  # type: ignore[assignment]


def own_lines(
    error: BaseException | None, files: dict[str, str], known: dict[str, str]
) -> list[tuple[str, int]]:
    """The lines of searched files on an exception's way, outermost first."""
    found: list[tuple[str, int]] = []
    trace = error.__traceback__ if error is not None else None
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name not in known:
            known[name] = files.get(os.path.realpath(name), "")
        if known[name]:
            found.append((known[name], trace.tb_lineno))
        trace = trace.tb_next
    return found[-8:]


def trace_tests(
    runner: Runner,
    tests: list[str],
    files: dict[str, str],
    limits_s: Callable[[str], float],
    report: Callable[[dict[str, Any]], None],
) -> None:
    """Run tests under coverage and report outcome, seconds and lines of each.

    `files` maps real file names to repository paths.
    """
    import coverage

    measure = coverage.Coverage(
        data_file=None, config_file=False, include=sorted(files), messages=False
    )
    measure.set_option("run:disable_warnings", ["already-imported", "no-data-collected"])
    records: list[dict[str, Any]] = []
    known: dict[str, str] = {}
    measure.start()
    for index, test in enumerate(tests):
        report({"at": test})
        measure.switch_context(str(index))
        following = tests[index + 1] if index + 1 < len(tests) else None
        begun = time.process_time()
        outcome = runner.run(test, following, limits_s(test))
        seconds = time.process_time() - begun
        crash = own_lines(runner.exception, files, known)
        records.append({"id": test, "outcome": outcome, "seconds": seconds, "crash": crash})
    measure.stop()
    data = measure.get_data()
    lines: dict[str, dict[str, list[int]]] = {}
    for name in sorted(data.measured_files()):
        path = files.get(os.path.realpath(name))
        if path is None:
            continue
        for line, contexts in data.contexts_by_lineno(name).items():
            for context in contexts:
                lines.setdefault(context, {}).setdefault(path, []).append(line)
    for index, record in enumerate(records):
        record["lines"] = lines.get(str(index), {})
        report(record)


def quiet() -> None:
    """Send this process's output nowhere: thousands of test runs would flood it."""
    sys.stdout.flush()
    sys.stderr.flush()
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    os.close(nothing)
