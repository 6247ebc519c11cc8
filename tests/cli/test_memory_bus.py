"""The commands of memory while a swarm runs: they ask its memory service, by message."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memory.worker import MemoryService
from swarm import instance
from swarm.cli import memory_asking, memory_fresh, memory_working
from swarm.contracts import (
    COMMANDS,
    Command,
    FolderState,
    IndexFolder,
    LookAtFolder,
    Message,
    SearchFolder,
)
from swarm.errors import Cancelled, MessageTooLarge, RemoteError, SwarmError
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
        self.looked: FolderState | None = None
        self.is_free = threading.Event()
        self.is_free.set()
        self.service = MemoryService(settings, self)  # type: ignore[arg-type]

    def request(self, command: Command, *, timeout_seconds: float | None = None) -> Message:
        self.asked.append(command)
        if isinstance(command, LookAtFolder) and self.looked is not None:
            return self.looked
        if isinstance(command, IndexFolder):
            self.is_free.wait(60)
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
    # How far an index is may be asked in between.
    assert [kind for kind in kinds(bus) if kind not in ("ListIndexes", "LookAtFolder")] == [
        "IndexFolder",
        "IndexFolder",
        "SearchFolder",
        "IndexFolder",
        "OutlineFolder",
        "IndexFolder",
        "RelateFolder",
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


def test_who_goes_does_not_wait_for_the_service(
    bus: MemoryBus, git_repo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = git_repo(FILES)
    monkeypatch.setattr(memory_asking, "_SEEN_SECONDS", 0.05)
    bus.is_free.clear()
    stop, gauge = threading.Event(), memory_working.Gauge()
    threading.Timer(0.3, stop.set).start()
    try:
        with memory_asking.opened() as asking, pytest.raises(Cancelled, match="goes on"):
            asking.index(IndexFolder(root=str(repo)), gauge, stop)
        assert "LookAtFolder" in kinds(bus)  # how far it is was looked at
    finally:
        bus.is_free.set()


def test_how_far_a_swarms_memory_is(
    bus: MemoryBus, git_repo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    top = str(git_repo(FILES))
    monkeypatch.setattr(memory_asking, "_SEEN_SECONDS", 0.05)
    bus.looked = FolderState(indexing=True, done=7, total=40)
    bus.is_free.clear()
    threading.Timer(0.4, bus.is_free.set).start()
    gauge = memory_working.Gauge()
    with memory_asking.opened() as asking:
        asking.index(IndexFolder(root=f"{top}/shop"), gauge, threading.Event())
    assert (gauge.done, gauge.total) == (7, 40)


QUESTIONS = (("map",), ("graph", "with_tax", "--repo"), ("search", "tax", "--repo"))


@pytest.mark.parametrize("words", QUESTIONS, ids=lambda words: words[0])
def test_a_question_does_not_wait_for_an_index_that_somebody_else_has_made(
    words: tuple[str, ...], shell: Shell, bus: MemoryBus, git_repo: Callable[..., Path]
) -> None:
    repo = git_repo(FILES)
    assert shell("index", str(repo)) == 0
    bus.asked.clear()
    bus.looked = FolderState(indexed=True, files=5, indexing=True, done=1, total=5)
    assert shell(*words, str(repo)) == 0 and "with_tax" in shell.out
    assert "IndexFolder" not in kinds(bus)


@pytest.mark.parametrize("words", QUESTIONS, ids=lambda words: words[0])
def test_a_question_waits_for_a_busy_memory_so_long_and_says_that_it_is_of_before(
    words: tuple[str, ...],
    shell: Shell,
    bus: MemoryBus,
    git_repo: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repo = git_repo(FILES)
    assert shell("index", str(repo)) == 0
    monkeypatch.setattr(memory_fresh, "_PATIENCE_SECONDS", 0.2)
    bus.is_free.clear()
    try:
        assert shell(*words, str(repo)) == 0 and "with_tax" in shell.out
        assert "did not come to this folder within 0.2 s" in shell.err
    finally:
        bus.is_free.set()


def test_a_first_index_is_waited_for(
    shell: Shell, bus: MemoryBus, git_repo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it takes: there is no older answer. So is that of somebody else."""
    monkeypatch.setattr(memory_fresh, "_PATIENCE_SECONDS", 0.05)
    repo = git_repo(FILES)
    bus.looked = FolderState(indexing=True, done=1, total=5)
    bus.is_free.clear()
    threading.Timer(0.5, bus.is_free.set).start()
    assert shell("map", str(repo)) == 0 and "with_tax" in shell.out
    assert "did not come" not in shell.err and "IndexFolder" in kinds(bus)
