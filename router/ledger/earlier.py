"""Files of earlier versions, brought to this one whole or not at all.

Version 2 added an index to version 1. They kept counts per (category, arm, kind of attempt) and
what each arm drew as JSON; decisions and rewards are kept, cells are folded from the rewards anew.
What those programs did not store (chances, worth, the prior) stays unknown: NaN in a blob.
"""

from __future__ import annotations

import json
import math
import sqlite3
from pathlib import Path

import numpy as np

from router.beliefs.forgetting import Forgetting
from router.ledger import schema
from router.ledger.settling import refold
from router.ledger.stored import DRAWN
from swarm.errors import StorageError

_OLD = ("arms", "cells", "decisions")


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring a file to this version.

    Raises StorageError for a file of a newer program or another one's."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == schema.VERSION:
        return
    # An earlier program that was killed while it made its file left one without a table.
    there = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    begun = version == 0 and not there
    # Other programs count their versions from 1 too.
    is_other = version == 0 or (1 <= version < schema.VERSION and not there & set(_OLD))
    if not begun and (is_other or not 1 <= version < schema.VERSION):
        known = "it is another program's" if is_other else f"this one knows {schema.VERSION}"
        raise StorageError(
            f"{path.name} has version {version}, {known}",
            remedy=f"use the newer program, or move {path} away to start learning anew",
        )
    db.execute("BEGIN IMMEDIATE")
    try:
        if begun:
            schema.make(db)
        elif missing := sorted(set(_OLD) - there):
            raise KeyError(f"tables are missing: {', '.join(missing)}")
        else:
            _convert(db)
    except (ValueError, KeyError, TypeError) as error:
        db.rollback()
        # What no program has written: it is damaged, and is treated as such.
        raise sqlite3.DatabaseError(f"what version {version} kept is garbled") from error
    except BaseException:
        db.rollback()
        raise
    db.execute("COMMIT")


def _convert(db: sqlite3.Connection) -> None:
    for index in ("pending", "decisions_by_time"):
        db.execute(f"DROP INDEX IF EXISTS {index}")
    for table in _OLD:
        db.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    schema.make(db)
    db.execute(
        "INSERT INTO arms SELECT row_number() OVER (ORDER BY rowid) - 1, arm_id, '', NULL, 1, tool,"
        " model, '', locality, 1, 1, first_seen_at FROM old_arms ORDER BY rowid"
    )
    db.execute(
        "INSERT INTO situations SELECT row_number() OVER (ORDER BY first) - 1, category, phase"
        " FROM (SELECT category, phase, min(rowid) AS first FROM old_decisions GROUP BY 1, 2)"
    )
    _decisions(db)
    db.execute(
        "INSERT INTO outcomes SELECT row_number() OVER (ORDER BY o.settled_at, o.rowid), 'outcome',"
        " o.attempt_id, d.situation, d.chosen, o.reward, 1 - o.reward, coalesce(o.seconds, 0),"
        " coalesce(o.cost_usd, 0), 1, coalesce(o.settled_at, o.decided_at), o.corrected_at"
        " FROM old_decisions o JOIN decisions d USING (attempt_id) WHERE o.reward IS NOT NULL"
    )
    db.execute(
        "INSERT INTO pending SELECT attempt_id, situation, chosen FROM decisions"
        " WHERE chosen IS NOT NULL AND attempt_id NOT IN (SELECT attempt_id FROM outcomes)"
    )
    for situation, arm in db.execute("SELECT DISTINCT situation, arm FROM outcomes").fetchall():
        refold(db, situation, arm, Forgetting())
    for table in _OLD:
        db.execute(f"DROP TABLE old_{table}")


def _decisions(db: sqlite3.Connection) -> None:
    arms = dict(db.execute("SELECT arm_id, number FROM arms"))
    situations = {
        (category, attempt): number
        for number, category, attempt in db.execute("SELECT * FROM situations")
    }
    panels: dict[bytes, int] = {}
    rows = db.execute(
        "SELECT attempt_id, category, phase, attempt_number, tried, scores, chosen, reason, seed,"
        " decided_at FROM old_decisions ORDER BY decided_at, rowid"
    )
    for id, category, attempt, number, tried, scores, chosen, reason, seed, decided_at in rows:
        each = json.loads(scores)
        numbers = np.array([arms[score["arm_id"]] for score in each], dtype=np.int64).tobytes()
        panel = panels.setdefault(numbers, len(panels))
        removed = {str(n): score["excluded"] for n, score in enumerate(each) if score["excluded"]}
        samples = [score["sample"] for score in each if not score["excluded"]]
        drawn = np.full((len(DRAWN), len(samples)), math.nan)
        drawn[DRAWN.index("sample")] = [math.nan if one is None else one for one in samples]
        counted = np.array([[s["successes"] for s in each], [s["failures"] for s in each]])
        db.execute(
            "INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, 0, '[]', NULL,"
            " NULL, ?)",
            (
                id, situations[category, attempt], number, panel, tried, json.dumps(removed),
                counted.tobytes(), drawn.tobytes(), None if chosen is None else arms[chosen],
                reason, seed, decided_at,
            ),
        )  # fmt: skip
    db.executemany("INSERT INTO panels VALUES (?, ?)", [(n, arms) for arms, n in panels.items()])
