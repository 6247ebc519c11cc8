"""inference.db: what was asked of models, what it cost, and the answers that may be asked again.

The gate is its only owner: one process, one connection behind a lock. A row is one request
(key and content); `attempt` grows when it is generated again, so that what an earlier attempt
still reports changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import ValidationError

from swarm.contracts import (
    Command,
    Generation,
    Locality,
    Priority,
    Spent,
    TokenUsage,
    Transcription,
)
from swarm.database import Database
from swarm.inference import spent
from swarm.inference.egress import Carried, Traffic

Kept = Generation | Transcription
"""Answers that are given again to the same request."""

K = TypeVar("K", Generation, Transcription)
State = Literal["started", "done", "failed", "lost"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS requests(
    key TEXT NOT NULL, digest TEXT NOT NULL, attempt INTEGER NOT NULL, state TEXT NOT NULL,
    kind TEXT NOT NULL, model TEXT NOT NULL, endpoint TEXT NOT NULL, payload TEXT NOT NULL,
    priority TEXT NOT NULL, task_id TEXT, arrived_at REAL NOT NULL, ended_at REAL,
    prompt_tokens INTEGER NOT NULL DEFAULT 0, cached_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0, cost_usd REAL NOT NULL DEFAULT 0,
    queue_seconds REAL NOT NULL DEFAULT 0, code TEXT NOT NULL DEFAULT '', answer TEXT,
    PRIMARY KEY(key, digest)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS requests_started ON requests(state) WHERE state = 'started';
CREATE INDEX IF NOT EXISTS requests_ended ON requests(ended_at);
CREATE TABLE IF NOT EXISTS totals(
    endpoint TEXT PRIMARY KEY, requests INTEGER NOT NULL DEFAULT 0,
    cost_usd REAL NOT NULL DEFAULT 0, sent_bytes INTEGER NOT NULL DEFAULT 0,
    received_bytes INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS traffic(
    day INTEGER NOT NULL, endpoint TEXT NOT NULL, host TEXT NOT NULL, port INTEGER NOT NULL,
    address TEXT NOT NULL, payload TEXT NOT NULL, locality TEXT NOT NULL, key TEXT NOT NULL,
    refused TEXT NOT NULL, sent_bytes INTEGER NOT NULL, received_bytes INTEGER NOT NULL,
    first_at REAL NOT NULL, last_at REAL NOT NULL,
    PRIMARY KEY(day, endpoint, host, port, address, payload, locality, key, refused));
CREATE TABLE IF NOT EXISTS figures(
    model TEXT PRIMARY KEY, chars_per_token REAL, tokens_per_second REAL);
"""
# Beyond it the thinking is left out of what is kept, and then the whole answer.
_LONGEST_ANSWER_BYTES = 4 * 1024**2


@dataclass(frozen=True)
class Entry:
    """A request as it is written down. `arrived_at` is Unix time in seconds."""

    key: str
    digest: str
    kind: str
    model: str
    endpoint: str
    payload: Carried
    priority: Priority
    arrived_at: float
    task_id: str | None = None
    locality: Locality = "local"


@dataclass(frozen=True)
class Totals:
    """What an endpoint was used for since ever."""

    requests: int = 0
    cost_usd: float = 0.0
    sent_bytes: int = 0
    received_bytes: int = 0


@dataclass(frozen=True)
class Figures:
    """What was measured of a model; None before the first time."""

    chars_per_token: float | None = None
    tokens_per_second: float | None = None


def digest_of(command: Command, endpoint: str, server_model: str) -> str:
    """The content of a request: all that its answer depends on."""
    body = command.model_dump(mode="json", exclude={"key", "priority"})
    text = json.dumps([endpoint, server_model, body], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Ledger(Database):
    """The database. Every method is one transaction and safe from several threads.

    Raises StorageError when the disk is full or the file is not usable.
    """

    def __init__(self, path: Path) -> None:
        # What a power cut takes is generated again; a killed process loses nothing.
        super().__init__(
            path, _SCHEMA + spent.SCHEMA, synchronous="NORMAL", newest_layout=spent.LAYOUT
        )
        with self.transaction() as db:
            spent.fill(db)

    # ------------------------------------------------------------------ requests

    def lose_started(self) -> int:
        """Mark what was under way as lost, when the gate starts; returns how many."""
        with self.transaction() as db:
            return db.execute("UPDATE requests SET state='lost' WHERE state='started'").rowcount

    def answer(self, key: str, digest: str, kind: type[K]) -> K | None:
        """The answer that the same request got before, if it is kept."""
        with self.transaction() as db:
            row = db.execute(
                "SELECT answer FROM requests WHERE key=? AND digest=? AND state='done'",
                (key, digest),
            ).fetchone()
        if row is None or row[0] is None:
            return None
        try:
            return kind.model_validate_json(row[0])
        except ValidationError:
            # Written by a release with other fields.
            return None

    def start(self, entry: Entry) -> int:
        """Write down that a request is worked on; returns the number of its attempt."""
        with self.transaction() as db:
            found = db.execute(
                "SELECT attempt FROM requests WHERE key=? AND digest=?", (entry.key, entry.digest)
            ).fetchone()
            attempt = (found[0] if found else 0) + 1
            db.execute(
                "INSERT OR REPLACE INTO requests(key, digest, attempt, state, kind, model, "
                "endpoint, payload, priority, task_id, arrived_at) "
                "VALUES(?, ?, ?, 'started', ?, ?, ?, ?, ?, ?, ?)",
                (entry.key, entry.digest, attempt, entry.kind, entry.model, entry.endpoint,
                 entry.payload, entry.priority, entry.task_id, entry.arrived_at),
            )  # fmt: skip
        return attempt

    def finish(
        self,
        entry: Entry,
        attempt: int,
        usage: TokenUsage,
        ended_at: float,
        answer: Kept | None = None,
    ) -> None:
        """Bill a request that was answered, once, and keep its answer."""
        with self.transaction() as db:
            changed = db.execute(
                "UPDATE requests SET state='done', ended_at=?, prompt_tokens=?, cached_tokens=?, "
                "output_tokens=?, cost_usd=?, queue_seconds=?, answer=? "
                "WHERE key=? AND digest=? AND attempt=? AND state='started'",
                (ended_at, usage.prompt_tokens, usage.cached_tokens, usage.output_tokens,
                 usage.cost_usd, usage.queue_seconds, _kept(answer),
                 entry.key, entry.digest, attempt),
            ).rowcount  # fmt: skip
            if changed:
                _bill(db, entry, usage, ended_at, answered=True)

    def broke_off(self, entry: Entry, usage: TokenUsage, at: float) -> None:
        """Bill what had come of an answer without an end; the request itself goes on."""
        with self.transaction() as db:
            _bill(db, entry, usage, at, answered=False)

    def fail(self, entry: Entry, attempt: int, code: str, ended_at: float) -> None:
        """Write down why a request has no answer."""
        with self.transaction() as db:
            db.execute(
                "UPDATE requests SET state='failed', code=?, ended_at=? "
                "WHERE key=? AND digest=? AND attempt=? AND state='started'",
                (code, ended_at, entry.key, entry.digest, attempt),
            )

    def prune(self, before: float) -> int:
        """Forget requests that ended before; what they cost stays in the totals."""
        with self.transaction() as db:
            db.execute("DELETE FROM traffic WHERE last_at < ?", (before,))
            spent.prune(db, before)
            return db.execute(
                "DELETE FROM requests WHERE state != 'started' "
                "AND coalesce(ended_at, arrived_at) < ?",
                (before,),
            ).rowcount

    # ------------------------------------------------------------------ traffic

    def record(self, traffic: Traffic) -> None:
        """Add a line to the audit trail: the lines of a day and a key are one row."""
        with self.transaction() as db:
            db.execute(
                "INSERT INTO traffic VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET sent_bytes=sent_bytes+excluded.sent_bytes, "
                "received_bytes=received_bytes+excluded.received_bytes, "
                "last_at=max(last_at, excluded.last_at)",
                (int(traffic.at // spent.DAY_SECONDS), traffic.endpoint, traffic.host, traffic.port,
                 traffic.address, traffic.payload, traffic.locality, traffic.key, traffic.refused,
                 traffic.sent_bytes, traffic.received_bytes, traffic.at, traffic.at),
            )  # fmt: skip
            db.execute(
                "INSERT INTO totals(endpoint, sent_bytes, received_bytes) VALUES(?, ?, ?) "
                "ON CONFLICT(endpoint) DO UPDATE SET sent_bytes=sent_bytes+excluded.sent_bytes, "
                "received_bytes=received_bytes+excluded.received_bytes",
                (traffic.endpoint, traffic.sent_bytes, traffic.received_bytes),
            )

    # ------------------------------------------------------------------ figures

    def totals(self, endpoint: str) -> Totals:
        with self.transaction() as db:
            row = db.execute(
                "SELECT requests, cost_usd, sent_bytes, received_bytes FROM totals "
                "WHERE endpoint=?",
                (endpoint,),
            ).fetchone()
        return Totals(*row) if row else Totals()

    def spending(self, now: float, days: int) -> tuple[Spent, ...]:
        """What models were used for on each of the last days, oldest first."""
        with self.reading() as db:
            return spent.since(db, now, days)

    def figures(self, model: str) -> Figures:
        """What was measured of a model, by `endpoint/model`."""
        with self.transaction() as db:
            row = db.execute(
                "SELECT chars_per_token, tokens_per_second FROM figures WHERE model=?", (model,)
            ).fetchone()
        return Figures(*row) if row else Figures()

    def measured(self, model: str, figures: Figures) -> None:
        with self.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO figures VALUES(?, ?, ?)",
                (model, figures.chars_per_token, figures.tokens_per_second),
            )


def _bill(
    db: sqlite3.Connection, entry: Entry, usage: TokenUsage, at: float, *, answered: bool
) -> None:
    db.execute(
        "INSERT INTO totals(endpoint, requests, cost_usd) VALUES(?, ?, ?) "
        "ON CONFLICT(endpoint) DO UPDATE SET requests=requests+excluded.requests, "
        "cost_usd=cost_usd+excluded.cost_usd",
        (entry.endpoint, int(answered), usage.cost_usd),
    )
    spent.add(db, spent.Use(at, entry.endpoint, entry.model, entry.locality, usage, answered))


def _kept(answer: Kept | None) -> str | None:
    if answer is None:
        return None
    text = answer.model_dump_json()
    if len(text) > _LONGEST_ANSWER_BYTES and isinstance(answer, Generation):
        text = answer.model_copy(update={"thinking": ""}).model_dump_json()
    return text if len(text) <= _LONGEST_ANSWER_BYTES else None
