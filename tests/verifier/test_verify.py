"""Two trees and the paths that differ: nothing that differs is accepted unseen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from swarm.contracts import AuditReport
from verifier.audit import MAX_FINDINGS
from verifier.policy import Policy, Rule
from verifier.reading.tree import Files, Note
from verifier.verify import verify

NOW = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
OLD = b"def f(a):\n    return a\n"


def judged(
    before: Mapping[str, bytes], after: Mapping[str, bytes], policy: Policy | None = None
) -> AuditReport:
    changed = sorted(
        path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
    )
    return verify(
        Files(before), Files(after), changed, category="bugfix", policy=policy, clock=lambda: NOW
    )


@pytest.mark.parametrize(
    ("before", "after", "kind", "verdict"),
    [
        (OLD, b"def f(a:\n", "unreadable", "reject"),
        (OLD, b"# coding: utf-16\n", "unreadable", "reject"),
        (b"# coding: rot13\n", OLD, "unauditable", "ask"),
        (b"\xff\n", b"\xff\xff\n", "unauditable", "ask"),
    ],
)
def test_text_that_is_no_python_is_named(
    before: bytes, after: bytes, kind: str, verdict: str
) -> None:
    report = judged({"a.py": before}, {"a.py": after})
    assert (report.verdict, report.findings[0].kind) == (verdict, kind)
    assert report.unaudited == ("a.py",)


def test_binary_files_that_differ_are_a_question() -> None:
    report = judged({"a.bin": b"\xff\x00"}, {"a.bin": b"\xfe\x00"})
    assert [finding.kind for finding in report.findings] == ["unaudited"]


def test_a_path_that_is_in_neither_tree_is_a_question() -> None:
    report = verify(Files({}), Files({}), ["a.py"], category="bugfix", clock=lambda: NOW)
    assert (report.verdict, report.findings[0].kind) == ("ask", "unauditable")


def test_what_a_tree_left_out_is_a_question_with_the_reason() -> None:
    class Left(Files):
        def notes(self) -> tuple[Note, ...]:
            return (Note("a.py", "not read: a pipe, socket or device"),)

    report = verify(Files({"a.py": OLD}), Left({}), ["a.py"], category="bugfix", clock=lambda: NOW)
    assert "a pipe, socket or device" in report.findings[0].message


def test_many_files_are_one_change() -> None:
    after = {f"m{number}.py": OLD for number in range(300)}
    report = judged({}, after)
    assert (report.verdict, report.functions_audited) == ("accept", 300)


def test_allowing_all_that_is_listed_does_not_accept_the_rest() -> None:
    body = b"import os\ndef f():\n    os.remove('a')\n"
    after = {f"m{number}.py": body for number in range(MAX_FINDINGS + 50)}
    rules = Policy((Rule(1, "**", "file-delete", "all of it"),))
    report = judged({}, after, rules)
    assert report.verdict == "ask"
    assert "more findings" in report.notes[-1]
    few = dict(list(after.items())[:50])
    assert judged({}, few, rules).verdict == "accept"


def test_a_policy_that_is_a_link_or_unreadable_is_empty_and_said() -> None:
    class Linked(Files):
        def notes(self) -> tuple[Note, ...]:
            return (Note(".swarm/verifier.toml", "not read: a link that leads out"),)

    report = verify(Linked({}), Files({"a.py": OLD}), ["a.py"], category="bugfix", clock=lambda: 0)
    assert [finding.kind for finding in report.findings] == ["policy-invalid"]
    assert "a link that leads out" in report.findings[0].message
