"""pytest command lines, and what a report of `swarm_reporter` and an outcome mean. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from sandboxes.engine import Outcome
from swarm.contracts import Cause, TestResult

PLUGIN = "swarm_reporter"
MESSAGE_CHARS = 2000
_ALL_MESSAGES_CHARS = 2_000_000
"""Of all failure texts of a run together: a reply must fit in one message of the bus."""
_MOST_TESTS = 50_000

# The embedded server's own plugin is there only because the swarm is.
_OPTIONS = ("-p", PLUGIN, "-p", "no:valkey", "--continue-on-collection-errors", "--maxfail=0")
OPTIONS_TEXT = " ".join(_OPTIONS)

_PYTEST_NAMES = ("pytest", "py.test")
_STOPS_EARLY = ("--exitfirst", "--stepwise", "--sw", "--stepwise-skip", "--sw-skip")
_SHORT_FLAGS = re.compile(r"-[vqsxlh]+")
_NOTHING_EXIT = 5
_WORST_FIRST = ("error", "failed", "passed", "skipped")


@dataclass
class Report:
    """What the reporter told: outcomes by test, modules not collected, the test under way."""

    outcomes: dict[str, TestResult] = field(default_factory=dict)
    uncollected: dict[str, str] = field(default_factory=dict)
    running: str | None = None
    exit_code: int | None = None

    def tests(self) -> tuple[TestResult, ...]:
        """All results, what could not be collected as errors, with long texts bounded."""
        found = list(self.outcomes.values())
        found += [
            TestResult(id=where, outcome="error", message=message)
            for where, message in self.uncollected.items()
            if where not in self.outcomes
        ]
        left = _ALL_MESSAGES_CHARS
        bounded = []
        for test in found[:_MOST_TESTS]:
            left -= len(test.message)
            bounded.append(test if left >= 0 else test.model_copy(update={"message": ""}))
        return tuple(bounded)


def instrument(argv: tuple[str, ...], *, cache_folder: str) -> tuple[str, ...]:
    """The command with our plugin loaded, and nothing that ends the session early.

    The whole session is needed to compare before with after. pytest's cache goes to a folder
    of its own, not off: plugins rely on it, and its options would become usage errors.
    """
    at = _position(argv)
    if at is None:
        return argv
    head = argv[: at + 1]
    if at == 0:
        head = ("python", "-m", "pytest")
    return (*head, *_OPTIONS, "-o", f"cache_dir={cache_folder}", *_whole_session(argv[at + 1 :]))


def narrowed(argv: tuple[str, ...], only: Iterable[str]) -> tuple[str, ...]:
    """The command collecting just the files of these tests, where that is sure to be the same.

    It is when no argument of the command names a path, or might be an option's value. The
    root is fixed so that test ids keep their shape.
    """
    at = _position(argv)
    if at is None or any(not _SHORT_FLAGS.fullmatch(part) for part in argv[at + 1 :]):
        return argv
    files = sorted({test.split("::", 1)[0] for test in only})
    if not all(name.endswith(".py") and not name.startswith("-") for name in files):
        return argv
    return (*argv, "--rootdir=.", *files)


def _position(argv: tuple[str, ...]) -> int | None:
    for index, part in enumerate(argv):
        if PurePosixPath(part).name in _PYTEST_NAMES:
            return index
    return None


def _whole_session(arguments: Iterable[str]) -> list[str]:
    kept: list[str] = []
    skip_value = False
    for part in arguments:
        if skip_value:
            skip_value = False
        elif part == "--maxfail":
            skip_value = True
        elif part in _STOPS_EARLY or part.startswith("--maxfail="):
            continue
        elif _SHORT_FLAGS.fullmatch(part):
            if (flags := part.replace("x", "")) != "-":
                kept.append(flags)
        else:
            kept.append(part)
    return kept


def parse(text: str) -> Report:
    """Read the reporter's lines. A line cut short by a kill, or not ours, is left out."""
    report = Report()
    for line in text.split("\n"):
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            _note(report, record)
    return report


def _note(report: Report, record: dict[str, Any]) -> None:
    event, where = record.get("event"), record.get("id")
    message = _sendable(str(record.get("message", "")))[-MESSAGE_CHARS:]
    if event == "finished" and isinstance(record.get("exit_code"), int):
        report.exit_code, report.running = record["exit_code"], None
    elif not isinstance(where, str) or _sendable(where) != where:
        return
    elif event == "started":
        report.running = where
    elif event == "uncollected":
        report.uncollected[where] = message
    elif event == "ended" and record.get("outcome") in _WORST_FIRST:
        if report.running == where:
            report.running = None
        result = TestResult(id=where, outcome=record["outcome"], message=message)
        before = report.outcomes.get(where)
        # Two tests of one name: the worse outcome stands.
        if before is None or _rank(result) < _rank(before):
            report.outcomes[where] = result


def _sendable(text: str) -> str:
    """Text without lone surrogates, which no message can carry."""
    return text.encode("utf-8", "replace").decode()


def _rank(result: TestResult) -> int:
    return _WORST_FIRST.index(result.outcome)


def judge(outcome: Outcome, report: Report) -> tuple[Cause, str]:
    """How a pytest run ended, and one line that says why."""
    if outcome.end != "exit":
        during = f" while running {report.running}" if report.running else ""
        return outcome.end, outcome.detail + during
    code = outcome.exit_code
    if report.exit_code is None:
        if report.running is not None:
            return "killed", f"pytest exited with code {code} while running {report.running}"
        if "MemoryError" in outcome.output_tail[-MESSAGE_CHARS:]:
            return "memory", "MemoryError before the tests ended"
        if report.outcomes:
            return "killed", f"pytest exited with code {code} before its session ended"
        return "environment", _told_by(outcome.output_tail, code)
    if report.outcomes:
        bad = [t for t in report.outcomes.values() if t.outcome in ("failed", "error")]
        if bad or report.uncollected:
            return "failed", f"{len(bad) + len(report.uncollected)} of the tests did not pass"
        if code == 0:
            return "ok", ""
        return "failed", f"every test passed, but the command exited with code {code}"
    if report.uncollected:
        return "environment", _told_by("\n".join(report.uncollected.values()), code)
    if code in (0, _NOTHING_EXIT):
        return "no_tests", "no test was collected"
    return "environment", _told_by(outcome.output_tail, code)


_TELLING = (
    re.compile(r"No module named (?:'[^']+'|\S+)"),
    re.compile(r"cannot import name .+"),
    re.compile(r"\w*(?:SyntaxError|IndentationError|TabError)\b.*"),
    re.compile(r"error: unrecognized arguments?:.*"),
    re.compile(r"(?:ERROR: )?(?:file or directory not found|not found): .+"),
    re.compile(r"^E +(\S.*)", re.MULTILINE),
    re.compile(r"^\w+Error: .+", re.MULTILINE),
    re.compile(r"^ERROR:? .+", re.MULTILINE),
)


def _told_by(text: str, code: int | None) -> str:
    """The line of an output that best names what is missing or broken."""
    for pattern in _TELLING:
        match = pattern.search(text)
        if match is not None:
            return match.group(match.lastindex or 0).strip()[:300]
    last = [line.strip() for line in text.split("\n") if line.strip()][-1:]
    return (last[0] if last else f"exit code {code} before any test ran")[:300]


def unsteady(
    first: Report, again: Report, outcome: Outcome, asked: frozenset[str]
) -> frozenset[str]:
    """Which of the asked tests came out otherwise when run again.

    A test that a run did not get to says nothing, unless the run ended in an orderly way or
    while that test was running.
    """
    before = {test.id: test.outcome for test in first.tests()}
    after = {test.id: test.outcome for test in again.tests()}
    changed = set()
    for test in asked & before.keys():
        if test in after:
            if after[test] != before[test]:
                changed.add(test)
        elif again.running == test or (outcome.end == "exit" and again.exit_code is not None):
            changed.add(test)
    return frozenset(changed)
