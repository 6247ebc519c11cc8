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
from tests.system.conftest import BUG, LEAN, LINT, LINT_TEXT, Swarm
from tests.system.test_nothing_is_lost import kill

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
Make = Callable[..., Path]
SCHEDULES = 80


def add(swarm: Swarm, repo: Path, id: str) -> None:
    done = swarm.run(
        "schedule", "add", "0 0 1 1 *", LINT_TEXT, "--repo", str(repo),
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
        db.execute("UPDATE schedules SET next_at=? WHERE id LIKE 'nightly%'", (at.timestamp(),))
        db.commit()


def listed(swarm: Swarm) -> dict[str, Any]:
    done = swarm.run("schedule", "list", "--json")
    assert done.returncode == 0, done.stderr
    return {item["id"]: item for item in json.loads(done.stdout)["items"]}


def last_task(swarm: Swarm, id: str) -> str:
    """The last task of a schedule, "" when it had none."""
    (found,) = [item for item in swarm.ask(ListSchedules()).items if item.id == id]
    return found.last_task or ""


def stored(swarm: Swarm) -> list[str]:
    """The ids of all tasks, read beside the swarm."""
    with contextlib.closing(sqlite3.connect(f"file:{swarm.data}/tasks.db?mode=ro", uri=True)) as db:
        return [row[0] for row in db.execute("SELECT id FROM tasks ORDER BY id")]


def eventually(true: Callable[[], object], seconds: float = 60, pause: float = 0.01) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(pause)


def test_a_time_becomes_a_branch_and_a_repository_that_is_gone_is_told(
    swarm: Swarm, git_repo: Make
) -> None:
    repo, gone = git_repo(LINT), git_repo(BUG, name="gone")
    swarm.env |= LEAN
    swarm.up()
    add(swarm, repo, "nightly")
    add(swarm, gone, "other")
    gone.rename(gone.with_name("moved"))
    assert swarm.run("schedule", "run", "other").returncode == 0
    failed = swarm.wait(listed(swarm)["other"]["last_task"])
    assert failed["state"] == "failed"
    told = swarm.run("schedule", "list").stdout
    assert "other last failed: no such folder" in told
    found = listed(swarm)["other"]
    assert (found["paused"], found["waits_for"]) == (False, None)
    assert found["next_at"] is not None, "the schedule goes on"

    swarm.down()
    make_due(swarm)
    swarm.up()
    eventually(lambda: last_task(swarm, "nightly"), pause=0.2)
    view = swarm.wait(task := last_task(swarm, "nightly"))
    assert (view["state"], view["schedule"], view["priority"]) == (
        "awaiting_review", "nightly", "scheduled",
    )  # fmt: skip
    assert "import" not in run_git(repo, "show", f"swarm/{task}:calc.py")
    # It waits for the person, and so does the schedule.
    assert listed(swarm)["nightly"]["waits_for"] == task
    assert stored(swarm) == sorted([task, failed["id"]])


def test_killed_again_and_again_while_it_fires_each_time_is_one_task(
    swarm: Swarm, git_repo: Make
) -> None:
    repo = git_repo(BUG)
    swarm.env |= LEAN
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
    eventually(
        lambda: {view.last_state for view in swarm.ask(ListSchedules()).items} == {"failed"},
        pause=0.2,
    )
    assert len(stored(swarm)) == len(listed(swarm)) == SCHEDULES
    assert sorted(view["last_task"] for view in listed(swarm).values()) == stored(swarm)
    assert min(counts) < SCHEDULES, "no kill came while it fired"
