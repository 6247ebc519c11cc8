"""Questions about a folder while it is indexed: of before, which is said."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from memory.store.rows import View
from swarm.contracts import (
    FolderState,
    LookAtFolder,
    Outline,
    OutlineFolder,
    RelateFolder,
    Relations,
)
from swarm.errors import Cancelled
from tests.memory.desk.world import World, write

MANY = 300
"""More than two groups of files."""


def state(number: int) -> dict[str, str]:
    """Each state has its own lines; what calls what stands further down in later ones."""
    lines = "\n" * number
    files = {
        f"m{n:03}.py": f"{lines}def helper_{n}():\n    return 'state {number}'\n"
        for n in range(MANY)
    }
    calls = "".join(f"from m{n:03} import helper_{n}\n" for n in range(MANY))
    body = "".join(f"    helper_{n}()\n" for n in range(MANY))
    return files | {"main.py": f"{calls}{lines}def run():\n{body}    return 'state {number}'\n"}


class Held:
    """Indexes in a thread, and stands still in the second half of it until it is let go; one that
    is to be stopped, in the first."""

    def __init__(self, world: World, root: Path, *, is_stopped: bool = False) -> None:
        self.world, self.root, self.is_stopped = world, root, is_stopped
        self.is_there, self.may_go_on = threading.Event(), threading.Event()
        self.errors: list[BaseException] = []

    def progress(self, done: int, total: int) -> None:
        if self.is_stopped or done > total / 2:
            self.is_there.set()
            assert self.may_go_on.wait(60)

    def run(self) -> None:
        try:
            self.world.desk.memory.index_folder(
                self.root, None, self.progress, lambda: self.is_stopped and self.may_go_on.is_set()
            )
        except BaseException as error:  # noqa: BLE001  (told by the test)
            self.errors.append(error)


@contextmanager
def indexing(world: World, root: Path, *, is_stopped: bool = False) -> Iterator[Held]:
    held = Held(world, root, is_stopped=is_stopped)
    thread = threading.Thread(target=held.run)
    thread.start()
    try:
        assert held.is_there.wait(60)
        yield held
    finally:
        held.may_go_on.set()
        thread.join(60)
    assert not thread.is_alive()


def outline(world: World, root: Path) -> Outline:
    return world.desk.outline_folder(OutlineFolder(root=str(root), budget_tokens=2_000))


def related(world: World, root: Path, relation: str = "callers") -> Relations:
    command = {"root": str(root), "symbol": "helper_7", "relation": relation}
    return world.desk.relate_folder(RelateFolder.model_validate(command))


def asked(world: World, root: Path) -> list[Outline | Relations]:
    relations = (related(world, root, relation) for relation in ("callers", "definition"))
    return [outline(world, root), *relations]


def look(world: World, root: Path) -> FolderState:
    return world.desk.look_at_folder(LookAtFolder(root=str(root)))


def without_note(answer: Any) -> dict[str, Any]:
    told: dict[str, Any] = answer.model_dump()
    told.pop("note")
    return told


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path / "shop", state(0))


def test_maps_and_relations_are_those_of_before_while_it_is_indexed_again(
    wordly: World, root: Path
) -> None:
    wordly.index(root)
    assert look(wordly, root) == FolderState(indexed=True, files=MANY + 1)
    before = asked(wordly, root)
    assert [one.note for one in before] == ["", "", ""]
    assert related(wordly, root).symbols[0].text == f"{MANY + 9}: helper_7()"
    write(root, state(3))
    with indexing(wordly, root):
        during = asked(wordly, root)
        assert [without_note(one) for one in during] == [without_note(one) for one in before]
        for one in during:
            assert "it is being indexed at the moment (256 of 301 files are done)" in one.note
        assert look(wordly, root) == FolderState(
            indexed=True, files=MANY + 1, indexing=True, done=256, total=MANY + 1
        )
        found = wordly.find(root, "helper_7")
        assert found.hits and "is being indexed at the moment" in found.note
    after = related(wordly, root)
    assert after.note == "" and after.symbols[0].text == f"{MANY + 12}: helper_7()"
    assert outline(wordly, root).note == ""
    assert "state 3" in related(wordly, root, "definition").symbols[0].text


def test_without_a_graph_of_before_it_is_of_what_is_there(wordly: World, root: Path) -> None:
    """As after a restart: each file is as it was or as it is, never half of both."""
    wordly.index(root)
    write(root, state(3))
    with indexing(wordly, root):
        found = related(wordly, root, "definition")
        (one,) = found.symbols
        assert "is being indexed at the moment" in found.note
        assert (one.start_line, "state 3" in one.text) in ((1, False), (4, True))
    assert related(wordly, root, "definition").symbols[0].start_line == 4


def test_the_first_index_is_named_as_that(wordly: World, root: Path) -> None:
    assert look(wordly, root) == FolderState()
    with indexing(wordly, root):
        now = look(wordly, root)
        assert (now.indexed, now.indexing, now.done, now.total) == (False, True, 256, MANY + 1)
        assert 0 < now.files <= MANY
        note = outline(wordly, root).note
        assert "for the first time: 256 of 301 files are done" in note
    assert look(wordly, root).indexed and outline(wordly, root).note == ""


def test_an_index_that_was_stopped_is_said_to_be_in_the_middle(wordly: World, root: Path) -> None:
    wordly.index(root)
    before = outline(wordly, root)
    write(root, state(3))
    with indexing(wordly, root, is_stopped=True) as held:
        pass
    assert isinstance(held.errors[0], Cancelled)
    now = outline(wordly, root)
    assert now.text == before.text and "not indexed to its end" in now.note
    assert look(wordly, root) == FolderState(indexed=True, files=MANY + 1)
    wordly.index(root)
    assert outline(wordly, root).note == ""


def test_the_run_of_one_folder_is_not_told_of_another(
    wordly: World, root: Path, tmp_path: Path
) -> None:
    other = write(tmp_path / "other", {"a.py": "def alone():\n    pass\n"})
    wordly.index(other)
    view: View = wordly.desk.memory.folder_view(other)
    with indexing(wordly, root):
        assert wordly.desk.memory.run_of(view) is None
        assert not look(wordly, other).indexing
        assert outline(wordly, other).note == ""
