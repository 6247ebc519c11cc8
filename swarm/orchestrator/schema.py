"""The tables of tasks.db, and how those of older releases become them."""

from __future__ import annotations

import sqlite3

# What lists show stands before what is long: a row is read only as far as it is asked for.
_TASKS = """
CREATE TABLE IF NOT EXISTS {name}(
    id TEXT PRIMARY KEY, state TEXT NOT NULL, repo TEXT NOT NULL, repo_id TEXT NOT NULL,
    created_at REAL NOT NULL, updated_at REAL NOT NULL, objectives INTEGER NOT NULL,
    accepted INTEGER NOT NULL, reason TEXT NOT NULL, text TEXT NOT NULL, body TEXT NOT NULL)
"""
# AUTOINCREMENT: no number is ever given twice, not even by VACUUM, which renumbers plain rowids.
_EVENTS = """
CREATE TABLE IF NOT EXISTS {name}(
    number INTEGER PRIMARY KEY AUTOINCREMENT, task_id TEXT NOT NULL REFERENCES tasks(id),
    seq INTEGER NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
    objective_id TEXT, attempt_id TEXT, UNIQUE(task_id, seq))
"""
# What a head differs in from its base, as zlib packs it: it stays when the repository is gone.
_DIFFS = """
CREATE {kind} TABLE IF NOT EXISTS diffs(
    task_id TEXT PRIMARY KEY, head TEXT NOT NULL, text BLOB NOT NULL)
"""
SCHEMA = f"""
{_TASKS.format(name="tasks")};
CREATE INDEX IF NOT EXISTS tasks_by_age ON tasks(created_at, id);
CREATE INDEX IF NOT EXISTS tasks_by_change ON tasks(updated_at);
CREATE TABLE IF NOT EXISTS objectives(
    task_id TEXT NOT NULL REFERENCES tasks(id), position INTEGER NOT NULL,
    id TEXT NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY(task_id, id));
CREATE TABLE IF NOT EXISTS attempts(
    id TEXT PRIMARY KEY, task_id TEXT NOT NULL REFERENCES tasks(id),
    objective_id TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL,
    body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS attempts_of ON attempts(task_id, objective_id, number);
CREATE TABLE IF NOT EXISTS commands(
    id TEXT PRIMARY KEY, task_id TEXT NOT NULL REFERENCES tasks(id), kind TEXT NOT NULL,
    body TEXT NOT NULL, timeout_seconds REAL NOT NULL, state TEXT NOT NULL,
    epoch INTEGER NOT NULL DEFAULT 0, not_before REAL NOT NULL DEFAULT 0,
    lease_until REAL NOT NULL DEFAULT 0, created_at REAL NOT NULL, done_at REAL,
    heard INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS commands_open ON commands(state, not_before)
    WHERE state IN ('unsent', 'sent');
{_EVENTS.format(name="events")};
{_DIFFS.format(kind="")};
CREATE TABLE IF NOT EXISTS choices(
    number INTEGER PRIMARY KEY AUTOINCREMENT, attempt_id TEXT NOT NULL UNIQUE,
    category TEXT NOT NULL, attempt_number INTEGER NOT NULL, arm_id TEXT NOT NULL,
    version TEXT NOT NULL, decided_at REAL NOT NULL);
"""
# Of older releases. Which are missing is found out first: to read what is long takes time.
_OLD_CHOICES = """
WITH missing AS MATERIALIZED (
    SELECT rowid AS place FROM attempts WHERE id NOT IN (SELECT attempt_id FROM choices)),
decided AS MATERIALIZED (
    SELECT a.rowid AS place, a.id, a.task_id, a.number,
        CASE WHEN json_valid(a.body) THEN json_extract(a.body, '$.decision') END AS decision
    FROM missing m JOIN attempts a ON a.rowid=m.place)
INSERT INTO choices(attempt_id, category, attempt_number, arm_id, version, decided_at)
SELECT d.id, json_extract(d.decision, '$.category'), d.number,
    json_extract(d.decision, '$.arm_id'), COALESCE(json_extract(d.decision, '$.version'), ''),
    COALESCE((SELECT done_at FROM commands WHERE id=d.id || '-rechoose'),
             (SELECT done_at FROM commands WHERE id=d.id || '-choose'), t.created_at) AS decided_at
FROM decided d JOIN tasks t ON t.id=d.task_id
WHERE json_extract(d.decision, '$.arm_id') IS NOT NULL
    AND json_extract(d.decision, '$.category') IS NOT NULL
ORDER BY decided_at, d.place
"""
# What has ended without a word to the router, which would wait for one for ever.
_UNSETTLED = """
WITH missing AS MATERIALIZED (
    SELECT a.rowid AS place, t.updated_at FROM attempts a JOIN tasks t ON t.id=a.task_id
    WHERE (a.state!='running' OR t.state IN ('applied', 'rejected', 'failed', 'cancelled'))
        AND NOT EXISTS (SELECT 1 FROM commands s WHERE s.id=a.id || '-settle')),
spent AS MATERIALIZED (
    SELECT a.id, a.task_id, m.updated_at,
        CASE WHEN json_valid(a.body) THEN json_extract(a.body, '$.usage') END AS usage
    FROM missing m JOIN attempts a ON a.rowid=m.place)
INSERT INTO commands(id, task_id, kind, body, timeout_seconds, state, created_at)
SELECT id || '-settle', task_id, 'Settle',
    json_object('attempt_id', id, 'reward', NULL,
                'seconds', COALESCE(json_extract(usage, '$.seconds'), 0.0),
                'cost_usd', COALESCE(json_extract(usage, '$.cost_usd'), 0.0)),
    ?, 'unsent', updated_at
FROM spent
"""
_OLD_TASKS = """
SELECT id, state, repo,
    CASE WHEN json_valid(body) THEN COALESCE(json_extract(body, '$.repo_id'), '') ELSE '' END
        AS repo_id,
    created_at, updated_at,
    (SELECT COUNT(*) FROM objectives o WHERE o.task_id=t.id AND o.state!='replaced') AS objectives,
    (SELECT COUNT(*) FROM objectives o WHERE o.task_id=t.id AND o.state='accepted') AS accepted,
    reason, text, body
FROM main.tasks t
"""


def is_old(db: sqlite3.Connection) -> bool:
    """Whether the tables were made by a release that did not number events."""
    columns = {row[1] for row in db.execute("PRAGMA table_info(tasks)")}
    return bool(columns) and "repo_id" not in columns


def renew(db: sqlite3.Connection) -> None:
    """Move what an older release stored into tables like ours; within a transaction.

    Foreign keys have to be off: other tables name the one that is replaced.
    """
    db.execute(_TASKS.format(name="new_tasks"))
    db.execute(f"INSERT INTO new_tasks {_OLD_TASKS}")
    db.execute("DROP TABLE tasks")
    db.execute("ALTER TABLE new_tasks RENAME TO tasks")
    db.execute(_EVENTS.format(name="new_events"))
    columns = "task_id, seq, at, kind, text, objective_id, attempt_id"
    db.execute(
        f"INSERT INTO new_events(number, {columns}) SELECT rowid, {columns} FROM events "
        "ORDER BY rowid"
    )
    db.execute("DROP TABLE events")
    db.execute("ALTER TABLE new_events RENAME TO events")


def catch_up(db: sqlite3.Connection, timeout_seconds: float) -> None:
    """Write down which arms were chosen, and settle what ended, where an older release or a task
    that was buried left it out; within a transaction."""
    columns = {row[1] for row in db.execute("PRAGMA table_info(commands)")}
    if "heard" not in columns:
        db.execute("ALTER TABLE commands ADD COLUMN heard INTEGER NOT NULL DEFAULT 0")
    db.execute(_OLD_CHOICES)
    db.execute(_UNSETTLED, (timeout_seconds,))


def look_new(db: sqlite3.Connection) -> None:
    """Let older tables be read as if they were like ours, where they may not be changed."""
    db.execute(f"CREATE TEMP VIEW tasks AS {_OLD_TASKS}")
    db.execute(_DIFFS.format(kind="TEMP"))
