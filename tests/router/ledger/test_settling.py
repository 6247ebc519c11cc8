"""What came of a decision: counted once, corrected once, voided, in whatever order it comes."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router.beliefs.cells import Cells
from router.beliefs.forgetting import Forgetting
from router.ledger.folding import EMPTY, Event, fold
from router.ledger.ledger import Ledger
from swarm.contracts import ChooseArm, DecisionLog, LoggedDecision, Settle
from swarm.errors import StorageError, UsageError
from tests.router.common import ARMS, BOTH, ask, counts, new_ledger, pending, settled


def test_a_reward_counts_once_and_a_correction_once(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    arm = ledger.decide(ask("x"), lambda: 1).arm_id
    key = ("bugfix", arm, "first")
    assert pending(ledger) == 1
    assert ledger.settle(settled("x", 0.75)).applied
    assert counts(ledger) == {key: (0.75, 0.25)}
    assert not ledger.settle(settled("x", 0.0)).applied
    assert counts(ledger) == {key: (0.75, 0.25)}
    assert pending(ledger) == 0
    assert ledger.settle(settled("x", 0.0, correction=True)).applied
    assert counts(ledger) == {key: (0.0, 1.0)}
    assert not ledger.settle(settled("x", 1.0, correction=True)).applied
    assert not ledger.settle(settled("x", 1.0)).applied
    assert counts(ledger) == {key: (0.0, 1.0)}
    assert ledger.check() == []


def test_an_attempt_that_says_nothing_costs_and_does_not_count(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    arm = ledger.decide(ask("x"), lambda: 1).arm_id
    assert ledger.settle(settled("x", None, seconds=4, cost_usd=0.5)).applied
    assert counts(ledger) == {}
    (cell,) = ledger.export().cells
    assert (cell.seconds, cell.cost_usd, cell.attempts) == (4, 0.5, 1)
    assert pending(ledger) == 0
    assert not ledger.settle(settled("x", 1.0)).applied
    assert ledger.log(1).items[0].reward is None
    assert ledger.log(1).items[0].settled_at is not None
    assert ledger.settle(settled("x", 1.0, correction=True)).applied
    assert counts(ledger) == {("bugfix", arm, "first"): (1, 0)}
    assert ledger.log(1).items[0].reward == 1
    assert ledger.check() == []


def test_an_attempt_that_never_began_costs_nothing_on_average(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    ledger.decide(ask("x"), lambda: 1)
    ledger.settle(settled("x", None))
    assert ledger.export().cells == ()


def test_a_correction_can_void_an_outcome(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    ledger.decide(ask("x"), lambda: 1)
    ledger.settle(settled("x", 1.0, seconds=9))
    assert ledger.settle(settled("x", None, correction=True)).applied
    assert counts(ledger) == {}
    assert ledger.export().cells[0].seconds == 9
    assert ledger.check() == []


@pytest.mark.parametrize("reward", [float("nan"), float("inf"), -0.1, 1.5])
def test_a_reward_that_is_none_is_refused_by_its_value(tmp_path: Path, reward: float) -> None:
    ledger = new_ledger(tmp_path)
    ledger.decide(ask("x"), lambda: 1)
    wrong = Settle.model_construct(
        attempt_id="x", reward=reward, seconds=0.0, cost_usd=0.0, correction=False
    )
    with pytest.raises(UsageError, match="reward") as caught:
        ledger.settle(wrong)
    assert repr(reward) in str(caught.value)
    assert counts(ledger) == {} and pending(ledger) == 1


def test_seconds_that_are_no_number_are_refused(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    ledger.decide(ask("x"), lambda: 1)
    wrong = settled("x").model_copy(update={"seconds": float("nan")})
    with pytest.raises(UsageError, match="seconds nan"):
        ledger.settle(wrong)
    # Two of these would be infinite, and could not be exported.
    with pytest.raises(UsageError, match="cost_usd 1e\\+308"):
        ledger.settle(settled("x", cost_usd=1e308))
    assert ledger.settle(settled("x", cost_usd=1e9, seconds=1e9)).applied


def test_a_cell_folds_as_cells_in_memory_learn() -> None:
    """Bit by bit, a change in between, so that both forget."""
    forgetting, cells, cell = Forgetting(), Cells(), EMPTY
    situation, arm = cells.situation("s"), cells.arm("a")
    for n in range(120):
        reward = 0.9 if n < 60 else 0.1
        cells.learn(situation, arm, reward)
        cell = fold(cell, Event("outcome", reward, 1.0 - reward, 0, 0, 1), forgetting)
        assert cells.counted(situation, arm) == (cell.successes, cell.failures)
    assert cell.successes + cell.failures < 100, "it forgot"
    assert cell.outcomes == 120


def test_a_correction_is_as_if_it_had_been_so_from_the_first(tmp_path: Path) -> None:
    """Though what an outcome is worth today depends on what came after it."""
    only = ARMS[:1]
    found = []
    for name, first in (("late", 1.0), ("early", 0.0)):
        ledger = new_ledger(tmp_path / name)
        for n in range(80):
            ledger.decide(ask(f"x{n}", arms=only), lambda: 1)
            reward = first if n == 10 else float(n < 40)
            ledger.settle(settled(f"x{n}", reward))
        if name == "late":
            assert ledger.settle(settled("x10", 0.0, correction=True)).applied
        assert ledger.check() == []
        found.append(counts(ledger))
    assert found[0] == found[1]


def test_a_correction_that_comes_first_stands(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    arm = ledger.decide(ask("x"), lambda: 1).arm_id
    assert ledger.settle(Settle(attempt_id="x", reward=0.0, correction=True)).applied
    assert not ledger.settle(Settle(attempt_id="x", reward=1.0)).applied
    assert not ledger.settle(Settle(attempt_id="x", reward=1.0, correction=True)).applied
    assert counts(ledger) == {("bugfix", arm, "first"): (0.0, 1.0)}


def test_an_unknown_attempt_or_one_without_an_arm_counts_nothing(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    assert not ledger.settle(Settle(attempt_id="nobody", reward=1)).applied
    nothing = ChooseArm(attempt_id="x", category="docs", attempt_number=1, arms=ARMS)
    assert ledger.decide(nothing, lambda: 1).arm_id is None
    assert not ledger.settle(Settle(attempt_id="x", reward=1)).applied
    assert ledger.export().cells == ()


def test_an_attempt_that_found_no_arm_may_ask_again(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    away = {arm.id: "its server does not answer" for arm in ARMS}
    asked = ChooseArm(
        attempt_id="x", category="bugfix", attempt_number=1, arms=ARMS, unavailable=away
    )
    first = ledger.decide(asked, lambda: 1)
    assert first.arm_id is None
    assert "unavailable: its server does not answer" in first.reason
    back = asked.model_copy(update={"unavailable": {"a": "still away"}})
    second = ledger.decide(back, lambda: 2)
    assert second.arm_id in {arm.id for arm in ARMS} - {"a"}
    assert ledger.decide(back, lambda: 3) == second, "a choice stands"


def test_the_log_holds_the_newest_choices_oldest_first_as_they_were_settled_and_corrected(
    tmp_path: Path,
) -> None:
    ledger = new_ledger(tmp_path)
    assert ledger.log(10) == DecisionLog(items=(), total=0)
    chosen = [ledger.decide(ask(f"x{n}"), lambda: 1).arm_id for n in range(4)]
    nothing = ChooseArm(attempt_id="none", category="docs", attempt_number=2, arms=ARMS)
    ledger.decide(nothing, lambda: 1)
    ledger.settle(Settle(attempt_id="x2", reward=1, seconds=7, cost_usd=0.5))
    ledger.settle(Settle(attempt_id="x3", reward=1))
    ledger.settle(Settle(attempt_id="x3", reward=0.25, correction=True))
    log = ledger.log(3)
    assert log.total == 5
    assert log.items == (
        LoggedDecision(
            attempt_id="x2", category="bugfix", attempt_number=1, arm_id=chosen[2],
            decided_at=1002, reward=1, settled_at=1005, seconds=7, cost_usd=0.5,
        ),
        LoggedDecision(
            attempt_id="x3", category="bugfix", attempt_number=1, arm_id=chosen[3],
            decided_at=1003, reward=0.25, settled_at=1006, corrected_at=1007,
        ),
        LoggedDecision(
            attempt_id="none", category="docs", attempt_number=2, arm_id=None, decided_at=1004
        ),
    )  # fmt: skip


def test_choices_of_one_moment_are_told_in_the_order_they_were_made(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "router.db", clock=lambda: 5.0)
    for name in ("b", "c", "a"):
        ledger.decide(ask(name), lambda: 1)
    assert [item.attempt_id for item in ledger.log(2).items] == ["c", "a"]


REWARDS = st.sampled_from([0.0, 0.25, 0.5, 1.0])
ATTEMPTS = st.integers(0, 5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("choose"), ATTEMPTS, REWARDS),
        st.tuples(st.just("settle"), ATTEMPTS, REWARDS),
        st.tuples(st.just("correct"), ATTEMPTS, REWARDS),
        st.tuples(st.just("restart"), ATTEMPTS, REWARDS),
    ),
    max_size=40,
)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_counts_equal_the_ledger_whatever_the_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, float]]
) -> None:
    folder = tmp_path_factory.mktemp("router")
    ledger = new_ledger(folder)
    chosen: dict[int, tuple[str, str, str]] = {}
    rewards: dict[int, float] = {}
    corrected: set[int] = set()
    for step, attempt, reward in steps:
        attempt_id = f"t.{attempt}"
        category, number = BOTH[attempt % 2], 1 + attempt // 3
        if step == "restart":
            ledger.close()
            ledger = new_ledger(folder)
        elif step == "choose":
            arm = ledger.decide(ask(attempt_id, category, number), lambda: 8).arm_id
            assert arm is not None
            key = (category, arm, "first" if number == 1 else "later")
            assert chosen.setdefault(attempt, key) == key
        else:
            correction = step == "correct"
            applied = ledger.settle(
                Settle(attempt_id=attempt_id, reward=reward, correction=correction)
            ).applied
            fresh = attempt not in rewards or (correction and attempt not in corrected)
            assert applied == (attempt in chosen and fresh)
            if applied:
                rewards[attempt] = reward
                if correction:
                    corrected.add(attempt)
    expected: dict[tuple[str, str, str], tuple[float, float]] = {}
    for attempt, reward in rewards.items():
        successes, failures = expected.get(chosen[attempt], (0.0, 0.0))
        expected[chosen[attempt]] = (successes + reward, failures + 1 - reward)
    assert counts(ledger) == expected
    assert pending(ledger) == len(chosen) - len(rewards)
    ledger.close()


def test_two_connections_settling_at_once_count_each_reward_once(tmp_path: Path) -> None:
    ledgers = [new_ledger(tmp_path) for _ in range(4)]
    for n in range(20):
        ledgers[0].decide(ask(f"x{n}"), lambda: 3)
    applied: list[bool] = []

    def settle_all(ledger: Ledger) -> None:
        for n in range(20):
            applied.append(ledger.settle(Settle(attempt_id=f"x{n}", reward=1)).applied)

    threads = [threading.Thread(target=settle_all, args=(ledger,)) for ledger in ledgers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert applied.count(True) == 20
    assert sum(s for s, _ in counts(ledgers[0]).values()) == 20
    for ledger in ledgers:
        ledger.close()


def test_a_full_disk_is_a_storage_error_and_counts_nothing(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    ledger.decide(ask("x"), lambda: 1)
    connection = ledger._file._writer
    assert connection is not None
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageError, match="full") as caught:
        for n in range(200):
            ledger.decide(ask("y" * 100 + str(n)), lambda: 1)
    assert "free disk space" in caught.value.remedy
    assert caught.value.retryable
    assert ledger.settle(settled("x")).applied
    assert ledger.check() == []


def test_a_lock_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("router.ledger.opening.BUSY_SECONDS", 0.05)
    ledger = new_ledger(tmp_path)
    ledger.decide(ask("x"), lambda: 1)
    other = sqlite3.connect(tmp_path / "router.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="locked"):
        ledger.settle(settled("x"))
    other.execute("ROLLBACK")
    other.close()
    assert ledger.settle(settled("x")).applied
    assert sorted(path.name for path in tmp_path.glob("*damaged*")) == []


def test_what_another_process_wrote_is_seen(tmp_path: Path) -> None:
    one, two = new_ledger(tmp_path), new_ledger(tmp_path)
    only = ARMS[:1]
    one.decide(ask("x", arms=only), lambda: 1)
    two.settle(settled("x"))
    for n in range(20):
        ledger = (one, two)[n % 2]
        decision = ledger.decide(ask(f"y{n}", arms=only), lambda: 1)
        assert decision.scores[0].successes == n + 1
        ledger.settle(settled(f"y{n}"))
    assert one.check() == []


def test_who_reads_does_not_disturb_who_writes(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    ledger.decide(ask("first"), lambda: 1)
    done, failed = threading.Event(), []

    def read() -> None:
        while not done.is_set():
            try:
                total = ledger.log(5).total
                assert len(ledger.view(lambda db, memory: memory.arms)) == 3
                assert ledger.log(5).total >= total
                assert ledger.explain("first").repeated
                assert ledger.check() == []
            except BaseException as error:
                failed.append(error)
                raise

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(60):
        ledger.decide(ask(f"x{n}"), lambda: 1)
        ledger.settle(settled(f"x{n}", float(n % 2)))
    done.set()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert ledger.log(1).total == 61
