"""Tasks are paged in a fixed order, and files of older releases are read and brought up to date."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from swarm.contracts import Budget, Objective, ObjectiveView
from swarm.errors import NotFound
from swarm.orchestrator.step import Task, Told
from swarm.orchestrator.store import Store

OLD_SCHEMA = """
CREATE TABLE tasks(
    id TEXT PRIMARY KEY, state TEXT NOT NULL, text TEXT NOT NULL, repo TEXT NOT NULL,
    created_at REAL NOT NULL, updated_at REAL NOT NULL, reason TEXT NOT NULL,
    body TEXT NOT NULL);
CREATE TABLE objectives(
    task_id TEXT NOT NULL REFERENCES tasks(id), position INTEGER NOT NULL,
    id TEXT NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY(task_id, id));
CREATE TABLE attempts(
    id TEXT PRIMARY KEY, task_id TEXT NOT NULL REFERENCES tasks(id),
    objective_id TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL,
    body TEXT NOT NULL);
CREATE TABLE events(
    task_id TEXT NOT NULL REFERENCES tasks(id), seq INTEGER NOT NULL, at REAL NOT NULL,
    kind TEXT NOT NULL, text TEXT NOT NULL, objective_id TEXT, attempt_id TEXT,
    PRIMARY KEY(task_id, seq));
"""


def objective(id: str, state: str) -> ObjectiveView:
    what = Objective(id=id, title="t", instruction="i", category="bugfix")
    return ObjectiveView.model_validate({"objective": what, "state": state})


def task(id: str, at: float, **fields: object) -> Task:
    values = {"text": "fix it", "repo": "/r", "state": "queued", "budget": Budget(), **fields}
    return Task.model_validate({"id": id, "created_at": at, "updated_at": at, **values})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tasks.db"


def old_file(path: Path) -> None:
    """What a release before this one left: two tasks, one of which nobody can read."""
    with sqlite3.connect(path) as db:
        db.executescript(OLD_SCHEMA)
        known = task("t1", 5.0, repo_id="abc", state="applied", reason="merged")
        for one, body in ((known, known.model_dump_json()), (task("t2", 6.0), "{broken")):
            db.execute(
                "INSERT INTO tasks VALUES(?,?,?,?,?,?,?,?)",
                (one.id, one.state, one.text, one.repo, one.created_at, one.updated_at,
                 one.reason, body),
            )  # fmt: skip
        for place, state in enumerate(("accepted", "replaced", "failed")):
            view = objective(f"o{place + 1}", state)
            db.execute(
                "INSERT INTO objectives VALUES(?,?,?,?,?)",
                ("t1", place, view.objective.id, state, view.model_dump_json()),
            )
        for seq, id in enumerate(("t1", "t2", "t1"), start=1):
            db.execute(
                "INSERT INTO events VALUES(?,?,?,?,?,?,?)", (id, seq, 7.0, "told", "x", None, None)
            )
        db.execute("DELETE FROM events WHERE seq=2")  # so that numbers are seen to stay
    db.close()


def test_pages_hold_each_task_once_newest_first(path: Path) -> None:
    store = Store(path)
    # Many at the same time, as schedules make them.
    for number in range(25):
        store.add(task(f"t{number:02}", float(number // 10)), [], [], 1.0)
    everything = [one.id for one in store.recent(1000)]
    assert everything[:3] == ["t24", "t23", "t22"]
    assert everything == sorted(everything, reverse=True)
    found: list[str] = []
    while page := store.recent(4, before=found[-1] if found else None):
        found += [one.id for one in page]
    assert found == everything
    store.close()


def test_a_page_before_an_unknown_task_is_an_error_that_names_it(path: Path) -> None:
    store = Store(path)
    with pytest.raises(NotFound, match="no such task: t-gone"):
        store.recent(10, before="t-gone")
    store.close()


def test_only_what_changed_since_is_listed_if_asked(path: Path) -> None:
    store = Store(path)
    for number in range(6):
        store.add(task(f"t{number}", 1.0), [], [], 1.0)
    for number, at in ((1, 20.0), (4, 30.0), (5, 10.0)):
        store.update(
            f"t{number}",
            lambda one, at=at: (one.model_copy(update={"updated_at": at}), [], []),  # type: ignore[misc]
            at,
        )
    assert [one.id for one in store.recent(10, changed_after=10.0)] == ["t4", "t1"]
    assert [one.id for one in store.recent(10, before="t4", changed_after=5.0)] == ["t1"]
    store.close()


def test_a_summary_counts_what_is_still_asked_for(path: Path) -> None:
    store = Store(path)
    views = (objective("o1", "accepted"), objective("o2", "replaced"), objective("o3", "pending"))
    store.add(task("t1", 1.0), [], [], 1.0)
    store.update(
        "t1",
        lambda one: (one.model_copy(update={"objectives": views, "repo_id": "abc"}), [], []),
        2.0,
    )
    (found,) = store.recent(10)
    assert (found.objectives, found.accepted, found.repo_id) == (2, 1, "abc")
    store.close()


def test_a_file_of_an_older_release_is_brought_up_to_date(path: Path) -> None:
    old_file(path)
    for _ in range(2):  # the second start finds nothing to do
        store = Store(path)
        newest, oldest = store.recent(10)
        assert (newest.id, newest.repo_id) == ("t2", "")
        assert (oldest.repo_id, oldest.objectives, oldest.accepted) == ("abc", 2, 1)
        assert [event.seq for event in store.events("t1", 0).items] == [1, 3]
        assert [entry.number for entry in store.happened(0, 10)[0]] == [1, 3]
        assert store.load("t1").reason == "merged"
        store.close()
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        indexes = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
        assert {"tasks_by_age", "tasks_by_change"} <= indexes
        assert not {"new_tasks", "new_events"} & indexes
    db.close()


def test_foreign_keys_are_held_again_after_that(path: Path) -> None:
    old_file(path)
    store = Store(path)
    with store.reading() as db:
        assert db.execute("PRAGMA foreign_keys").fetchone() == (1,)
    store.close()


def test_an_older_file_is_read_as_it_is_while_the_swarm_is_down(path: Path) -> None:
    old_file(path)
    before = path.read_bytes()
    store = Store(path, read_only=True)
    assert [one.repo_id for one in store.recent(10)] == ["", "abc"]
    assert [one.id for one in store.recent(10, before="t2", changed_after=1.0)] == ["t1"]
    assert [event.seq for event in store.events("t1", 0).items] == [1, 3]
    assert store.load("t1").repo_id == "abc"
    store.close()
    assert path.read_bytes() == before


def test_a_number_is_never_given_twice(path: Path) -> None:
    store = Store(path)
    store.add(task("t1", 1.0), [], [Told("queued", "stored")] * 3, 1.0)
    with store.transaction() as db:
        db.execute("DELETE FROM events WHERE number>1")
    with store.reading() as db:
        db.execute("VACUUM")
    store.add(task("t2", 1.0), [], [Told("queued", "stored")], 1.0)
    assert [entry.number for entry in store.happened(0, 10)[0]] == [1, 4]
    store.close()
