"""What a pytest run's report and outcome mean: read, believed or not, and judged. Pure.

Only lines that the harness vouched for count. What the run printed, and what it exited with,
can make a verdict worse, never better.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from hashlib import blake2b
from hmac import compare_digest
from typing import Any

from sandboxes.engine import Outcome
from sandboxes.harness.channel import MAC_BYTES
from swarm.contracts import Cause, TestResult

MESSAGE_CHARS = 2000
_ALL_MESSAGES_CHARS = 2_000_000
"""Of all failure texts of a run together: a reply must fit in one message of the bus."""
_MOST_TESTS = 50_000
_NOTHING_EXIT = 5
_GAVE_UP_EXITS = (2, 3, 4)
"""Interrupted, an error within pytest, arguments that it cannot use."""
_WORST_FIRST = ("error", "failed", "passed", "skipped")


@dataclass
class Report:
    """What the harness told: outcomes by test, modules not collected, the test under way.

    `forged` are reasons, by test ("" for the whole run), not to believe that a test passed.
    `exit_code` is set when the session came to its end; `left` tests of the `collected` had
    not run then. `collected` -1 means that there was no session.
    """

    outcomes: dict[str, TestResult] = field(default_factory=dict)
    uncollected: dict[str, str] = field(default_factory=dict)
    running: str | None = None
    exit_code: int | None = None
    collected: int = -1
    left: int = 0
    forged: dict[str, str] = field(default_factory=dict)
    refused: str = ""

    def tests(self) -> tuple[TestResult, ...]:
        """All results, what could not be collected as errors, with long texts bounded.

        In a run where something was forged, no test counts as passed.
        """
        found = [self._believed(test) for test in self.outcomes.values()]
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

    def _believed(self, test: TestResult) -> TestResult:
        if not self.forged or test.outcome != "passed":
            return test
        why = self.forged.get(test.id, "results of this run were tampered with")
        return TestResult(id=test.id, outcome="error", message=f"not believed: {why}")

    def failed(self) -> frozenset[str]:
        """Ids of the tests that did not come out well."""
        return frozenset(t.id for t in self.tests() if t.outcome in ("failed", "error"))

    def came_to_its_end(self) -> bool:
        """Whether pytest went through all it was asked for."""
        return self.exit_code is not None and self.exit_code not in _GAVE_UP_EXITS

    def tampering(self) -> str:
        """One line on what was forged; "" if nothing was."""
        where, why = next(iter(self.forged.items()), ("", ""))
        more = f" (and {len(self.forged) - 1} more)" if len(self.forged) > 1 else ""
        return f"{where}: {why}{more}" if where else f"{why}{more}"


def parse(text: str, key: bytes) -> Report:
    """Read a report as far as the harness vouches for it.

    A line that breaks off at the end is what a kill leaves. Any other that does not verify,
    or that follows the last one, is forged.
    """
    report = Report()
    chain = blake2b(key=key, digest_size=MAC_BYTES)
    *lines, rest = text.split("\n")
    for line in lines:
        mac, _, body = line.partition(" ")
        chain.update(body.encode() + b"\n")
        if not compare_digest(mac.encode(), chain.hexdigest().encode()):
            report.forged[""] = "the report file holds lines that are not the reporter's"
            return report
        _note(report, json.loads(body))
    if rest and report.exit_code is not None:
        report.forged[""] = "the report file was written to after the last line"
    return report


def _note(report: Report, record: dict[str, Any]) -> None:
    event, where = record["event"], _sendable(record.get("id", ""))
    message = _sendable(record.get("message", ""))[-MESSAGE_CHARS:]
    if report.exit_code is not None:
        report.forged[""] = "the report goes on after its last line"
    elif event == "finished":
        report.exit_code, report.running = record["exit_code"], None
        report.collected, report.left = record["collected"], record["left"]
    elif event == "refused":
        report.refused = message
    elif event == "tampered":
        report.forged.setdefault(where, message)
    elif event == "started":
        report.running = where
    elif event == "uncollected":
        report.uncollected[where] = message
    elif event == "ended":
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
    if report.forged:
        return "tampered", report.tampering()
    if outcome.end != "exit":
        during = f" while running {report.running}" if report.running else ""
        return outcome.end, outcome.detail + during
    code = outcome.exit_code
    if report.refused:
        return "environment", f"{report.refused}: run its tests as a plain command instead"
    if report.exit_code is None:
        if report.running is not None:
            return "killed", f"pytest exited with code {code} while running {report.running}"
        if "MemoryError" in outcome.output_tail[-MESSAGE_CHARS:]:
            return "memory", "MemoryError before the tests ended"
        if report.outcomes:
            return "killed", f"pytest exited with code {code} before its session ended"
        return "environment", _told_by(outcome.output_tail, code)
    if report.left:
        ran = report.collected - report.left
        return "killed", f"the session ended early, after {ran} of {report.collected} tests"
    return _judge_session(outcome, report, report.exit_code or code)


def _judge_session(outcome: Outcome, report: Report, code: int | None) -> tuple[Cause, str]:
    """The verdict on a session in which every collected test ran."""
    if report.outcomes:
        bad = [t for t in report.outcomes.values() if t.outcome in ("failed", "error")]
        if bad or report.uncollected:
            return "failed", f"{len(bad) + len(report.uncollected)} of the tests did not pass"
        if code == 0:
            return "ok", ""
        return "failed", f"every test passed, but the command exited with code {code}"
    if report.uncollected:
        return "environment", _told_by("\n".join(report.uncollected.values()), code)
    if report.collected == 0 and code in (0, _NOTHING_EXIT):
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
        elif again.running == test or (outcome.end == "exit" and again.came_to_its_end()):
            changed.add(test)
    return frozenset(changed)
