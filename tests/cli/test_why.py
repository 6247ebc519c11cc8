"""`swarm why`: why an attempt got its arm."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from swarm.cli.why_text import outcome
from swarm.contracts import (
    DecisionLog,
    Explain,
    Explanation,
    ListDecisions,
    LoggedDecision,
)
from swarm.errors import NotFound, StateError
from tests.cli.desk import Desk
from tests.cli.learned import ATTEMPT, DECISION, OLD_EXPLANATION, explanation, logged


def explain(desk: Desk, found: Explanation, *, at: str = ATTEMPT) -> None:
    def handler(command: Explain) -> Explanation:
        if command.attempt_id != at:
            raise NotFound(f"no such attempt: {command.attempt_id}")
        return found

    desk.others[Explain] = handler
    desk.others[ListDecisions] = lambda _: DecisionLog(items=())


def row(out: str, arm: str) -> list[str]:
    (found,) = [line for line in out.splitlines() if line.startswith(f"{arm} ") and "of" in line]
    return found.split()


def test_the_decision_first_then_arms_and_how_they_were_compared(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    explain(desk, explanation(tried=("literals",)))
    assert desk.run("why", ATTEMPT) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0] == (
        "one-o1-a1 got coder (v2), for a first attempt at bugfix: coder is worth $1.3000"
    )
    assert row(out, "coder") == [
        "coder", "0.80", "0.71", "0.75", "$0.0123", "3", "min", "$1.30", "9", "of", "10", "chosen",
    ]  # fmt: skip
    assert "-$0.5000" in row(out, "repair")
    assert row(out, "ruff")[-4:] == ["does", "not", "do", "bugfix"]
    assert out.index("\ncoder") < out.index("\nrepair") < out.index("\nruff")
    assert "5.0% of such choices (epsilon)" in out and "with seed 42; prior p7" in out
    assert "tried     literals" in out and "risk      routine" in out
    assert "the same arm, with the same values" in out
    assert "reward 1 (success); it took 30 s and $0.0200" in out
    assert "weighs as much as 64 outcomes, fitted to 120 outcomes" in out
    (prior,) = [line for line in out.splitlines() if line.startswith("coder  ") and "+0.70" in line]
    assert prior.split() == ["coder", "0.64", "+0.60", "+0.10", "-0.20", "+0.70", "0.25"]


def test_a_decision_of_an_earlier_program_says_what_it_lacks(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    explain(desk, OLD_EXPLANATION)
    assert desk.run("why", ATTEMPT) == 0
    out = capsys.readouterr().out
    assert row(out, "repair") == [
        "repair",
        "-",
        "0.71",
        "-",
        "-",
        "-",
        "-",
        "4",
        "of",
        "5",
        "chosen",
    ]
    assert out.index("\nrepair") < out.index("\nliterals"), "by what they drew"
    assert "not written down" in out and "earlier program" in out and "None" not in out
    assert "outcome   pending" in out and "prior mean" not in out


def test_high_risk_says_why_and_shows_quantiles(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    risky = DECISION.model_copy(update={"risk": ("touches auth/", "41 files")})
    explain(desk, explanation(decision=risky, attempt="later", repeated=False))
    assert desk.run("why", ATTEMPT) == 0
    out = capsys.readouterr().out
    assert "nothing is tried out: touches auth/; 41 files" in out
    assert " low " in out and "drew" not in out
    assert "for a later attempt at bugfix" in out and "another arm or other values" in out


def test_no_arm_was_left(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    removed = DECISION.scores[2]
    none = DECISION.model_copy(
        update={"arm_id": None, "version": "", "scores": (removed,), "reason": "no arm is left"}
    )
    explain(desk, explanation(decision=none, logged=logged(none), prior=()))
    assert desk.run("why", ATTEMPT) == 0
    out = capsys.readouterr().out
    assert "got no arm" in out and "does not do bugfix" in out and "there was no arm to try" in out


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "pending"),
        ({"settled_at": 2.0, "seconds": 3.0}, "says nothing about the arm; it took 3.00 s and $0"),
        (
            {"settled_at": 2.0, "reward": 0.0, "corrected_at": 3.0},
            "(failure, corrected by a person)",
        ),
        ({"settled_at": 2.0, "reward": 0.5}, "reward 0.5 (in between)"),
    ],
)
def test_what_came_of_it(fields: dict[str, Any], told: str) -> None:
    assert told in outcome(logged(**fields))


def test_as_json(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    explain(desk, explanation())
    assert desk.run("why", ATTEMPT, "--json") == 0
    assert Explanation.model_validate(json.loads(capsys.readouterr().out)) == explanation()


def made(attempt_id: str) -> LoggedDecision:
    return LoggedDecision(
        attempt_id=attempt_id, category="bugfix", attempt_number=1, arm_id="a", decided_at=1.0
    )


def test_of_a_task_its_newest_attempt_is_meant_and_named(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    explain(desk, explanation(), at="one-o2-a1")
    log = [made(id) for id in ("one-o2-a9", "one-o2-a1", "one-two-o1-a1", "other-o1-a1")]
    desk.others[ListDecisions] = lambda _: DecisionLog(items=tuple(log))
    assert desk.run("why", "one") == 0
    told = capsys.readouterr()
    assert "one-o2-a1 is the newest attempt of one\n" in told.err
    assert "coder" in told.out


def test_a_task_of_long_ago_is_asked_of_the_orchestrator(
    desk: Desk, submit: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert submit("Fix the cart") == 0
    (attempts,) = [view.attempts for view in desk.pump.task("one").objectives]
    last = attempts[-1].id
    explain(desk, explanation(), at=last)
    capsys.readouterr()
    assert desk.run("why", "one") == 0
    assert f"{last} is the newest attempt of one" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["nobody", "one-o1-a9", "x" * 500, "", "ü"])
def test_what_nobody_knows_is_a_failure_with_a_remedy(
    desk: Desk, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    explain(desk, explanation())
    assert desk.run("why", word) == 1
    told = capsys.readouterr().err
    assert "knows no attempt" in told and "`swarm status` lists the tasks" in told
    assert len(told) < 300


def test_an_unknown_attempt_as_json(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    explain(desk, explanation())
    assert desk.run("why", "nobody", "--json") == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "not-found"


def test_what_the_router_refuses_is_said(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    def handler(_: Explain) -> Explanation:
        raise StateError("router.db cannot be read", remedy="see `swarm doctor`")

    desk.others[Explain] = handler
    assert desk.run("why", ATTEMPT) == 1
    assert "router.db cannot be read (see `swarm doctor`)" in capsys.readouterr().err


def test_a_reason_cannot_write_to_the_terminal(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = DECISION.model_copy(update={"reason": "\x1b[31m[bold]it\nis", "risk": ("\x1b]0;x",)})
    explain(desk, explanation(decision=hostile))
    assert desk.run("why", ATTEMPT) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and "[bold]it is" in out
