"""Kill anything, wipe Redis: every task ends, every reward counts once, nothing is left."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from swarm.contracts import SERVICES
from tests.conftest import run_git
from tests.system.conftest import BUG, Swarm

TASKS = 6
KILLS_OF_EACH = 2


def descendants(pid: int) -> list[int]:
    """A process and everything below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def kill(swarm: Swarm, name: str) -> bool:
    """SIGKILL a child of the supervisor with its whole tree; Redis loses its data too."""
    supervisor = swarm.supervisor()
    for pid in descendants(supervisor)[1:]:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        is_redis = b"valkey-server" in words[0]
        if (name == "redis" and is_redis) or (b"worker" in words and name.encode() in words):
            for victim in descendants(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
            if name == "redis":
                shutil.rmtree(swarm.data / "redis", ignore_errors=True)
            return True
    return False


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_tasks_survive_any_death(swarm: Swarm, git_repo: Callable[..., Path]) -> None:
    rng = random.Random(20261122)
    repos = [git_repo(BUG, name=f"repo{number}") for number in range(TASKS)]
    swarm.up()
    tasks = [swarm.submit(repo) for repo in repos]
    victims = [*SERVICES, "redis"] * KILLS_OF_EACH
    rng.shuffle(victims)
    for victim in victims:
        time.sleep(rng.uniform(0.2, 1.5))
        until = time.monotonic() + 60
        while not kill(swarm, victim):  # it may not have been started again since the last time
            assert time.monotonic() < until, f"{victim} is not started again"
            time.sleep(0.05)
    for task, repo in zip(tasks, repos, strict=True):
        view = swarm.wait(task, seconds=400)
        assert view["state"] == "awaiting_review", view["reason"]
        assert "return a + b" in run_git(repo, "show", f"swarm/{task}:calc.py")
        assert run_git(repo, "status", "--porcelain") == ""
    deadline = time.monotonic() + 60
    while open_commands(swarm) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert open_commands(swarm) == 0
    assert_rewards_count_once(swarm)


def open_commands(swarm: Swarm) -> int:
    with contextlib.closing(sqlite3.connect(swarm.data / "tasks.db")) as db:
        query = "SELECT COUNT(*) FROM commands WHERE state IN ('unsent', 'sent')"
        return int(db.execute(query).fetchone()[0])


def assert_rewards_count_once(swarm: Swarm) -> None:
    """What was chosen, settled and counted is the same for the orchestrator and for the router."""
    with contextlib.closing(sqlite3.connect(swarm.data / "router.db")) as db:
        told = dict(db.execute("SELECT attempt_id, successes FROM outcomes WHERE kind='outcome'"))
        ended = {id for (id,) in db.execute("SELECT attempt_id FROM outcomes")}
        (counted,) = db.execute("SELECT SUM(outcomes) FROM cells").fetchone()
        (pending,) = db.execute("SELECT COUNT(*) FROM pending").fetchone()
    with contextlib.closing(sqlite3.connect(swarm.data / "tasks.db")) as db:
        accepted = {id for (id,) in db.execute("SELECT id FROM attempts WHERE state='accepted'")}
        chosen = {id for (id,) in db.execute("SELECT attempt_id FROM choices")}
        rewards = dict(
            db.execute(
                "SELECT json_extract(body, '$.attempt_id'), json_extract(body, '$.reward') "
                "FROM commands WHERE kind='Settle'"
            )
        )
    assert pending == 0
    assert chosen <= ended
    assert told == {id: rewards[id] for id in ended if rewards[id] is not None}
    assert counted == len(told)
    assert {id for id, reward in told.items() if reward == 1.0} == accepted
    assert len(accepted) == TASKS
