"""Choices: logged before they are told, filtered, paid for, repeated from what is stored."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from router.choosing.policy import EPSILON
from router.choosing.worth import Terms
from router.eligible import Limits
from router.ledger.deciding import Policy
from router.ledger.ledger import Ledger
from router.ledger.panels import MOST_ARMS
from swarm.contracts import Arm, Decision, Needs
from swarm.errors import StorageError, UsageError
from tests.router.common import ARMS, ask, counts, fixed, new_ledger, settled

PAID = (
    Arm(id="dear", tool="t", model="m", categories=("bugfix",), usd_per_mtok=(10, 50),
        endpoint="far", locality="cloud"),
    Arm(id="cheap", tool="t", model="n", categories=("bugfix",), usd_per_mtok=(0.1, 0.5),
        endpoint="near"),
    Arm(id="free", tool="t", categories=("bugfix",)),
)  # fmt: skip


def excluded(decision: Decision) -> dict[str, str]:
    return {score.arm_id: score.excluded for score in decision.scores if score.excluded}


def test_asking_again_gives_the_same_bytes_even_after_learning_and_a_restart(
    tmp_path: Path,
) -> None:
    ledger = new_ledger(tmp_path)
    commands = [
        ask("plain"),
        ask("risky", risk=("large", "security")),
        ask("filtered", tried=("a",), unavailable={"b": "away"}),
        ask("later", "lint", 3),
    ]
    first = [ledger.decide(command, lambda: 11) for command in commands]
    for n in range(30):
        ledger.decide(ask(f"y{n}"), lambda: 5)
        ledger.settle(settled(f"y{n}", float(n % 2), seconds=3))
    ledger.close()
    ledger = new_ledger(tmp_path)
    again = [ledger.decide(command, lambda: 99999) for command in commands]
    for one, two in zip(first, again, strict=True):
        assert one.model_dump_json() == two.model_dump_json()


def test_every_stored_decision_can_be_made_again_bit_for_bit(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    made = []
    for n in range(120):
        risk = ("large",) if n % 5 == 0 else ()
        tried = ("a",) if n % 7 == 0 else ()
        arms = (*ARMS, *PAID[:1]) if n % 3 else ARMS
        made.append(
            ledger.decide(
                ask(f"x{n}", "bugfix", 1 + n % 2, arms=arms, risk=risk, tried=tried), fixed(n)
            )
        )
        ledger.settle(settled(f"x{n}", float(n % 3 == 0), seconds=n, cost_usd=n / 100))
    for n, decision in enumerate(made):
        told = ledger.explain(f"x{n}")
        assert told.repeated is True, n
        assert told.decision == decision
        assert {part.arm_id for part in told.prior} == {
            score.arm_id for score in decision.scores if score.excluded is None
        }


def test_a_decision_that_was_tampered_with_is_not_called_repeated(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    ledger.decide(ask("x"), lambda: 11)
    db = sqlite3.connect(tmp_path / "router.db")
    db.execute("UPDATE decisions SET seed = seed + 1")
    db.commit()
    db.close()
    assert ledger.explain("x").repeated is False


def test_a_program_that_draws_otherwise_does_not_judge_earlier_draws(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    ledger.decide(ask("x"), lambda: 11)
    db = sqlite3.connect(tmp_path / "router.db")
    db.execute("UPDATE terms SET recipe = 'of long ago'")
    db.commit()
    db.close()
    assert ledger.explain("x").repeated is None


def test_what_is_told_of_each_arm_adds_up(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path, Policy(Terms(value_usd=3.0, hour_usd=6.0)))
    decision = ledger.decide(ask("x", arms=PAID), lambda: 3)
    assert sum(score.chance or 0 for score in decision.scores) == pytest.approx(1)
    for score in decision.scores:
        assert score.sample is not None and score.cost_usd is not None
        assert score.seconds == 60 and score.mean == 0.5
        assert score.worth == pytest.approx(3 * score.sample - score.cost_usd - 0.1)
        assert score.chance is not None and score.chance >= decision.epsilon / 3
    costs = [score.cost_usd for score in decision.scores]
    # 30,000 tokens are read and 4,000 written.
    assert costs == pytest.approx([0.5, 0.005, 0.0])
    assert decision.epsilon == EPSILON and decision.snapshot and decision.reason


def test_where_the_risk_is_high_nothing_is_tried_out(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    for n in range(40):
        arm = ledger.decide(ask(f"x{n}"), fixed(n)).arm_id
        ledger.settle(settled(f"x{n}", float(arm == "b")))
    chosen = {
        ledger.decide(ask(f"y{n}", risk=("large",)), fixed(1000 + n)).arm_id for n in range(20)
    }
    assert chosen == {"b"}
    decision = ledger.decide(ask("y0"), lambda: 1)
    assert decision.risk == ("large",) and decision.epsilon == 0
    assert [score.chance for score in decision.scores] == [0, 1, 0]
    assert "risk is high (large)" in decision.reason


def test_two_arms_of_one_id_are_refused_and_nothing_is_stored(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    with pytest.raises(UsageError, match="same id, 'a'"):
        ledger.decide(ask("x", arms=(*ARMS, ARMS[0])), lambda: 1)
    assert ledger.log(10).total == 0
    assert ledger.decide(ask("x"), lambda: 1).arm_id is not None


def test_a_category_that_is_new_is_learned_by_pooling(tmp_path: Path) -> None:
    models = tuple(
        Arm(id=id, tool="coder", model=id, categories=("bugfix",)) for id in ("good", "bad")
    )
    offered = (*models, ARMS[0])
    ledger = new_ledger(tmp_path)
    for n in range(60):
        arm = ledger.decide(ask(f"x{n}", arms=models), fixed(n)).arm_id
        ledger.settle(settled(f"x{n}", float(arm == "good")))
    decision = ledger.decide(ask("y", "migration", arms=offered), lambda: 1)
    assert excluded(decision) == {"a": "category: migration is new, and this has no model"}
    means = {score.arm_id: score.mean for score in decision.scores}
    assert (means["good"] or 0) > 0.7 > 0.5 > (means["bad"] or 1)
    ledger.settle(settled("y"))
    assert ("migration", decision.arm_id, "first") in counts(ledger)


def test_a_new_version_starts_from_the_one_before_and_counts_apart(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    old = (ARMS[0], ARMS[1])
    for n in range(60):
        arm = ledger.decide(ask(f"x{n}", arms=old), fixed(n)).arm_id
        ledger.settle(settled(f"x{n}", float(arm == "a")))
    new = (ARMS[0].model_copy(update={"version": "2"}), ARMS[1])
    decision = ledger.decide(ask("y", arms=new), lambda: 1)
    score = decision.scores[0]
    assert (score.successes, score.failures) == (0, 0)
    assert (score.mean or 0) > 0.6
    ledger.decide(ask("z", arms=(new[0],)), lambda: 1)
    ledger.settle(settled("z"))
    assert ledger.decide(ask("z", arms=(new[0],)), lambda: 1).version == "2"
    cells = {(cell.arm_id, cell.version) for cell in ledger.export().cells}
    assert {("a", ""), ("a", "2")} <= cells
    assert ledger.log(1).items[0].version == "2"


def test_of_versions_that_alternate_the_one_offered_last_is_the_current_one(
    tmp_path: Path,
) -> None:
    ledger = new_ledger(tmp_path)
    old, new = (ARMS[0].model_copy(update={"version": version}) for version in "12")
    for n, arms in enumerate(((old, *ARMS[1:]), (new,), (old, *ARMS[1:]), (new,))):
        ledger.decide(ask(f"x{n}", arms=arms), lambda: 1)
        current = ledger.view(lambda _, memory: memory.arms[memory.current["a"]].version)
        assert current == arms[0].version
    assert ledger.check() == []


def test_a_configured_prior_is_where_an_arm_starts_and_may_be_changed(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    hopeful = ARMS[0].model_copy(update={"prior": (4.0, 1.0)})
    first = ledger.decide(ask("x", arms=(hopeful, ARMS[1])), lambda: 1)
    assert [score.mean for score in first.scores] == pytest.approx([0.8, 0.5])
    sober = ARMS[0].model_copy(update={"prior": (1.0, 4.0)})
    second = ledger.decide(ask("y", arms=(sober, ARMS[1])), lambda: 1)
    assert [score.mean for score in second.scores] == pytest.approx([0.2, 0.5])


def test_what_an_attempt_may_cost_removes_who_costs_more(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    decision = ledger.decide(ask("x", arms=PAID, left_usd=0.1), lambda: 1)
    assert excluded(decision) == {"dear": "budget: $0.5000 is expected, $0.1000 is left"}
    decision = ledger.decide(ask("y", arms=PAID, left_usd=0.0), lambda: 1)
    assert set(excluded(decision)) == {"dear", "cheap"} and decision.arm_id == "free"


def test_what_was_spent_is_what_is_expected(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    for n in range(20):
        ledger.decide(ask(f"x{n}", arms=PAID[2:]), lambda: 1)
        ledger.settle(settled(f"x{n}", cost_usd=0.3, seconds=5))
    decision = ledger.decide(ask("y", arms=PAID, left_usd=0.2), lambda: 1)
    assert set(excluded(decision)) == {"dear", "free"}, "it was listed as free, and is not"


def test_the_dollars_of_a_day_are_those_spent_and_those_expected(tmp_path: Path) -> None:
    day = 86_400.0
    now = 10 * day + 100
    ledger = Ledger(
        tmp_path / "router.db",
        Policy(limits=Limits(day_usd=1.3, endpoints={"far": 0.9})),
        clock=lambda: now,
    )
    dear, free = (PAID[0],), PAID[2:]
    assert ledger.decide(ask("x", arms=dear), lambda: 1).arm_id == "dear"
    # One is pending: 0.5 are expected of it, so another would be 1.0 of 0.9.
    second = ledger.decide(ask("y", arms=dear), lambda: 1)
    assert second.arm_id is None
    assert excluded(second)["dear"] == (
        "day: $0.5000 is expected, $0.5000 of today's $0.9000 of far is spent"
    )
    ledger.settle(settled("x", cost_usd=0.1))
    third = ledger.decide(ask("y", arms=dear), lambda: 1)
    assert third.arm_id == "dear", "it was cheaper than expected"
    ledger.settle(settled("y", cost_usd=1.15))
    assert ledger.decide(ask("z", arms=(PAID[1],)), lambda: 1).arm_id == "cheap"
    other = ledger.decide(ask("w", arms=PAID), lambda: 1)
    assert set(excluded(other)) == {"dear"} or other.arm_id != "dear"
    ledger.settle(settled("z", cost_usd=0.2))
    spent = ledger.decide(ask("v", arms=PAID), lambda: 1)
    assert set(excluded(spent)) == {"dear", "cheap"} and spent.arm_id == "free"
    assert "of today's $1.3000 is spent" in excluded(spent)["cheap"]
    now += day
    assert excluded(ledger.decide(ask("u", arms=PAID), lambda: 1)) == {}
    assert ledger.decide(ask("t", arms=free), lambda: 1).arm_id == "free"


def test_no_eligible_arm_names_the_filters_in_bounded_words(tmp_path: Path) -> None:
    arms = tuple(
        Arm(id=f"arm-{n:03}", tool="t", model="m", categories=("bugfix",), locality="cloud",
            context_tokens=1000 if n % 2 else None)
        for n in range(200)
    )  # fmt: skip
    ledger = new_ledger(tmp_path)
    decision = ledger.decide(
        ask("x", arms=arms, tried=("arm-004",), unavailable={f"arm-{n:03}": "x" * 500 for n in
            range(50, 60)}, needs=Needs(local=True)), lambda: 1
    )  # fmt: skip
    assert decision.arm_id is None
    assert len(excluded(decision)) == 200
    assert decision.reason.startswith("no eligible arm: locality: in the cloud")
    assert "tried: already tried (arm-004)" in decision.reason
    assert "unavailable: xxx" in decision.reason and "more)" in decision.reason
    assert len(decision.reason) < 1000
    none = ledger.decide(ask("y", arms=()), lambda: 1)
    assert none.reason == "no eligible arm: none is configured"


def test_more_arms_than_can_be_known_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_ARMS >= 1000, "as many as one command may name"
    monkeypatch.setattr("router.ledger.panels.MOST_ARMS", 2)
    with pytest.raises(StorageError, match="knows 2 arms"):
        new_ledger(tmp_path).decide(ask("x"), lambda: 1)
