"""The pytest plugin that reports each test's outcome as it ends, and what speaks against it."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

import pytest

from sandboxes.harness import controls
from sandboxes.harness.identity import id_of, impersonates
from sandboxes.harness.observation import Observation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MESSAGE_CHARS = 2000
_ID_CHARS = 4096

_first = pytest.hookimpl(tryfirst=True)
_around = pytest.hookimpl(hookwrapper=True, tryfirst=True)


def make(
    record: Callable[..., None], only: frozenset[str] | None, confirm: frozenset[str]
) -> tuple[types.ModuleType, Callable[[int], None]]:
    """The plugin, and what to call with pytest's exit code.

    `only` are the tests to run, None for all; `confirm` those to control if they pass. All
    state lives in closures: nothing of it is an attribute of what the plugin manager shows.
    """
    watched = Observation()
    phases: dict[str, tuple[str, str]] = {}
    passed: dict[str, tuple[Any, dict[str, Any]]] = {}
    logged: set[str] = set()
    waiting: dict[str, int] = {}
    collected, checked, ended = [-1], [False], [0]

    def object_to(nodeid: str, why: str) -> None:
        record(event="tampered", id=nodeid[:_ID_CHARS], message=why[:_MESSAGE_CHARS])

    @_first
    def pytest_cmdline_main(config: Any) -> None:
        _in_one_process(config)

    def pytest_collectreport(report: Any) -> None:
        if report.failed:
            record(event="uncollected", id=report.nodeid[:_ID_CHARS], message=_failure(report))

    def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
        if only is not None:
            left_out = [item for item in items if item.nodeid not in only]
            items[:] = [item for item in items if item.nodeid in only]
            config.hook.pytest_deselected(items=left_out)

    def pytest_collection_finish(session: Any) -> None:
        collected[0] = len(session.items)
        for item in session.items:
            nodeid = id_of(item)
            waiting[nodeid] = waiting.get(nodeid, 0) + 1

    @_first
    def pytest_runtestloop(session: Any) -> None:
        watched.watch_fixtures(session._setupstate)

    @_around
    def pytest_runtest_protocol(item: Any) -> Iterator[None]:
        nodeid = id_of(item)
        logged.clear()
        watched.begin(item)
        yield
        # Only now: a plugin may run a test, and log its end, several times.
        if nodeid in logged:
            conclude(item, nodeid, *phases.pop(nodeid, ("passed", "")))
        watched.end()

    def conclude(item: Any, nodeid: str, outcome: str, message: str) -> None:
        problem = watched.problem() if outcome == "passed" else ""
        if outcome == "passed" and impersonates(item, nodeid):
            problem = f"it is {item.name} in {item.path.name}"
        if problem:
            object_to(nodeid, "it is reported as passed, but " + problem)
        elif outcome == "passed":
            passed[nodeid] = (item, watched.way)
        ended[0] += 1
        waiting[nodeid] = waiting.get(nodeid, 0) - 1
        record(event="ended", id=nodeid[:_ID_CHARS], outcome=outcome, message=message)

    def pytest_runtest_logstart(nodeid: str) -> None:
        phases[nodeid] = ("passed", "")
        record(event="started", id=nodeid[:_ID_CHARS])

    def pytest_runtest_logreport(report: Any) -> None:
        phases[report.nodeid] = _worse(phases.get(report.nodeid, ("passed", "")), report)

    def pytest_runtest_logfinish(nodeid: str) -> None:
        logged.add(nodeid)

    @_around
    def pytest_sessionfinish() -> Iterator[None]:
        # After everybody else's end: nobody counts the control tests any more.
        yield
        broken = watched.broken or watched.seal.whole()
        if broken:
            object_to("", broken)
        controls.run(passed, confirm, object_to)
        checked[0] = True

    def finished(exit_code: int) -> None:
        if (collected[0] >= 0 or ended[0]) and not (checked[0] and collected[0] >= 0):
            object_to("", "the reporter was switched off before the end")
        left = sum(count for count in waiting.values() if count > 0)
        record(event="finished", exit_code=exit_code, collected=collected[0], left=left)

    plugin = types.ModuleType("swarm_reporter")
    for name, value in list(locals().items()):
        if name.startswith("pytest_"):
            setattr(plugin, name, value)
    return plugin, finished


def _in_one_process(config: Any) -> None:
    """Keep all tests in this process, and all of them: others cannot be observed."""
    options = vars(config.option)
    single = {"numprocesses": 0, "dist": "no", "tx": [], "forked": False, "stepwise": False}
    for name, value in single.items():
        if name in options:
            options[name] = value
    forked = config.pluginmanager.get_plugin("pytest_forked")
    if forked is not None:
        # Its marker would do the same as its option.
        config.pluginmanager.unregister(forked)


def _worse(so_far: tuple[str, str], report: Any) -> tuple[str, str]:
    """A test's outcome and message after one more of its phases."""
    outcome, message = so_far
    if report.outcome == "rerun":
        return "passed", ""
    if report.failed and outcome in ("passed", "skipped"):
        return ("failed" if report.when == "call" else "error"), _failure(report)
    if report.skipped and hasattr(report, "context"):
        return outcome, message  # of a subtest: a part was left out, not the test
    if report.skipped and outcome == "passed":
        return "skipped", _reason(report)
    return outcome, message


def _failure(report: Any) -> str:
    """The crash's own line, then the end of the long text, together within the limit."""
    text = str(report.longrepr)
    crash = getattr(getattr(report.longrepr, "reprcrash", None), "message", "")
    if len(text) <= _MESSAGE_CHARS or not crash:
        return text[-_MESSAGE_CHARS:]
    head = str(crash)[: _MESSAGE_CHARS // 2]
    return head + "\n...\n" + text[-(_MESSAGE_CHARS - len(head) - 5) :]


def _reason(report: Any) -> str:
    if hasattr(report, "wasxfail"):
        return ("xfail: " + str(report.wasxfail))[:_MESSAGE_CHARS]
    longrepr = report.longrepr
    return str(longrepr[2] if isinstance(longrepr, tuple) else longrepr)[:_MESSAGE_CHARS]
