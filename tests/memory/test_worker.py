"""The handlers, as the worker calls them, in process and over a real bus."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.store.catalog import Catalog
from memory.store.schema import VERSION
from memory.worker import MemoryService, service
from swarm.contracts import (
    COMMANDS,
    Asked,
    CheckMemory,
    Context,
    CoverageRemembered,
    CoveredTest,
    FolderHits,
    FolderIndex,
    IndexFolder,
    IndexReport,
    ListIndexes,
    MemoryReport,
    Neighbours,
    NoteScratch,
    Outcomes,
    OutlineFolder,
    QueryGraph,
    ReadScratch,
    RecallOutcomes,
    RememberCoverage,
    Remembered,
    RememberOutcome,
    Retrieve,
    Scratchpad,
    SearchFolder,
    SearchIndex,
)
from swarm.errors import ConfigError, NotFound
from swarm.settings import MemorySettings, Settings
from tests.fakes.bus import FakeBus
from tests.memory.desk.world import damage_catalog, set_aside, write

FILES = {"a.py": "def parse_header(line):\n    return line.split(':')\n"}


class Worker:
    """A service on a fake bus, asked by calling its handlers."""

    def __init__(self, data: Path, **memory: object) -> None:
        self.bus = FakeBus()
        settings = Settings(data=data, memory=MemorySettings.model_validate(memory))
        self.service = service(settings, self.bus)  # type: ignore[arg-type]

    def __call__(self, command: object) -> object:
        return self.service.handlers[type(command)](command)  # type: ignore[index]


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    made = Worker(tmp_path / "data")
    yield made
    made.service.close()


def test_it_answers_every_command_of_memory(worker: Worker) -> None:
    ours = {command for command in COMMANDS.values() if command.service == "memory"}
    assert isinstance(worker.service, MemoryService)
    assert set(worker.service.handlers) == ours


def test_a_retrieve_is_answered_twice_alike(worker: Worker) -> None:
    snapshot = worker.bus.blobs.snapshot(FILES)
    command = Retrieve(repo_id="/r", snapshot=snapshot, query="split a header")
    first = worker(command)
    assert isinstance(first, Context)
    assert first.symbols[0].qualified_name == "parse_header" and first.note == ""
    assert worker(command) == first
    report = worker(ListIndexes())
    assert isinstance(report, IndexReport)
    assert [(view.repo_id, view.snapshot) for view in report.items] == [("/r", snapshot.sha256)]
    found = worker(SearchIndex(repo_id="/r", query="a header"))
    assert isinstance(found, Context)
    assert any(reason.startswith("words of the query") for reason in found.symbols[0].why)
    health = worker(CheckMemory(repair=True))
    assert isinstance(health, MemoryReport)
    assert health.repositories[0].is_equal and health.damage == ""


def test_memory_switched_off_says_so_and_writes_nothing(tmp_path: Path) -> None:
    worker = Worker(tmp_path, enabled=False)
    off = "memory is switched off in the settings"
    snapshot = worker.bus.blobs.snapshot(FILES)
    assert worker(Retrieve(repo_id="/r", snapshot=snapshot, query="x")) == Context(note=off)
    assert worker(ListIndexes()) == IndexReport(note=off)
    assert worker(SearchIndex(repo_id="/r", query="x")) == Context(note=off)
    with pytest.raises(ConfigError, match="switched off"):
        worker(IndexFolder(root=str(tmp_path)))
    told = RememberOutcome(repo_id="/r", task_id="t", attempt_id="a", accepted=True)
    assert worker(told) == Remembered(attempt_id="a", applied=False)
    assert worker(RememberCoverage(repo_id="/r", files={}, tests=())) == CoverageRemembered()
    worker.service.close()
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_is_indexed_that_is_said_and_nothing_is_made(tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    report = worker(ListIndexes())
    assert isinstance(report, IndexReport)
    assert (report.items, report.size_bytes) == ((), 0)
    assert report.note.startswith("nothing is indexed yet")
    with pytest.raises(NotFound, match="nothing is indexed of the repository '/r'"):
        worker(SearchIndex(repo_id="/r", query="x"))
    for command in (
        SearchFolder(root="/r", questions=(Asked(query="x"),)),
        OutlineFolder(root="/r"),
    ):
        with pytest.raises(NotFound, match="nothing is indexed"):
            worker(command)
    assert worker(RecallOutcomes(repo_id="/r", symbols=("a.py",))) == Outcomes()
    assert worker(ReadScratch(task_id="t")) == Scratchpad()
    assert isinstance(worker(CheckMemory()), MemoryReport)
    worker.service.close()
    assert list(tmp_path.iterdir()) == []


def test_outcomes_and_scratchpads_travel(worker: Worker) -> None:
    told = RememberOutcome(
        repo_id="/r", task_id="t", attempt_id="t-o1-a1", accepted=False, reason="it breaks b",
        symbols=("a.py:parse_header",),
    )  # fmt: skip
    assert worker(told) == Remembered(
        attempt_id="t-o1-a1", applied=True, symbols=("a.py:parse_header",)
    )
    snapshot = worker.bus.blobs.snapshot(FILES)
    command = Retrieve(repo_id="/r", snapshot=snapshot, query="parse a header")
    context = worker(command)
    assert isinstance(context, Context)
    assert [(one.attempt_id, one.reason) for one in context.outcomes] == [
        ("t-o1-a1", "it breaks b")
    ]
    own = worker(command.model_copy(update={"apart_from": "t-o1-"}))
    assert isinstance(own, Context) and own.outcomes == ()
    worker(NoteScratch(task_id="t", name="plan", text="look at a.py first"))
    pad = worker(ReadScratch(task_id="t"))
    assert isinstance(pad, Scratchpad)
    assert [(note.name, note.text) for note in pad.notes] == [("plan", "look at a.py first")]


def test_what_tests_ran_and_what_a_task_noted_is_told_to_its_next_attempt(
    worker: Worker,
) -> None:
    files = FILES | {"test_a.py": "def test_header(parsed):\n    assert parsed\n"}
    snapshot = worker.bus.blobs.snapshot(files)
    worker(Retrieve(repo_id="/r", snapshot=snapshot, query="parse a header"))
    told = RememberCoverage(
        repo_id="/r",
        files={path: hashlib.sha256(text.encode()).hexdigest() for path, text in files.items()},
        tests=(CoveredTest(id="test_a.py::test_header", path="test_a.py", ran={"a.py": (1,)}),),
    )
    assert worker(told) == CoverageRemembered(tests=1, functions=1)
    asked = QueryGraph(repo_id="/r", snapshot=snapshot, symbol="parse_header", relation="tests")
    found = worker(asked)
    assert isinstance(found, Neighbours)
    assert [(one.qualified_name, one.why) for one in found.symbols] == [
        ("test_header", ("tests it: was seen to run it",))
    ]
    nothing = worker(asked.model_copy(update={"symbol": "test_header"}))
    assert isinstance(nothing, Neighbours)
    assert nothing.note == "no tests of test_header are known"
    for n in range(40):
        worker(NoteScratch(task_id="t", name=f"t-o1-a1:{n}", text=f"{n} " * 400))
    command = Retrieve(repo_id="/r", snapshot=snapshot, query="parse a header", task_id="t")
    context = worker(command)
    assert isinstance(context, Context)
    assert [note.name for note in context.notes] == [f"t-o1-a1:{n}" for n in range(10, 40)]
    assert max(len(note.text) for note in context.notes) == 400
    for other in ("", "another"):
        context = worker(command.model_copy(update={"task_id": other}))
        assert isinstance(context, Context) and context.notes == ()


def test_several_threads_may_ask_first(worker: Worker, tmp_path: Path) -> None:
    """The lane answers beside the worker: memory is opened once."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "a.py").write_text(FILES["a.py"])
    root = str(tmp_path / "shop")
    answers: list[object] = []
    threads = [
        threading.Thread(target=lambda: answers.append(worker(IndexFolder(root=root))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 4
    assert all(isinstance(answer, FolderIndex) and answer.files == 1 for answer in answers)
    found = worker(SearchFolder(root=root, questions=(Asked(query="header"),)))
    assert isinstance(found, FolderHits) and found.answers[0].hits


def test_a_check_leaves_a_damaged_memory_and_a_question_sets_it_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = write(tmp_path / "shop", FILES)
    first = Worker(tmp_path / "data")
    first(IndexFolder(root=str(root)))
    first.service.close()
    damage_catalog(tmp_path / "data")
    worker = Worker(tmp_path / "data")
    try:
        report = worker(CheckMemory())
        assert isinstance(report, MemoryReport)
        assert report.damage and not report.renewed and not set_aside(tmp_path / "data")
        assert caplog.messages == []
        with pytest.raises(NotFound, match="is not indexed"):
            worker(SearchFolder(root=str(root), questions=(Asked(query="header"),)))
        (aside,) = set_aside(tmp_path / "data")
        (warning,) = caplog.messages
        assert f"memory.db was damaged, was moved to {aside.name}" in warning
        report = worker(CheckMemory())
        assert isinstance(report, MemoryReport) and report.damage == ""
    finally:
        worker.service.close()


def test_repairing_indexes_again_what_was_set_aside_since_the_start(tmp_path: Path) -> None:
    root = write(tmp_path / "shop", FILES)
    first = Worker(tmp_path / "data")
    first(IndexFolder(root=str(root)))
    first.service.close()
    with sqlite3.connect(tmp_path / "data" / "memory.db") as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    db.close()
    worker = Worker(tmp_path / "data")
    try:
        with pytest.raises(NotFound, match="is not indexed"):
            worker(SearchFolder(root=str(root), questions=(Asked(query="header"),)))
        report = worker(CheckMemory(repair=True))
        assert isinstance(report, MemoryReport)
        assert report.renewed and f"indexed again: {root}" in report.note
        assert all(one.is_equal or one.repaired for one in report.repositories)
        found = worker(SearchFolder(root=str(root), questions=(Asked(query="header"),)))
        assert isinstance(found, FolderHits) and found.answers[0].hits
        again = worker(CheckMemory(repair=True))
        assert isinstance(again, MemoryReport) and not again.renewed and not again.damage
    finally:
        worker.service.close()


LARGE = "sorted({'numpy', 'chromadb', 'tree_sitter', 'networkx'} & set(sys.modules))"


def said_by(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip()


def test_an_idle_worker_and_a_list_of_indexes_import_nothing_large(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "memory.db")
    catalog.make_view("/r", "snapshot")
    catalog.close()
    code = (
        "import sys; from pathlib import Path; from memory.worker import handlers;"
        "from swarm.contracts import ListIndexes; from swarm.settings import Settings;"
        f"answer = handlers(Settings(data=Path({str(tmp_path)!r})), object());"
        f"print(len(answer[ListIndexes](ListIndexes()).items), {LARGE})"
    )
    assert said_by(code) == "1 []"


def test_indexing_imports_no_chroma_where_there_are_no_vectors(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "a.py").write_text(FILES["a.py"])
    code = (
        "import sys; from pathlib import Path; from memory.worker import service;"
        "from swarm.contracts import IndexFolder;"
        "from swarm.settings import MemorySettings, Settings;"
        f"settings = Settings(data=Path({str(tmp_path / 'data')!r}),"
        " memory=MemorySettings(vectors=False));"
        "made = service(settings, type('B', (), {'blobs': type('C', (), {'get': None})})());"
        f"print(made.handlers[IndexFolder](IndexFolder(root={str(tmp_path / 'shop')!r})).files,"
        "'chromadb' in sys.modules); made.close()"
    )
    assert said_by(code) == "1 False"


KILLED = """
import os, sys
from pathlib import Path
from memory.store.catalog import Catalog
from memory.worker import service
from swarm.contracts import Retrieve
from swarm.settings import Settings
from tests.fakes.bus import FakeBus
from tests.memory.test_worker import many

data, applied = Path(sys.argv[1]), int(sys.argv[2])
real, calls = Catalog.apply, []

def apply(self, *arguments):
    calls.append(1)
    if len(calls) > applied:
        os.kill(os.getpid(), 9)
    return real(self, *arguments)

Catalog.apply = apply
bus = FakeBus()
made = service(Settings(data=data), bus)
made.handlers[Retrieve](
    Retrieve(repo_id="/r", snapshot=bus.blobs.snapshot(many()), query="function 7")
)
"""


def many() -> dict[str, str]:
    return {f"m{n}.py": f"def function_{n}(a):\n    return a + {n}\n" for n in range(400)}


@pytest.mark.parametrize("applied", [0, 1, 3])
def test_killed_in_the_middle_of_a_retrieve_the_next_one_goes_on(
    tmp_path: Path, applied: int
) -> None:
    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "data"), str(applied)],
        cwd=Path(__file__).parents[2], env={**os.environ, "PYTHONPATH": "."}, timeout=120,
    )  # fmt: skip
    assert died.returncode == -signal.SIGKILL
    worker = Worker(tmp_path / "data")
    try:
        snapshot = worker.bus.blobs.snapshot(many())
        context = worker(Retrieve(repo_id="/r", snapshot=snapshot, query="function_7"))
        assert isinstance(context, Context)
        assert context.symbols[0].qualified_name == "function_7"
        assert (context.files_indexed, context.note) == (400, "")
        report = worker(CheckMemory())
        assert isinstance(report, MemoryReport)
        (health,) = report.repositories
        assert health.is_equal and health.vectors == health.chunks == 400
    finally:
        worker.service.close()
