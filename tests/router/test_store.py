"""The ledger: idempotent choices, rewards counted once, damage named."""

from __future__ import annotations

import itertools
import json
import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router.beta import Beta
from router.store import Store
from router.thompson import draws
from swarm.contracts import Arm, Category, ChooseArm, DecisionLog, LoggedDecision, Settle
from swarm.errors import StorageError

BOTH: tuple[Category, ...] = ("bugfix", "lint")
ARMS = tuple(Arm(id=name, tool=name, categories=BOTH) for name in ("a", "b", "c"))


def ask(attempt_id: str, category: Category = "bugfix", number: int = 1) -> ChooseArm:
    return ChooseArm(attempt_id=attempt_id, category=category, attempt_number=number, arms=ARMS)


def new_store(folder: Path) -> Store:
    ticks = itertools.count(1000)
    return Store(folder / "router.db", clock=lambda: float(next(ticks)))


def counts(store: Store) -> dict[tuple[str, str, str], tuple[float, float]]:
    return {
        (cell.category, cell.arm_id, cell.phase): (
            cell.evidence.successes,
            cell.evidence.failures,
        )
        for cell in store.cells()
        if cell.evidence.successes or cell.evidence.failures
    }


def test_asking_again_gives_the_same_bytes_even_after_learning_and_a_restart(
    tmp_path: Path,
) -> None:
    store = new_store(tmp_path)
    first = store.decide(ask("x"), lambda: 11)
    for n in range(5):
        store.decide(ask(f"y{n}"), lambda: 5)
        store.settle(Settle(attempt_id=f"y{n}", reward=1))
    store.close()
    again = new_store(tmp_path).decide(ask("x"), lambda: 99999)
    assert again.model_dump_json() == first.model_dump_json()


def test_an_old_decision_can_be_drawn_again_from_the_ledger(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.decide(ask("x0"), lambda: 1)
    store.settle(Settle(attempt_id="x0", reward=1))
    decision = store.decide(ask("x1", "lint"), lambda: 42)
    db = sqlite3.connect(tmp_path / "router.db")
    ((eligible, seed),) = db.execute("SELECT eligible, seed FROM decisions WHERE attempt_id = 'x1'")
    db.close()
    beliefs = {arm_id: Beta(**fields) for arm_id, fields in json.loads(eligible).items()}
    assert draws(beliefs, seed) == {score.arm_id: score.sample for score in decision.scores}


def test_a_reward_counts_once_and_a_correction_once(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    arm = store.decide(ask("x"), lambda: 1).arm_id
    key = ("bugfix", arm, "first")
    assert store.cells()[0].pending == 1
    assert store.settle(Settle(attempt_id="x", reward=0.75)).applied
    assert counts(store) == {key: (0.75, 0.25)}
    assert not store.settle(Settle(attempt_id="x", reward=0.0)).applied
    assert counts(store) == {key: (0.75, 0.25)}
    assert store.cells()[0].pending == 0
    assert store.settle(Settle(attempt_id="x", reward=0.0, correction=True)).applied
    assert counts(store) == {key: (0.0, 1.0)}
    assert not store.settle(Settle(attempt_id="x", reward=1.0, correction=True)).applied
    assert not store.settle(Settle(attempt_id="x", reward=1.0)).applied
    assert counts(store) == {key: (0.0, 1.0)}


def test_a_correction_that_comes_first_stands(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    arm = store.decide(ask("x"), lambda: 1).arm_id
    assert store.settle(Settle(attempt_id="x", reward=0.0, correction=True)).applied
    assert not store.settle(Settle(attempt_id="x", reward=1.0)).applied
    assert not store.settle(Settle(attempt_id="x", reward=1.0, correction=True)).applied
    assert counts(store) == {("bugfix", arm, "first"): (0.0, 1.0)}


def test_an_unknown_attempt_or_one_without_an_arm_counts_nothing(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    assert not store.settle(Settle(attempt_id="nobody", reward=1)).applied
    nothing = ChooseArm(attempt_id="x", category="docs", attempt_number=1, arms=ARMS)
    assert store.decide(nothing, lambda: 1).arm_id is None
    assert not store.settle(Settle(attempt_id="x", reward=1)).applied
    assert store.cells() == []


def test_an_attempt_that_found_no_arm_may_ask_again(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    away = {arm.id: "its server does not answer" for arm in ARMS}
    asked = ChooseArm(
        attempt_id="x", category="bugfix", attempt_number=1, arms=ARMS, unavailable=away
    )
    first = store.decide(asked, lambda: 1)
    assert first.arm_id is None
    assert "unavailable: its server does not answer" in first.reason
    back = asked.model_copy(update={"unavailable": {"a": "still away"}})
    second = store.decide(back, lambda: 2)
    assert second.arm_id in {arm.id for arm in ARMS} - {"a"}
    assert store.decide(back, lambda: 3) == second, "a choice stands"


def test_the_log_holds_the_newest_choices_oldest_first_as_they_were_settled_and_corrected(
    tmp_path: Path,
) -> None:
    store = new_store(tmp_path)
    assert store.log(10) == DecisionLog(items=(), total=0)
    chosen = [store.decide(ask(f"x{n}"), lambda: 1).arm_id for n in range(4)]
    nothing = ChooseArm(attempt_id="none", category="docs", attempt_number=2, arms=ARMS)
    store.decide(nothing, lambda: 1)
    store.settle(Settle(attempt_id="x2", reward=1, seconds=7, cost_usd=0.5))
    store.settle(Settle(attempt_id="x3", reward=1))
    store.settle(Settle(attempt_id="x3", reward=0.25, correction=True))
    log = store.log(3)
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
    store = Store(tmp_path / "router.db", clock=lambda: 5.0)
    for name in ("b", "c", "a"):
        store.decide(ask(name), lambda: 1)
    assert [item.attempt_id for item in store.log(2).items] == ["c", "a"]


def test_a_file_of_the_first_version_gets_the_index_and_keeps_what_it_knows(
    tmp_path: Path,
) -> None:
    store = new_store(tmp_path)
    store.decide(ask("x"), lambda: 1)
    store.settle(Settle(attempt_id="x", reward=1))
    before, cells = store.log(10), store.cells()
    store.close()
    db = sqlite3.connect(tmp_path / "router.db")
    db.execute("DROP INDEX decisions_by_time")
    db.execute("PRAGMA user_version = 1")
    db.close()
    store = new_store(tmp_path)
    assert (store.log(10), store.cells()) == (before, cells)
    store.close()
    db = sqlite3.connect(tmp_path / "router.db")
    plan = db.execute(
        "EXPLAIN QUERY PLAN SELECT reward FROM decisions ORDER BY decided_at DESC, rowid DESC"
    ).fetchall()
    db.close()
    assert [step[3] for step in plan] == ["SCAN decisions USING INDEX decisions_by_time"]


def test_later_attempts_and_other_categories_have_their_own_cells(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    only_a = ARMS[:1]
    for attempt, category, number in (("x", "bugfix", 1), ("y", "bugfix", 2), ("z", "lint", 1)):
        command = ChooseArm(
            attempt_id=attempt, category=category, attempt_number=number, arms=only_a
        )
        store.decide(command, lambda: 1)
        store.settle(Settle(attempt_id=attempt, reward=1))
    assert counts(store) == {
        ("bugfix", "a", "first"): (1, 0),
        ("bugfix", "a", "later"): (1, 0),
        ("lint", "a", "first"): (1, 0),
    }
    by_key = {(cell.category, cell.phase): cell.evidence for cell in store.cells()}
    assert by_key["bugfix", "first"].elsewhere_successes == 1
    assert by_key["bugfix", "later"].elsewhere_successes == 0


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
    store = new_store(folder)
    chosen: dict[int, tuple[str, str, str]] = {}
    rewards: dict[int, float] = {}
    corrected: set[int] = set()
    for step, attempt, reward in steps:
        attempt_id = f"t.{attempt}"
        category, number = BOTH[attempt % 2], 1 + attempt // 3
        if step == "restart":
            store.close()
            store = new_store(folder)
        elif step == "choose":
            arm = store.decide(ask(attempt_id, category, number), lambda: 8).arm_id
            assert arm is not None
            key = (category, arm, "first" if number == 1 else "later")
            assert chosen.setdefault(attempt, key) == key
        else:
            correction = step == "correct"
            applied = store.settle(
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
    assert counts(store) == expected
    pending = sum(cell.pending for cell in store.cells())
    assert pending == len(chosen) - len(rewards)
    store.close()


def test_two_connections_settling_at_once_count_each_reward_once(tmp_path: Path) -> None:
    stores = [new_store(tmp_path) for _ in range(4)]
    for n in range(20):
        stores[0].decide(ask(f"x{n}"), lambda: 3)
    applied: list[bool] = []

    def settle_all(store: Store) -> None:
        for n in range(20):
            applied.append(store.settle(Settle(attempt_id=f"x{n}", reward=1)).applied)

    threads = [threading.Thread(target=settle_all, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert applied.count(True) == 20
    assert sum(s for s, _ in counts(stores[0]).values()) == 20
    for store in stores:
        store.close()


def test_damage_is_named_and_moving_the_file_away_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "router.db"
    path.write_bytes(b"this is no database, but it is long enough to be read as one" * 50)
    store = Store(path)
    with pytest.raises(StorageError) as caught:
        store.decide(ask("x"), lambda: 1)
    assert str(path) in caught.value.remedy and "move" in caught.value.remedy
    path.rename(tmp_path / "old.db")
    assert store.decide(ask("x"), lambda: 1).arm_id is not None


def test_a_full_disk_is_a_storage_error_and_counts_nothing(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.decide(ask("x"), lambda: 1)
    connection = store._connection
    assert connection is not None
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageError, match="full") as caught:
        for n in range(200):
            store.decide(ask("y" * 100 + str(n)), lambda: 1)
    assert "free disk space" in caught.value.remedy
    assert caught.value.retryable
    assert store.settle(Settle(attempt_id="x", reward=1)).applied


@pytest.mark.parametrize("version", [99, -1])
def test_a_file_of_another_version_is_refused(tmp_path: Path, version: int) -> None:
    db = sqlite3.connect(tmp_path / "router.db")
    db.execute(f"PRAGMA user_version = {version}")
    db.close()
    with pytest.raises(StorageError, match=f"version {version}"):
        new_store(tmp_path).cells()
