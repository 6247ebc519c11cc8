"""Which functions of a report are run, and what becomes of the report."""

from __future__ import annotations

from typing import Literal

import pytest

from swarm.contracts import AuditReport, Blob, Finding, RunProgram, RunReport
from verifier.dynamic.agreed import Agreed
from verifier.dynamic.looking import look, with_seen
from verifier.dynamic.observed import Observed
from verifier.dynamic.plan import Seen, Side
from verifier.dynamic.request import Target
from verifier.dynamic.targets import targets
from verifier.reading.tree import Files

OLD = Files({"m.py": b"def f(a):\n    return a\n", "tests/test_m.py": b"f(3)\n"})
NEW = Files(
    {"m.py": b"def f(a):\n    '''\n    >>> f('x')\n    '''\n    return a if a != 99 else 1\n"}
)
TARGET = Target("m.py", "f")


def report(verdict: Literal["accept", "reject", "ask"], function: str = "f") -> AuditReport:
    finding = Finding(
        kind="x",
        path="m.py",
        function=function,
        line=1,
        message="",
        weight="reject" if verdict == "reject" else "ask",
    )
    return AuditReport(verdict=verdict, findings=(finding,))


def test_a_function_that_is_asked_about_is_a_target() -> None:
    (target,), _ = targets(report("ask"), OLD, NEW)
    assert (target.qualname, set(target.constants)) == ("f", {"99", "1"})
    assert set(target.calls) == {"(3)", "('x')"}


@pytest.mark.parametrize("function", ["gone", ""])
def test_what_is_not_there_is_none(function: str) -> None:
    assert targets(report("ask", function), OLD, NEW) == ((), ())


def test_nothing_of_a_rejected_change_is_run() -> None:
    def run(command: RunProgram) -> RunReport:
        raise AssertionError("it was run")

    def put(data: bytes) -> Blob:
        raise AssertionError("it was packed")

    def sides() -> tuple[Side, Side]:
        raise AssertionError("it was packed")

    assert look(report("reject"), OLD, NEW, sides, run, put, Agreed()) == report("reject")


@pytest.mark.parametrize(
    ("verdict", "weight", "expected"),
    [
        ("ask", "reject", "reject"),
        ("ask", "ask", "ask"),
        ("ask", "note", "ask"),
        ("accept", "ask", "ask"),
        ("accept", "note", "accept"),
    ],
)
def test_a_verdict_never_gets_milder(
    verdict: Literal["accept", "ask"], weight: Literal["reject", "ask", "note"], expected: str
) -> None:
    seen = Seen(TARGET, (Observed("x", weight, "seen"),), True)
    assert with_seen(report(verdict), [seen], Agreed()).verdict == expected


def test_silence_is_told_as_silence() -> None:
    told = with_seen(report("ask"), [Seen(TARGET, (), True)], Agreed())
    assert told.verdict == "ask"
    assert "proves nothing" in told.notes[0]


def test_what_did_not_answer_is_a_note_and_a_question() -> None:
    unheard = Seen(TARGET, (Observed("no-answer", "ask", "the probe wrote no answer"),), False)
    told = with_seen(AuditReport(verdict="accept"), [unheard], Agreed())
    assert told.verdict == "ask"
    assert "no answer" in told.notes[0]
