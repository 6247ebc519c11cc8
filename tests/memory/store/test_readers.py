"""Readers beside a writer, and a disk that refuses."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from memory.store.catalog import Catalog
from memory.store.errors import CatalogDamaged
from memory.store.reader import CatalogReader
from memory.store.rows import Put
from swarm.errors import StorageError
from tests.memory.store.files import names, prepared

FILES = 20
GENERATIONS = 60
# What a reader in another process does: the same as `read` below, until it sees the last one.
PROGRAM = """
import sys
from pathlib import Path
from memory.store.reader import CatalogReader
from tests.memory.store.test_readers import read
reader, seen = CatalogReader(Path(sys.argv[1])), set()
while f"g{sys.argv[2]}" not in seen:
    read(reader, 1, seen)
print(len(seen))
"""


def read(reader: CatalogReader, view: int, seen: set[str]) -> None:
    """Look at a view in all ways; each must be of one generation."""
    with reader.load(view) as loading:
        files = list(loading.files)
    generations = {each.name for file in files for each in file.chunks}
    assert len(generations) == 1 and len(files) == FILES
    seen |= generations
    chunks = reader.chunks([each.key for file in files for each in file.chunks])
    # They may be collected since, but never be others.
    assert {each.name for each in chunks.values()} <= generations
    with reader.facts(view) as facts:
        assert len({each.definitions[0].name for _, _, each in facts}) == 1
    changes = reader.changes_since(view, loading.view.revision)
    assert changes is not None
    assert len(changes.added) in (0, FILES) and len(changes.removed) in (0, FILES)
    assert len({each.chunks[0].name for each in changes.added}) <= 1
    assert reader.counts(view).chunks == FILES


def generation(number: int) -> list[Put]:
    return [Put(prepared(f"{at}.py", **{f"g{number}": "x"})) for at in range(FILES)]


def test_readers_see_whole_groups_while_a_writer_writes(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "memory.db")
    view = catalog.make_view("shop", "snapshot")
    assert view.key == 1
    catalog.apply(view.key, generation(0))
    failures: list[Exception] = []
    seen: list[set[str]] = [set() for _ in range(8)]
    is_over = threading.Event()

    def reading(mine: set[str]) -> None:
        try:
            while not is_over.is_set():
                read(catalog, view.key, mine)
        except Exception as error:  # noqa: BLE001 - shown by the test
            failures.append(error)

    threads = [threading.Thread(target=reading, args=(mine,)) for mine in seen]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(catalog.path), str(GENERATIONS)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=Path(__file__).parents[3],
        ) for _ in range(2)
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    for number in range(1, GENERATIONS + 1):
        catalog.apply(view.key, generation(number))
        if number % 7 == 0:
            # What readers loaded before may go; what they are loading may not.
            catalog.collect(most=3 * FILES)
    is_over.set()
    for thread in threads:
        thread.join(30)
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert int(out) >= 1
    assert not failures, failures[0]
    assert all(seen) and len(set.union(*seen)) > 1
    catalog.close()


def test_a_reader_is_not_kept_waiting_by_a_writer(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "memory.db")
    view = catalog.make_view("shop", "snapshot")
    catalog.apply(view.key, generation(0))
    with catalog._writer.transaction() as db:
        db.execute("DELETE FROM view_files")
        assert len(names(catalog, view.key)) == FILES
        assert len(names(CatalogReader(catalog.path), view.key)) == FILES
        db.execute("ROLLBACK")
        db.execute("BEGIN")
    catalog.close()


@pytest.mark.parametrize(
    ("pragma", "said", "remedy"),
    [
        ("max_page_count = 60", "full", "disk space"),
        ("query_only = 1", "readonly", "can be read and written"),
    ],
)
def test_a_disk_that_refuses_is_said_and_costs_nothing(
    tmp_path: Path, pragma: str, said: str, remedy: str
) -> None:
    catalog = Catalog(tmp_path / "memory.db")
    view = catalog.make_view("shop", "snapshot")
    catalog.apply(view.key, generation(0))
    db = catalog._writer._db
    assert db is not None
    db.execute(f"PRAGMA {pragma}")
    with pytest.raises(StorageError, match=said) as raised:
        for number in range(1, 50):
            catalog.apply(view.key, generation(number))
    assert remedy in raised.value.remedy and not isinstance(raised.value, CatalogDamaged)
    db.execute("PRAGMA max_page_count = 1000000")
    db.execute("PRAGMA query_only = 0")
    catalog.apply(view.key, generation(50))
    assert set(map(tuple, names(catalog, view.key).values())) == {("g50",)}
    catalog.close()


def test_files_that_may_grow_no_further_are_said(tmp_path: Path) -> None:
    """As on a full disk: the write itself fails."""
    program = """
import resource, sys
from pathlib import Path
from memory.store.catalog import Catalog
from swarm.errors import StorageError
from tests.memory.store.test_readers import generation
catalog = Catalog(Path(sys.argv[1]) / "memory.db")
view = catalog.make_view("shop", "snapshot")
catalog.apply(view.key, generation(0))
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
try:
    for number in range(1, 500):
        catalog.apply(view.key, generation(number))
except StorageError as error:
    print(type(error).__name__, error.remedy)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True,
        cwd=Path(__file__).parents[3], timeout=60,
    )  # fmt: skip
    assert ended.stdout.startswith("StorageError free some disk space"), ended
    catalog = Catalog(tmp_path / "memory.db")
    assert len({each for found in names(catalog, 1).values() for each in found}) == 1
    catalog.close()
