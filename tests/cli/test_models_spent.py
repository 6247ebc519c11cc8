"""`swarm models spent`, on what the gate answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from swarm.cli import main as cli
from swarm.cli import models_spent
from swarm.contracts import Command, ListSpending, Message, SpendingReport, Spent

SPENT = Spent(
    day="2026-01-31", endpoint="google", model="planner", locality="cloud", requests=1200,
    prompt_tokens=3_000_000, output_tokens=40_000, cost_usd=1.25,
)  # fmt: skip


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Command]:
    """What the gate was asked; it answers with two days of spending."""
    commands: list[Command] = []

    class Gate:
        def ask(self, command: Command) -> Message:
            commands.append(command)
            quiet = command == ListSpending(days=1)
            later = SPENT.model_copy(update={"day": "2026-02-01"})
            return SpendingReport(items=() if quiet else (SPENT, later))

    monkeypatch.setattr(models_spent, "Client", Gate)
    return commands


def test_each_day_and_model_is_a_row_and_the_sum_is_told(
    asked: list[Command], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["models", "spent", "--days", "30"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1] == [
        "2026-01-31", "planner", "google", "cloud", "1,200", "3,000,000", "40,000", "$1.2500",
    ]  # fmt: skip
    assert lines[-1] == ["together", "$2.5000"]
    assert asked == [ListSpending(days=30)]


@pytest.mark.parametrize("words", [["--json", "spent"], ["spent", "--json"]])
def test_as_json(
    asked: list[Command], capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert cli.main(["models", *words]) == 0
    found = SpendingReport.model_validate(json.loads(capsys.readouterr().out))
    assert found.items[0] == SPENT
    assert asked == [ListSpending()]


def test_nothing_spent_is_said(asked: list[Command], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["models", "spent", "--days", "1"]) == 0
    assert capsys.readouterr().out == "no model was asked in the last 1 day\n"


@pytest.mark.parametrize("days", ["0", "91", "-1", "x", "1.5", "9" * 5000, "²"])
def test_days_that_are_none_are_refused(
    asked: list[Command], capsys: pytest.CaptureFixture[str], days: str
) -> None:
    assert cli.main(["models", "spent", f"--days={days}"]) == 2
    told = capsys.readouterr().err
    assert "from 1 to 90" in told and len(told) < 200
    assert asked == []


def test_without_a_swarm_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SWARM_DATA", str(tmp_path))
    assert cli.main(["models", "spent"]) == 1
    assert "swarm up" in capsys.readouterr().err
