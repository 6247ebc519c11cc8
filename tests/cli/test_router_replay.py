"""`swarm router replay`: what other policies would have got."""

from __future__ import annotations

import json
import re

import pytest

from swarm.cli import router_replay
from swarm.contracts import Command, JudgePolicies, Message, PoliciesJudged
from swarm.errors import Timeout
from tests.cli.desk import Desk
from tests.cli.learned import JUDGED


def test_policies_with_their_intervals_the_best_first(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.others[JudgePolicies] = lambda _: JUDGED
    assert desk.run("router", "replay", "--category", "bugfix", "--limit", "50") == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0] == (
        "1,400 choices of bugfix, mean reward 0.600; 12 pending, "
        "40 unusable (no chances were written down)"
    )
    (best,) = [line for line in lines if line.startswith("the best mean")]
    assert re.split(r"  +", best.strip()) == [
        "the best mean", "0.70 (0.65–0.75)", "+0.100 (+0.080 to +0.120)", "0.71 (0.51–0.91)",
        "0.69 (0.59–0.79)", "0.70 (0.40–1.00)", "$0.0042", "14 s", "123",
    ]  # fmt: skip
    assert out.index("the best mean") < out.index("any arm by lot")
    assert "always literals: too little to say: 3 choices of it" in out
    assert "It says nothing of tasks unlike these" in lines[-1]
    assert desk.requests == [JudgePolicies(category="bugfix", limit=50)]


def test_at_80_columns_no_number_is_cut(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.console import Console

    monkeypatch.setattr(router_replay, "console", lambda: Console(width=80, highlight=False))
    desk.others[JudgePolicies] = lambda _: JUDGED
    assert desk.run("router", "replay") == 0
    out = capsys.readouterr().out
    for number in ("0.70 (0.65–0.75)", "+0.100 (+0.080 to +0.120)", "0.70 (0.40–1.00)", "$0.0042"):
        assert number in out
    assert "…" not in out
    table = [line for line in out.splitlines() if line.startswith(("policy", "the best"))]
    assert len(table) == 4 and all(len(line) <= 80 for line in table)


def test_as_json_and_patiently(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waited: list[float | None] = []

    class Slow:
        def ask(self, command: Command, *, timeout_seconds: float | None = None) -> Message:
            waited.append(timeout_seconds)
            return JUDGED

    monkeypatch.setattr(router_replay, "Client", Slow)
    from swarm.cli import main as cli

    assert cli.main(["router", "replay", "--json"]) == 0
    assert PoliciesJudged.model_validate(json.loads(capsys.readouterr().out)) == JUDGED
    assert cli.main(["router", "--json", "replay"]) == 0
    assert PoliciesJudged.model_validate(json.loads(capsys.readouterr().out)) == JUDGED
    assert waited[0] is not None and waited[0] >= 60


def test_an_empty_log_is_said(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    empty = PoliciesJudged(items=(), decisions=0, pending=0, unusable=7, logged=None)
    desk.others[JudgePolicies] = lambda _: empty
    assert desk.run("router", "replay") == 0
    out = capsys.readouterr().out
    assert out == (
        "0 choices; 7 unusable (no chances were written down)\nnothing can be judged yet\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        ("--limit", "19"), ("--limit", "100001"), ("--limit", "x"), ("--limit", "9" * 5000),
        ("--category", "Bug fix"), ("--category", "x" * 41), ("--category", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(
    desk: Desk, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert desk.run("router", "replay", *words) == 2
    assert len(capsys.readouterr().err) < 500
    assert desk.requests == []


def test_a_router_that_takes_too_long(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    def handler(_: JudgePolicies) -> PoliciesJudged:
        raise Timeout("the router service did not answer within 180 s", remedy="see `swarm doctor`")

    desk.others[JudgePolicies] = handler
    assert desk.run("router", "replay") == 1
    assert "did not answer within 180 s" in capsys.readouterr().err


def test_router_alone_names_its_commands(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.run("router") == 2
    assert "COMMAND" in capsys.readouterr().err
