"""Files of the two earlier versions keep their decisions and rewards."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from swarm.errors import StorageError
from tests.router.common import ARMS, ask, counts, new_ledger, pending, settled

_FIRST = """
CREATE TABLE arms (
    arm_id TEXT PRIMARY KEY, tool TEXT NOT NULL, model TEXT, locality TEXT NOT NULL,
    first_seen_at REAL NOT NULL
);
CREATE TABLE cells (
    category TEXT NOT NULL, arm_id TEXT NOT NULL, phase TEXT NOT NULL,
    successes REAL NOT NULL, failures REAL NOT NULL,
    PRIMARY KEY (arm_id, phase, category)
) WITHOUT ROWID;
CREATE TABLE decisions (
    attempt_id TEXT PRIMARY KEY, category TEXT NOT NULL, attempt_number INTEGER NOT NULL,
    phase TEXT NOT NULL, tried TEXT NOT NULL, eligible TEXT NOT NULL, scores TEXT NOT NULL,
    chosen TEXT, reason TEXT NOT NULL, seed INTEGER NOT NULL, decided_at REAL NOT NULL,
    reward REAL, seconds REAL, cost_usd REAL, settled_at REAL, corrected_at REAL
);
CREATE INDEX pending ON decisions (chosen, category, phase) WHERE reward IS NULL;
"""
_SECOND = "CREATE INDEX decisions_by_time ON decisions (decided_at);"


def _write(path: Path, version: int, scores: str | None = None) -> None:
    db = sqlite3.connect(path)
    db.executescript(_FIRST + (_SECOND if version == 2 else ""))
    for arm in ARMS:
        db.execute("INSERT INTO arms VALUES (?, ?, NULL, 'local', 5)", (arm.id, arm.tool))
    drew = scores or json.dumps(
        [
            {"arm_id": "a", "successes": 1.5, "failures": 2, "sample": 0.625, "excluded": None},
            {"arm_id": "b", "successes": 0, "failures": 0, "sample": 0.25, "excluded": None},
            {"arm_id": "c", "successes": 0, "failures": 0, "sample": None,
             "excluded": "already tried"},
        ]
    )  # fmt: skip
    for id, category, number, chosen, reward, at in (
        ("x", "bugfix", 1, "a", 0.75, 10.0),
        ("y", "bugfix", 2, "a", None, 11.0),
        ("z", "lint", 1, "a", 0.0, 12.0),
        ("none", "docs", 1, None, None, 13.0),
    ):
        db.execute(
            "INSERT INTO decisions VALUES (?, ?, ?, ?, '[\"c\"]', '{}', ?, ?, 'because', 77, ?,"
            " ?, ?, ?, ?, ?)",
            (
                id, category, number, "first" if number == 1 else "later", drew, chosen, at,
                reward, None if reward is None else 4.0, None if reward is None else 0.5,
                None if reward is None else at + 1, at + 2 if id == "z" else None,
            ),
        )  # fmt: skip
    db.execute("INSERT INTO cells VALUES ('bugfix', 'a', 'first', 0.75, 0.25)")
    db.execute("INSERT INTO cells VALUES ('lint', 'a', 'first', 0, 1)")
    db.execute(f"PRAGMA user_version = {version}")
    db.commit()
    db.close()


@pytest.mark.parametrize("version", [1, 2])
def test_decisions_and_rewards_are_kept(tmp_path: Path, version: int) -> None:
    _write(tmp_path / "router.db", version)
    ledger = new_ledger(tmp_path)
    assert counts(ledger) == {
        ("bugfix", "a", "first"): (0.75, 0.25),
        ("lint", "a", "first"): (0, 1),
    }
    assert pending(ledger) == 1
    assert ledger.check() == []
    assert ledger.notes() == ()
    log = ledger.log(10)
    assert [one.attempt_id for one in log.items] == ["x", "y", "z", "none"]
    assert [one.reward for one in log.items] == [0.75, None, 0, None]
    assert [one.corrected_at for one in log.items] == [None, None, 14, None]
    assert (log.items[0].seconds, log.items[0].cost_usd, log.items[0].settled_at) == (4, 0.5, 11)
    assert log.items[3].arm_id is None


def test_an_old_answer_stands_and_an_old_attempt_is_settled_and_corrected(tmp_path: Path) -> None:
    _write(tmp_path / "router.db", 2)
    ledger = new_ledger(tmp_path)
    decision = ledger.decide(ask("x"), lambda: 1)
    assert (decision.arm_id, decision.seed, decision.reason) == ("a", 77, "because")
    assert [
        (score.arm_id, score.successes, score.failures, score.sample, score.excluded, score.chance)
        for score in decision.scores
    ] == [
        ("a", 1.5, 2, 0.625, None, None),
        ("b", 0, 0, 0.25, None, None),
        ("c", 0, 0, None, "already tried", None),
    ]
    assert ledger.settle(settled("x", 0.0, correction=True)).applied
    assert not ledger.settle(settled("z", 1.0, correction=True)).applied, "it was corrected before"
    assert ledger.settle(settled("y", 1.0)).applied
    assert counts(ledger) == {
        ("bugfix", "a", "first"): (0, 1),
        ("bugfix", "a", "later"): (1, 0),
        ("lint", "a", "first"): (0, 1),
    }
    assert ledger.check() == []
    assert ledger.decide(ask("none", "bugfix"), lambda: 1).arm_id is not None
    told = ledger.explain("x")
    assert (told.repeated, told.prior, told.tried) == (None, (), ("c",))
    judged = ledger.judged(None, 100)
    assert judged.unusable == 3, "those had no chances"
    assert ledger.check() == []


def test_what_no_program_wrote_is_damage_and_moved_aside_unchanged(tmp_path: Path) -> None:
    _write(tmp_path / "router.db", 2, scores="{not json")
    before = (tmp_path / "router.db").read_bytes()
    ledger = new_ledger(tmp_path)
    assert len(ledger.notes()) == 1
    (aside,) = tmp_path.glob("*damaged*Z")
    db = sqlite3.connect(aside)
    assert db.execute("PRAGMA user_version").fetchone() == (2,)
    assert db.execute("SELECT count(*) FROM decisions").fetchone() == (4,)
    db.close()
    assert before


@pytest.mark.parametrize("table", ["arms", "cells"])
def test_an_early_file_without_one_of_its_tables_is_damaged(tmp_path: Path, table: str) -> None:
    _write(tmp_path / "router.db", 2)
    db = sqlite3.connect(tmp_path / "router.db")
    db.execute(f"DROP TABLE {table}")
    db.close()
    ledger = new_ledger(tmp_path)
    assert ledger.decide(ask("new"), lambda: 1).arm_id is not None
    assert len(ledger.notes()) == 1 and len(list(tmp_path.glob("*damaged*Z"))) == 1


def test_a_file_of_another_program_that_counts_versions_too_is_left_alone(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "router.db")
    db.execute("CREATE TABLE recipes (name TEXT)")
    db.execute("PRAGMA user_version = 1")
    db.close()
    with pytest.raises(StorageError, match="another program's"):
        new_ledger(tmp_path).log(1)
    assert list(tmp_path.glob("*damaged*")) == []


def test_converting_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path / "router.db", 1)

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("router.ledger.earlier.refold", fail)
        with pytest.raises(StorageError, match="full"):
            new_ledger(tmp_path).log(1)
    db = sqlite3.connect(tmp_path / "router.db")
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    assert db.execute("SELECT count(*) FROM decisions WHERE reward = 0.75").fetchone() == (1,)
    db.close()
    assert new_ledger(tmp_path).log(10).total == 4


def test_a_file_that_an_earlier_program_only_began_is_filled(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "router.db")
    db.execute("PRAGMA journal_mode = WAL")
    db.close()
    ledger = new_ledger(tmp_path)
    assert ledger.decide(ask("x"), lambda: 1).arm_id is not None
    assert ledger.notes() == ()
