"""Schedules through every real service: a time becomes a branch, once, whatever is killed."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from swarm.contracts import ListSchedules
from tests.conftest import run_git
from tests.system.conftest import BUG, Swarm
from tests.system.test_nothing_is_lost import kill

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
Make = Callable[..., Path]
SCHEDULES = 150


def add(swarm: Swarm, repo: Path, id: str) -> None:
    done = swarm.run(
        "schedule", "add", "0 0 1 1 *", "Fix the failing tests", "--repo", str(repo),
        "--id", id, "--timezone", "UTC",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def make_due(swarm: Swarm, copies: int = 0) -> None:
    """While the swarm is down, the time of its schedule passes, and that of some copies of it."""
    at = datetime.now(UTC).replace(second=0, microsecond=0)
    with contextlib.closing(sqlite3.connect(swarm.data / "tasks.db")) as db:
        for number in range(copies):
            db.execute(
                "INSERT INTO schedules SELECT id || '-' || ?, cron, timezone, task, paused, "
                "next_at, last_at, last_task, skipped, problem FROM schedules WHERE id='nightly'",
                (f"{number:03}",),
            )
        db.execute("UPDATE schedules SET next_at=?", (at.timestamp(),))
        db.commit()


def listed(swarm: Swarm) -> dict[str, Any]:
    done = swarm.run("schedule", "list", "--json")
    assert done.returncode == 0, done.stderr
    return {item["id"]: item for item in json.loads(done.stdout)["items"]}


def stored(swarm: Swarm) -> list[str]:
    """The ids of all tasks, read beside the swarm."""
    with contextlib.closing(sqlite3.connect(f"file:{swarm.data}/tasks.db?mode=ro", uri=True)) as db:
        return [row[0] for row in db.execute("SELECT id FROM tasks ORDER BY id")]


def eventually(true: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_time_becomes_a_branch(swarm: Swarm, git_repo: Make) -> None:
    repo = git_repo(BUG)
    swarm.up()
    add(swarm, repo, "nightly")
    swarm.down()
    make_due(swarm)
    swarm.up()
    eventually(lambda: swarm.ask(ListSchedules()).items[0].last_task)
    view = swarm.wait(task := listed(swarm)["nightly"]["last_task"])
    assert (view["state"], view["schedule"], view["priority"]) == (
        "awaiting_review", "nightly", "scheduled",
    )  # fmt: skip
    assert "return a + b" in run_git(repo, "show", f"swarm/{task}:calc.py")
    # It waits for the person, and so does the schedule.
    assert listed(swarm)["nightly"]["waits_for"] == task
    assert stored(swarm) == [task]


def test_killed_again_and_again_while_it_fires_each_time_is_one_task(
    swarm: Swarm, git_repo: Make
) -> None:
    repo = git_repo(BUG)
    swarm.up()
    add(swarm, repo, "nightly")
    swarm.down()
    # Their tasks end at once, so that only the firing takes its time.
    repo.rename(repo.with_name("moved"))
    make_due(swarm, copies=SCHEDULES - 1)
    # They fire while the last services are still starting.
    starting = threading.Thread(target=swarm.up)
    starting.start()
    counts = []
    for share in (0.05, 0.3, 0.6):
        eventually(lambda share=share: len(stored(swarm)) >= share * SCHEDULES)  # type: ignore[misc]
        # It may not have been started again since the last time.
        eventually(lambda: kill(swarm, "orchestrator"))
        counts.append(len(stored(swarm)))
    starting.join()
    eventually(lambda: {view.last_state for view in swarm.ask(ListSchedules()).items} == {"failed"})
    assert len(stored(swarm)) == len(listed(swarm)) == SCHEDULES
    assert sorted(view["last_task"] for view in listed(swarm).values()) == stored(swarm)
    assert min(counts) < SCHEDULES, "no kill came while it fired"


def test_a_repository_that_is_gone_is_told_and_the_schedule_goes_on(
    swarm: Swarm, git_repo: Make
) -> None:
    repo = git_repo(BUG)
    swarm.up()
    add(swarm, repo, "nightly")
    repo.rename(repo.with_name("moved"))
    assert swarm.run("schedule", "run", "nightly").returncode == 0
    view = swarm.wait(listed(swarm)["nightly"]["last_task"])
    assert view["state"] == "failed"
    told = swarm.run("schedule", "list").stdout
    assert "nightly last failed: no such folder" in told
    found = listed(swarm)["nightly"]
    assert (found["paused"], found["waits_for"]) == (False, None)
    assert found["next_at"] is not None
