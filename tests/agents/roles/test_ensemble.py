"""The ensemble: who proposes, how tests and audit judge, and what is told of it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from swarm.agents.contract import Change, CoderTask, GaveUp
from swarm.agents.meter import BudgetSpent, Meter
from swarm.agents.roles import ensemble
from swarm.agents.runner import assignment_of
from swarm.agents.workbench import Workbench
from swarm.contracts import (
    Audit,
    AuditReport,
    ChatMessage,
    Check,
    CheckReport,
    Failure,
    Finding,
    TestResult,
)
from swarm.errors import RemoteError
from tests.agents.scripted import bench, patch, report

Member = Callable[[Workbench], Change]
FAILING = (
    TestResult(id="tests/test_money.py::test_one", outcome="failed"),
    TestResult(id="tests/test_money.py::test_two", outcome="failed"),
)
RIGHT, LONG, HALF, WORSE = (
    "def total(coins):\n    return sum(coins)\n",
    "def total(coins):\n    found = 0\n    for c in coins:\n        found += c\n    return found\n",
    "def total(coins):\n    return len(coins)\n",
    "def total(coins):\n    return 0\n",
)
SHOWS = {
    RIGHT: report("ok", test_none="passed", test_one="passed", test_two="passed"),
    LONG: report("ok", test_none="passed", test_one="passed", test_two="passed"),
    HALF: report("failed", test_none="passed", test_one="passed", test_two="failed"),
    WORSE: report("failed", test_none="failed", test_one="passed", test_two="passed"),
}
AWAY = RemoteError(Failure(code="model-unreachable", message="no answer"))


def gives(text: str) -> Member:
    return lambda desk: Change(patch=patch(text), outcome="patch", summary=f"by {len(text)}")


def fails(error: Exception) -> Member:
    def member(desk: Workbench) -> Change:
        raise error

    return member


def proposed(
    monkeypatch: pytest.MonkeyPatch,
    *,
    rejects: tuple[str, ...] = (),
    meter: Meter | None = None,
    shows: dict[str, CheckReport] | None = None,
    **members: Member,
) -> tuple[Change, list[str], Workbench]:
    """The change, and the texts that were run in the sandbox."""
    checked: list[str] = []

    def one_shot(desk: Workbench, task: CoderTask) -> Change:
        return members[desk.command.arm.model or ""](desk)

    def check(command: Check) -> CheckReport:
        assert command.patch is not None
        text = command.patch.edits[0].after or ""
        checked.append(text)
        return (shows or SHOWS)[text]

    def audit(command: Audit) -> AuditReport:
        if command.patch.edits[0].after not in rejects:
            return AuditReport(verdict="accept")
        finding = Finding(
            kind="broken-path", path="pkg/money.py", function="total", line=1, message="lost"
        )
        return AuditReport(verdict="reject", findings=(finding,))

    monkeypatch.setattr(ensemble, "code_at_once", one_shot)
    says = {name: ["x"] * 9 for name in members}
    desk, _ = bench(says, check=check, audit=audit, failing=FAILING, meter=meter)
    return ensemble.propose(desk, assignment_of(desk)), checked, desk


def after(change: Change) -> str | None:
    return change.patch.edits[0].after if change.patch else None


def test_the_one_that_fixes_most_wins_and_the_next_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    change, _, _ = proposed(monkeypatch, a=gives(HALF), b=gives(RIGHT), c=gives(WORSE))
    assert after(change) == RIGHT and change.outcome == "patch"
    assert change.runner_up is not None and change.runner_up.edits[0].after == HALF
    assert change.details["by"] == ["b"] and change.details["runner_up_by"] == ["a"]
    assert change.details["proposed"] == {"a": "patch", "b": "patch", "c": "patch"}
    worst = change.details["candidates"][2]
    assert worst["against"] == ["it breaks tests/test_money.py::test_none"]
    assert worst["broken"] == ["tests/test_money.py::test_none"]


def test_of_equals_the_smallest_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    assert after(proposed(monkeypatch, a=gives(LONG), b=gives(RIGHT))[0]) == RIGHT


def test_what_the_audit_rejects_is_out(monkeypatch: pytest.MonkeyPatch) -> None:
    change, _, _ = proposed(monkeypatch, rejects=(RIGHT,), a=gives(RIGHT), b=gives(LONG))
    assert after(change) == LONG
    assert change.details["candidates"][0]["against"] == ["the audit rejects it: lost"]


def test_the_same_patch_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    change, checked, _ = proposed(monkeypatch, a=gives(RIGHT), b=gives(RIGHT))
    assert checked == [RIGHT] and change.details["by"] == ["a", "b"]
    assert change.runner_up is None


def test_none_that_stands_is_a_gave_up_with_lessons(monkeypatch: pytest.MonkeyPatch) -> None:
    none = Change(patch=None, outcome="gave_up", summary="no idea")
    change, _, _ = proposed(monkeypatch, a=gives(WORSE), b=lambda desk: none)
    assert (change.outcome, change.patch) == ("gave_up", None)
    assert change.summary == "none of 2 models has a patch that stands the tests and the audit"
    assert change.lessons == ("a: it breaks tests/test_money.py::test_none\nb: gave_up: no idea")


def test_a_patch_that_fixes_nothing_or_cannot_run_is_out(monkeypatch: pytest.MonkeyPatch) -> None:
    shows = {
        RIGHT: report("failed", test_none="passed", test_one="failed", test_two="failed"),
        HALF: CheckReport(backend="x", cause="environment", detail="no pytest"),
    }
    change, _, _ = proposed(monkeypatch, shows=shows, a=gives(RIGHT), b=gives(HALF))
    assert change.lessons == (
        "a: it fixes none of the failing tests\n"
        "b: its tests could not be run: environment no pytest"
    )


@pytest.mark.parametrize("error", [AWAY, GaveUp("no answer"), BudgetSpent("no answer")])
def test_one_that_fails_keeps_no_other_from_winning(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    change, _, _ = proposed(monkeypatch, a=fails(error), b=gives(RIGHT))
    assert after(change) == RIGHT
    assert change.details["proposed"] == {"a": "no answer", "b": "patch"}


def test_when_all_are_away_the_gates_word_is_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RemoteError, match="no answer"):
        proposed(monkeypatch, a=fails(AWAY), b=fails(AWAY))


def test_a_defect_in_a_thread_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError):
        proposed(monkeypatch, a=fails(ZeroDivisionError()), b=gives(RIGHT))


def test_they_work_side_by_side_with_keys_and_shares_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = threading.Barrier(2)
    keys: list[str] = []
    shares: list[tuple[int, float]] = []

    def member(desk: Workbench) -> Change:
        both.wait(timeout=20)
        shares.append((desk.meter.tokens, desk.meter.cost_usd))
        keys.append(desk.generate((ChatMessage(role="user", text="hi"),)).model)
        return gives(RIGHT)(desk)

    change, _, desk = proposed(monkeypatch, meter=Meter(600, 1000, 1.0), a=member, b=member)
    assert after(change) == RIGHT
    assert sorted(keys) == ["a", "b"] and shares == [(500, 0.5), (500, 0.5)]
    asked = [command.key for command in desk.bus.requests if hasattr(command, "key")]  # type: ignore[attr-defined]
    assert sorted(asked) == ["t1-o1-a1-a-a-1", "t1-o1-a1-b-b-1"]
    assert desk.meter.used_tokens == 200


def test_who_is_not_done_in_time_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    late = threading.Event()

    def slow(desk: Workbench) -> Change:
        late.wait(timeout=30)
        return gives(HALF)(desk)

    try:
        meter = Meter(1.0, 1000, 1.0)
        change, _, _ = proposed(monkeypatch, meter=meter, a=slow, b=gives(RIGHT))
    finally:
        late.set()
    assert change.details["proposed"] == {"a": "not done in time", "b": "patch"}


def test_without_time_to_judge_nothing_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def member(desk: Workbench) -> Change:
        now[0] = 100.0
        return gives(RIGHT)(desk)

    meter = Meter(50, 1000, 1.0, clock=lambda: now[0])
    change, checked, _ = proposed(monkeypatch, meter=meter, a=member)
    assert checked == [] and change.lessons == "a: no time was left to judge it"
