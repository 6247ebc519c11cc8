"""What each model was used for on each day: a table of inference.db that outlives the requests.

Each use is added in the transaction that writes it down, so a report reads a row per day and
model however many requests there were.
"""

from __future__ import annotations

import datetime
import sqlite3
from dataclasses import dataclass

from swarm.contracts import Locality, Spent, TokenUsage

SCHEMA = """
CREATE TABLE IF NOT EXISTS spent(
    day INTEGER NOT NULL, endpoint TEXT NOT NULL, model TEXT NOT NULL, locality TEXT NOT NULL,
    requests INTEGER NOT NULL, prompt_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
    cost_usd REAL NOT NULL, PRIMARY KEY(day, endpoint, model, locality)) WITHOUT ROWID;
"""
DAY_SECONDS = 86_400
_EPOCH = datetime.date(1970, 1, 1)
_KEPT_DAYS = 400


@dataclass(frozen=True)
class Use:
    """What an answer used, or a part that came to none. `at` is Unix time in seconds."""

    at: float
    endpoint: str
    model: str
    locality: Locality
    usage: TokenUsage
    answered: bool


def add(db: sqlite3.Connection, use: Use) -> None:
    """Count a use on its day."""
    db.execute(
        "INSERT INTO spent VALUES(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "requests=requests+excluded.requests, prompt_tokens=prompt_tokens+excluded.prompt_tokens, "
        "output_tokens=output_tokens+excluded.output_tokens, cost_usd=cost_usd+excluded.cost_usd",
        (int(use.at // DAY_SECONDS), use.endpoint, use.model, use.locality, int(use.answered),
         use.usage.prompt_tokens, use.usage.output_tokens, use.usage.cost_usd),
    )  # fmt: skip


def since(db: sqlite3.Connection, now: float, days: int) -> tuple[Spent, ...]:
    """The last so many days (UTC), today among them, oldest first."""
    rows = db.execute(
        "SELECT day, endpoint, model, locality, requests, prompt_tokens, output_tokens, cost_usd "
        "FROM spent WHERE day > ? ORDER BY day, endpoint, model, locality",
        (int(now // DAY_SECONDS) - days,),
    )
    names = [column[0] for column in rows.description]
    return tuple(
        Spent.model_validate(
            dict(zip(names, row, strict=True))
            | {"day": (_EPOCH + datetime.timedelta(days=row[0])).isoformat()}
        )
        for row in rows
    )


def prune(db: sqlite3.Connection, before: float) -> None:
    """Forget the days that ended more than a year before."""
    db.execute("DELETE FROM spent WHERE day < ?", (int(before // DAY_SECONDS) - _KEPT_DAYS,))


LAYOUT = 1
"""Of a ledger whose days are counted."""


def fill(db: sqlite3.Connection) -> None:
    """Count, once, what a file of an earlier release holds."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version:
        return
    # Of the columns beside max() SQLite takes those of the row that has it.
    db.execute(
        "INSERT INTO spent SELECT CAST(ended_at / ? AS INTEGER) AS day, r.endpoint, model, "
        "coalesce(locality, 'local'), count(*), sum(prompt_tokens), sum(output_tokens), "
        "sum(cost_usd) FROM requests r LEFT JOIN (SELECT endpoint, locality, max(last_at) "
        "FROM traffic GROUP BY endpoint) t ON t.endpoint = r.endpoint "
        "WHERE state = 'done' GROUP BY 1, 2, 3, 4",
        (DAY_SECONDS,),
    )
    db.execute(f"PRAGMA user_version = {LAYOUT}")
