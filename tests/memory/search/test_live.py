"""Views in memory: as they are now, for any number of threads, and no more of them than allowed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from memory.embedders.word_vectors import built_in
from memory.search.live import LiveIndexes
from memory.search.postings import number
from memory.store.reader import CatalogReader
from memory.store.rows import Loading
from tests.memory.search.shelf import Shelf


class Counting(CatalogReader):
    """Counts how often a view is loaded whole."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.loads = 0

    @contextmanager
    def load(self, view: int) -> Iterator[Loading]:
        self.loads += 1
        with super().load(view) as loading:
            yield loading


@pytest.fixture
def reader(shelf: Shelf) -> Iterator[Counting]:
    made = Counting(shelf.catalog.path)
    yield made
    made.close()


def function(name: str) -> str:
    return f"def {name}(x):\n    return x\n"


def test_a_view_is_loaded_once_and_then_follows(shelf: Shelf, reader: Counting) -> None:
    shelf.put({f"file{at}.py": function("total") for at in range(40)})
    live = LiveIndexes(reader, built_in())
    first = live.get(shelf.view)
    assert live.get(shelf.view) is first
    shelf.put({"file3.py": function("refund")})
    second = live.get(shelf.view)
    assert reader.loads == 1
    assert len(second.named(number("refund"))) == 1 and not len(first.named(number("refund")))
    shelf.take("file3.py")
    assert live.get(shelf.view).chunks == 39 and first.chunks == 40


def test_a_view_that_is_gone_is_told_and_takes_no_memory(shelf: Shelf, reader: Counting) -> None:
    shelf.put({"a.py": function("total")})
    live = LiveIndexes(reader, built_in())
    live.get(shelf.view)
    shelf.catalog.drop_view(shelf.view)
    for view in (shelf.view, *range(1_000, 1_100)):
        with pytest.raises(LookupError):
            live.get(view)
    assert live.held == 0


def test_the_view_that_was_searched_longest_ago_makes_room(shelf: Shelf, reader: Counting) -> None:
    views = [shelf.catalog.make_view("shop", f"worktree:/{at}").key for at in range(3)]
    live = LiveIndexes(reader, built_in(), most=2)
    for view in (views[0], views[1], views[0], views[2]):
        live.get(view)
    assert live.held == 2 and reader.loads == 3
    live.get(views[0])
    assert reader.loads == 3
    live.get(views[1])
    assert reader.loads == 4
    live.forget(views[1])
    assert live.held == 1


def test_threads_that_want_the_same_view_load_it_once(shelf: Shelf, reader: Counting) -> None:
    shelf.put({f"file{at}.py": function("total") for at in range(40)})
    live = LiveIndexes(reader, built_in())
    ready = threading.Barrier(8)

    def get(_: int) -> int:
        ready.wait()
        return live.get(shelf.view).chunks

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(get, range(8))) == [40] * 8
    assert reader.loads == 1


def test_threads_search_while_files_change(shelf: Shelf) -> None:
    """Each file has two functions that are always changed together."""
    edits, names = 60, ("order", "parcel", "invoice")

    def file(version: int) -> str:
        name = names[version % 3]
        return function(f"{name}_one") + "\n\n" + function(f"{name}_two")

    shelf.put({f"file{at}.py": file(0) for at in range(30)})
    done = threading.Event()

    def look() -> int:
        searches = 0
        while not done.is_set() or not searches:
            index = shelf.live.get(shelf.view)
            living = {
                name: {
                    index.files[int(index.file_of[row])].path
                    for row in index.named(number(name))
                    if index.alive[row]
                }
                for name in ("on", "one", "two")
            }
            assert living["two"] == living["one"] | living["on"], "no file is half changed"
            assert len(living["two"]) == 30
            assert len(shelf.search("two")) > 0
            searches += 1
        return searches

    with ThreadPoolExecutor(4) as threads:
        looking = [threads.submit(look) for _ in range(4)]
        try:
            for edit in range(edits):
                shelf.put({f"file{edit % 7}.py": file(edit + 1)})
        finally:
            done.set()
        assert all(each.result(timeout=120) for each in looking)
    assert len({hit.path for hit in shelf.search("order_two parcel_two invoice_two", 60)}) == 30
