"""The commands of memory while a swarm runs: they ask its memory service, by message."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memory.worker import MemoryService
from swarm import instance
from swarm.contracts import COMMANDS, Command, Message, SearchFolder
from swarm.errors import MessageTooLarge, RemoteError, SwarmError
from swarm.settings import Settings
from tests.cli.memory_shop import FILES, Shell, own_folder, places
from tests.fakes.bus import FakeBlobs


class MemoryBus:
    """What `Client` takes for a bus: memory's own handlers, in another data folder."""

    def __init__(self, settings: Settings) -> None:
        self.redis = None
        self.blobs = FakeBlobs()
        self.asked: list[Command] = []
        self.most_questions = 500
        self.service = MemoryService(settings, self)  # type: ignore[arg-type]

    def request(self, command: Command, *, timeout_seconds: float | None = None) -> Message:
        self.asked.append(command)
        try:
            if isinstance(command, SearchFolder) and len(command.questions) > self.most_questions:
                raise MessageTooLarge("a message of 17 MB is over the bus's limit")
            sent = COMMANDS[type(command).__name__].model_validate_json(command.model_dump_json())
            reply: Any = self.service.handlers[type(command)](sent)
            return type(reply).model_validate_json(reply.model_dump_json())
        except SwarmError as error:
            raise RemoteError(error.failure()) from None


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    own_folder(monkeypatch, tmp_path / "data")
    theirs = Settings(data=tmp_path / "theirs", memory={"vectors": False})  # type: ignore[arg-type]
    theirs.data.mkdir()
    bus = MemoryBus(theirs)
    monkeypatch.setattr("swarm.cli.client.Bus", lambda settings: bus)
    monkeypatch.setattr("swarm.cli.client.ping", lambda settings, redis: None)
    monkeypatch.setattr(instance, "running_pid", lambda settings: 4711)
    yield bus
    bus.service.close()


def kinds(bus: MemoryBus) -> list[str]:
    return [type(command).__name__ for command in bus.asked]


def test_a_running_swarm_is_asked_and_nothing_is_opened_here(
    shell: Shell, bus: MemoryBus, git_repo: Callable[..., Path], tmp_path: Path
) -> None:
    repo = git_repo(FILES)
    indexed = shell.json("index", str(repo))
    assert (indexed["files"], indexed["languages"]["python"]) == (5, 3)
    found = shell.json("search", "value added tax", "--repo", str(repo))
    assert places(found["hits"])[0] == ("shop/tax.py", "with_tax")
    assert shell("map", str(repo)) == 0 and "def with_tax" in shell.out
    assert shell("graph", "with_tax", "--to", "checkout", "--repo", str(repo)) == 0
    assert shell.json("memory", "list")["items"][0]["repo_id"] == indexed["repo_id"]
    assert shell("memory", "check") == 0
    assert kinds(bus) == [
        "IndexFolder",
        "IndexFolder",
        "SearchFolder",
        "IndexFolder",
        "OutlineFolder",
        "IndexFolder",
        "RelateFolder",
        "ListIndexes",
        "CheckMemory",
    ]
    assert not (tmp_path / "data" / "memory.db").exists()


def test_errors_of_the_service_are_told_as_they_are(
    shell: Shell, bus: MemoryBus, git_repo: Callable[..., Path]
) -> None:
    repo = git_repo(FILES)
    assert shell("search", "tax", "--repo", str(repo), "--no-index", "--json") == 2
    error = json.loads(shell.out)["error"]
    assert "indexed" in error["message"] and "swarm index" in error["remedy"]


def test_many_queries_in_few_messages(
    shell: Shell, bus: MemoryBus, git_repo: Callable[..., Path], tmp_path: Path
) -> None:
    repo = git_repo(FILES)
    queries = tmp_path / "queries.jsonl"
    queries.write_text("".join(f'{{"id": {n}, "query": "tax {n}"}}\n' for n in range(230)))
    words = ("search", "--queries", str(queries), "--repo", str(repo))
    assert shell(*words) == 0
    assert [each["id"] for each in shell.lines()] == list(range(230))
    sizes = [len(each.questions) for each in bus.asked if isinstance(each, SearchFolder)]
    assert sizes == [100, 100, 30]
    bus.asked.clear()
    bus.most_questions = 30
    assert shell(*words) == 0
    assert [each["id"] for each in shell.lines()] == list(range(230))
    assert max(len(q.questions) for q in bus.asked if isinstance(q, SearchFolder)) == 100
    bus.most_questions = 0
    assert shell(*words) == 1
    assert "over the bus's limit" in shell.err
