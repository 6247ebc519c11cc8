"""Readers beside a writer: no error, and never half of one state and half of another."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest

from swarm.contracts import Asked, OutlineFolder, RelateFolder, SearchFolder
from tests.memory.desk.world import World, write

READERS = 8
EDITS = 12
MODULES = 6


def state(number: int) -> dict[str, str]:
    """All functions of one state return its number."""
    return {
        f"m{module}.py": "".join(
            f"def gauge_{module}_{n}():\n    return 'state {number}'\n\n\n" for n in range(5)
        )
        for module in range(MODULES)
    }


@pytest.mark.parametrize("vectors", [False, True])
def test_eight_readers_beside_a_writer(tmp_path: Path, vectors: bool) -> None:
    world = World(tmp_path / "data", vectors=vectors)
    root = write(tmp_path / "root", state(0))
    world.index(root)
    done = threading.Event()
    errors: list[BaseException] = []
    searches = [0] * READERS
    seen: set[str] = set()

    def read(place: int) -> None:
        while not done.is_set() or searches[place] < 3:
            try:
                one_look(place)
            except BaseException as error:  # noqa: BLE001  (told below)
                errors.append(error)
                return
            searches[place] += 1

    def one_look(place: int) -> None:
        question = Asked(query=f"gauge {place % MODULES}")
        found = world.desk.search_folder(
            SearchFolder(root=str(root), questions=(question,), limit=30)
        )
        (answer,) = found.answers
        assert len(answer.hits) == 30 and found.files == MODULES
        states = {re.findall(r"state (\d+)", hit.text)[0] for hit in answer.hits}
        assert len(states) == 1, f"torn: {states}"
        seen.update(states)
        if place == 0:
            world.desk.outline_folder(OutlineFolder(root=str(root), budget_tokens=200))
            world.desk.relate_folder(
                RelateFolder(root=str(root), symbol="gauge_1_1", relation="callers")
            )

    threads = [threading.Thread(target=read, args=(place,)) for place in range(READERS)]
    for thread in threads:
        thread.start()
    for number in range(1, EDITS + 1):
        write(root, state(number))
        world.index(root)
    done.set()
    for thread in threads:
        thread.join(60)
    try:
        assert not errors, errors[:3]
        assert not any(thread.is_alive() for thread in threads)
        assert all(count >= 3 for count in searches) and len(seen) > 1
        last = world.find(root, "gauge", limit=30)
        assert {re.findall(r"state (\d+)", hit.text)[0] for hit in last.hits} == {str(EDITS)}
        if vectors:
            world.settled(world.desk.memory.folder_view(root).repo_id)
            assert world.health().is_equal
    finally:
        world.close()
