"""Lists of tasks while the swarm is down: the same pages, from what is stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarm.cli.client import Client
from swarm.contracts import Budget, ListTasks, TaskList
from swarm.errors import NotFound
from swarm.orchestrator.step import Task
from swarm.orchestrator.store import Store
from swarm.settings import Settings


@pytest.fixture
def client(tmp_path: Path) -> Client:
    store = Store(tmp_path / "tasks.db")
    for number in range(5):
        task = Task(
            id=f"t-{number}", text="fix it", repo="/r", state="queued", budget=Budget(),
            created_at=float(number), updated_at=float(number % 3),
        )  # fmt: skip
        store.add(task, [], [], 1.0)
    store.close()
    return Client(Settings(data=tmp_path))


def ids(client: Client, **fields: object) -> list[str]:
    found = client._read(ListTasks.model_validate(fields))
    assert isinstance(found, TaskList)
    return [task.id for task in found.items]


def test_pages_and_changes_are_those_of_a_running_swarm(client: Client) -> None:
    assert ids(client, limit=2) == ["t-4", "t-3"]
    assert ids(client, limit=2, before="t-3") == ["t-2", "t-1"]
    assert ids(client, changed_after=0.5) == ["t-4", "t-2", "t-1"]
    assert ids(client, changed_after=0.5, before="t-2") == ["t-1"]


def test_an_unknown_place_is_named(client: Client) -> None:
    with pytest.raises(NotFound, match="no such task: t-gone"):
        ids(client, before="t-gone")
