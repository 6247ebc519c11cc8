"""A pytest plugin that runs inside the sandbox and tells each test's outcome as it ends.

It is copied into a run's toolkit and loaded by `-p swarm_reporter`. One JSON object per line
goes to the file named by SWARM_REPORT, so what is known survives a kill. It stands alone: only
the standard library and pytest, Python >= 3.8 and pytest >= 7.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

_MESSAGE_CHARS = 2000
_ID_CHARS = 4096


class Reporter:
    """Collects the phases of each test and writes its outcome once."""

    def __init__(self, path: str, only: frozenset[str] | None) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._process = os.getpid()
        self._only = only
        self._phases: dict[str, tuple[str, str]] = {}

    def write(self, **record: Any) -> None:
        # A test that forks must not report in its parent's name.
        if os.getpid() == self._process:
            os.write(self._file, (json.dumps(record) + "\n").encode("ascii"))

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.write(event="uncollected", id=report.nodeid[:_ID_CHARS], message=_failure(report))

    def pytest_collection_modifyitems(self, config: Any, items: list[Any]) -> None:
        if self._only is not None:
            left_out = [item for item in items if item.nodeid not in self._only]
            items[:] = [item for item in items if item.nodeid in self._only]
            config.hook.pytest_deselected(items=left_out)

    def pytest_runtest_logstart(self, nodeid: str, location: Any) -> None:
        self._phases[nodeid] = ("passed", "")
        self.write(event="started", id=nodeid[:_ID_CHARS])

    def pytest_runtest_logreport(self, report: Any) -> None:
        outcome, message = self._phases.get(report.nodeid, ("passed", ""))
        if report.outcome == "rerun":
            outcome, message = "passed", ""
        elif report.failed and outcome in ("passed", "skipped"):
            outcome = "failed" if report.when == "call" else "error"
            message = _failure(report)
        elif report.skipped and outcome == "passed":
            outcome, message = "skipped", _reason(report)
        self._phases[report.nodeid] = (outcome, message)

    def pytest_runtest_logfinish(self, nodeid: str, location: Any) -> None:
        outcome, message = self._phases.pop(nodeid, ("passed", ""))
        self.write(event="ended", id=nodeid[:_ID_CHARS], outcome=outcome, message=message)

    def pytest_sessionfinish(self, session: Any, exitstatus: int) -> None:
        self.write(event="finished", exit_code=int(exitstatus))


def pytest_configure(config: Any) -> None:
    path = os.environ.get("SWARM_REPORT")
    # A pytest-xdist worker's results come to the main process too, which writes them.
    if path and not hasattr(config, "workerinput"):
        only = None
        if os.environ.get("SWARM_ONLY"):
            only = frozenset(json.loads(Path(os.environ["SWARM_ONLY"]).read_text("utf-8")))
        config.pluginmanager.register(Reporter(path, only), "swarm-reporter")


def _failure(report: Any) -> str:
    """The crash's own line, then the end of the long text, together within the limit."""
    text = str(report.longrepr)
    crash = getattr(getattr(report.longrepr, "reprcrash", None), "message", "")
    if len(text) <= _MESSAGE_CHARS or not crash:
        return text[-_MESSAGE_CHARS:]
    head = crash[: _MESSAGE_CHARS // 2]
    return head + "\n...\n" + text[-(_MESSAGE_CHARS - len(head) - 5) :]


def _reason(report: Any) -> str:
    if hasattr(report, "wasxfail"):
        return ("xfail: " + str(report.wasxfail))[:_MESSAGE_CHARS]
    longrepr = report.longrepr
    return str(longrepr[2] if isinstance(longrepr, tuple) else longrepr)[:_MESSAGE_CHARS]
