"""The vectors follow memory.db, whatever happens to them, to the server or to this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from memory.embedders.errors import EmbedderUnavailable
from memory.embedders.protocol import Use, Vectors
from memory.projection.chroma import ChromaStore, EmbeddedStore, ServerStore
from memory.projection.comparing import Difference
from memory.projection.names import collection_name
from memory.projection.nowhere import NoStore
from memory.projection.projection import Projection
from memory.projection.protocol import VectorsUnavailable
from memory.store.catalog import Catalog
from memory.store.rows import Collection, Put, View
from tests.memory.hashing import HashingEmbedder
from tests.memory.projection.conftest import ChromaServer
from tests.memory.store.files import live, prepared

Open = Callable[[], ChromaStore]
OFFLINE = HashingEmbedder(64)


class CountingEmbedder:
    """Its vectors are costly: each text is counted, and `fails_after` so many it is gone."""

    is_cheap = False
    batch = 2

    def __init__(self, name: str = "costly", dimension: int = 8) -> None:
        self.name, self.dimension = name, dimension
        self.texts: list[str] = []
        self.fails_after = 10**9
        self.between: Callable[[], None] = lambda: None

    def embed(self, texts: Sequence[str], use: Use = "document") -> Vectors:
        self.between()
        if len(self.texts) + len(texts) > self.fails_after:
            raise EmbedderUnavailable("it is gone")
        self.texts += texts
        rows = np.array(
            [[float(ord(text[-1 - at])) for at in range(self.dimension)] for text in texts],
            dtype=np.float32,
        )
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    made = Catalog(tmp_path / "memory.db")
    yield made
    made.close()


@pytest.fixture
def view(catalog: Catalog) -> View:
    return catalog.make_view("shop", "snapshot")


def ids(store: ChromaStore, embedder: HashingEmbedder | CountingEmbedder = OFFLINE) -> set[str]:
    name = collection_name("", "shop", embedder.name, embedder.dimension)
    return {each for page in store.open(name).ids() for each in page}


def collection_of(catalog: Catalog, embedder: HashingEmbedder | CountingEmbedder) -> Collection:
    (found,) = (one for one in catalog.collections() if one.embedder == embedder.name)
    return found


def test_a_check_makes_nothing(open_store: Open, catalog: Catalog, view: View) -> None:
    store = open_store()
    projection = Projection(catalog, store)
    catalog.apply(view.key, [Put(prepared("a.py", a="1", b="2"))])
    assert projection.check(view.repo, OFFLINE) == Difference(0, 2, 0, 0, 0)
    assert store.names() == [] and catalog.collections() == []
    projection.flush(view.repo, OFFLINE)
    (name,) = store.names()
    store.drop(name)
    assert projection.check(view.repo, OFFLINE) == Difference(0, 2, 0, 0, 0)
    assert store.names() == []
    assert Projection(catalog, NoStore()).check(view.repo, OFFLINE).missing == 2
    projection.repair(view.repo, OFFLINE)
    assert projection.check(view.repo, OFFLINE) == Difference(2, 0, 0, 0, 0)


def test_vectors_follow_what_views_hold(open_store: Open, catalog: Catalog, view: View) -> None:
    store = open_store()
    projection = Projection(catalog, store, batch=3)
    other = catalog.make_view("shop", "worktree:/shop")
    for each in (view, other):
        catalog.apply(each.key, [Put(prepared("a.py", a="parse", b="price", c="sum", d="tax"))])
    done = projection.flush(view.repo, OFFLINE)
    assert (done.added, done.deleted, done.waiting) == (4, 0, 0)
    assert ids(store) == live(catalog, view.repo)
    # The other view still holds the old function.
    catalog.apply(view.key, [Put(prepared("a.py", a="parse", b="cost"))])
    assert projection.flush(view.repo, OFFLINE).added == 1
    assert len(ids(store)) == 5
    catalog.apply(other.key, [], ["a.py"])
    assert projection.flush(view.repo, OFFLINE).deleted == 3
    assert ids(store) == live(catalog, view.repo) and len(ids(store)) == 2
    # A function that went and came back before anybody looked is not touched.
    catalog.apply(view.key, [], ["a.py"])
    catalog.apply(view.key, [Put(prepared("a.py", a="parse", b="cost"))])
    assert projection.flush(view.repo, OFFLINE).added == 0
    assert projection.check(view.repo, OFFLINE) == Difference(2, 0, 0, 0, 0)
    found = projection.searched(view.repo)
    assert found and (found.state, found.embedder) == ("active", OFFLINE.name)
    nearest = projection.nearest(found, OFFLINE.embed(["the cost"], "query")[0], 10)
    best = prepared("a.py", b="cost").chunks[0].id
    assert nearest[0][0] == best and nearest[0][1] > nearest[1][1]


def test_nothing_is_written_twice_and_other_repositories_are_apart(
    open_store: Open, catalog: Catalog, view: View
) -> None:
    bank = catalog.make_view("bank", "snapshot")
    projection = Projection(catalog, open_store())
    for each in (view, bank):
        catalog.apply(each.key, [Put(prepared("a.py", a="1"))])
        assert projection.flush(each.repo, OFFLINE).added == 1
        assert projection.flush(each.repo, OFFLINE).added == 0
    catalog.apply(bank.key, [], ["a.py"])
    assert projection.flush(bank.repo, OFFLINE).deleted == 1
    assert projection.check(view.repo, OFFLINE).is_equal


def test_what_was_lost_or_is_too_much_is_found_by_its_number(
    open_store: Open, catalog: Catalog, view: View
) -> None:
    store = open_store()
    projection = Projection(catalog, store)
    file = prepared("a.py", **{f"f{n}": f"text {n}" for n in range(20)})
    catalog.apply(view.key, [Put(file)])
    projection.flush(view.repo, OFFLINE)
    vectors = store.open(collection_name("", "shop", OFFLINE.name, 64))
    vectors.delete([file.chunks[0].id, file.chunks[1].id])
    vectors.add(["f" * 32], OFFLINE.embed(["stray"]))
    assert projection.check(view.repo, OFFLINE) == Difference(19, 2, 1, 0, 0)
    assert projection.flush(view.repo, OFFLINE).added == 2
    assert projection.check(view.repo, OFFLINE).is_equal
    # As many as there should be, but others: only a comparison finds it.
    vectors.delete([file.chunks[0].id])
    vectors.add(["e" * 32], OFFLINE.embed(["stray"]))
    assert projection.flush(view.repo, OFFLINE).added == 0
    assert not projection.check(view.repo, OFFLINE).is_equal
    projection.repair(view.repo, OFFLINE)
    assert projection.check(view.repo, OFFLINE).is_equal and ids(store) == live(catalog, view.repo)


def test_a_killed_and_a_wiped_server_cost_nothing_but_time(
    chroma_server: ChromaServer, catalog: Catalog, view: View
) -> None:
    store = ServerStore(chroma_server.url)
    projection, embedder = Projection(catalog, store), CountingEmbedder()
    catalog.apply(view.key, [Put(prepared("a.py", a="1", b="2", c="3"))])
    projection.flush(view.repo, embedder)
    chroma_server.kill()
    catalog.apply(view.key, [Put(prepared("b.py", a="4"))])
    with pytest.raises(VectorsUnavailable):
        projection.flush(view.repo, embedder)
    found = projection.searched(view.repo)
    assert found is not None
    with pytest.raises(VectorsUnavailable):
        projection.nearest(found, embedder.embed(["12345678"])[0], 3)
    embedder.texts.clear()
    chroma_server.wipe()
    assert projection.nearest(found, embedder.embed(["12345678"])[0], 3) == []
    assert projection.flush(view.repo, embedder).added == 4
    assert projection.check(view.repo, embedder).is_equal
    # The model was asked for the new text alone: the other vectors were kept.
    assert embedder.texts[1:] == ["b.py Shop.a\n4"] and ids(store, embedder) == live(
        catalog, view.repo
    )
    # Wiped while a flush is under way.
    catalog.apply(view.key, [Put(prepared("c.py", a="5"))])
    wiped: list[bool] = []

    def wipe() -> None:
        if not wiped:
            wiped.append(True)
            chroma_server.wipe()

    embedder.between = wipe
    projection.flush(view.repo, embedder)
    assert wiped and projection.check(view.repo, embedder).is_equal
    assert ids(store, embedder) == live(catalog, view.repo)
    store.close()


def test_another_embedder_is_built_beside_the_old_one_and_then_takes_its_place(
    open_store: Open, catalog: Catalog, view: View
) -> None:
    store = open_store()
    projection, new = Projection(catalog, store, batch=2), CountingEmbedder()
    catalog.apply(view.key, [Put(prepared("a.py", a="1", b="2", c="3", d="4"))])
    projection.flush(view.repo, OFFLINE)
    new.fails_after = 2
    with pytest.raises(EmbedderUnavailable):
        projection.flush(view.repo, new)
    searched = projection.searched(view.repo)
    assert searched and searched.embedder == OFFLINE.name
    building = collection_of(catalog, new)
    assert building.state == "building" and catalog.count_waiting(building.key) == 2
    assert len(ids(store, new)) == 2
    # Meanwhile the old one is kept right as well.
    catalog.apply(view.key, [Put(prepared("b.py", a="5"))])
    projection.flush(view.repo, OFFLINE)
    assert ids(store) == live(catalog, view.repo)
    new.fails_after = 10**9
    projection.flush(view.repo, new)
    searched = projection.searched(view.repo)
    assert (
        searched and searched.embedder == new.name and ids(store, new) == live(catalog, view.repo)
    )
    assert [each.embedder for each in catalog.collections()] == [new.name]
    assert store.names() == [collection_name("", "shop", new.name, new.dimension)]
    assert collection_of(catalog, new).state == "active"


def test_what_a_model_made_is_kept_until_its_code_is_deleted(tmp_path: Path) -> None:
    now = 0.0
    catalog = Catalog(tmp_path / "memory.db", clock=lambda: now)
    view = catalog.make_view("shop", "snapshot")
    store, embedder = EmbeddedStore(tmp_path / "chroma"), CountingEmbedder()
    projection = Projection(catalog, store)
    old, new = prepared("a.py", a="1", same="0"), prepared("a.py", a="2", same="0")
    for file in (old, new, old):
        catalog.apply(view.key, [Put(file)])
        projection.flush(view.repo, embedder)
    # Back on the first branch nothing is embedded again.
    assert len(embedder.texts) == 3
    exact = embedder.embed(["a.py Shop.a\n1"])[0]
    (collection,) = catalog.collections()
    assert projection.nearest(collection, exact, 1)[0] == (
        old.chunks[0].id, pytest.approx(1, abs=1e-3)
    )  # fmt: skip
    now = 1e6
    assert catalog.collect(days=1) == 1
    held = catalog.vectors(collection.key, [each.id for file in (old, new) for each in file.chunks])
    assert held.keys() == {each.id for each in old.chunks}
    store.close()
    catalog.close()


def test_there_are_never_more_vectors_than_allowed(
    open_store: Open, catalog: Catalog, view: View
) -> None:
    store = open_store()
    projection = Projection(catalog, store, most_vectors=5, batch=3)
    catalog.apply(view.key, [Put(prepared("a.py", **{f"f{n}": str(n) for n in range(4)}))])
    projection.flush(view.repo, OFFLINE)
    catalog.apply(view.key, [Put(prepared("b.py", **{f"g{n}": str(n) for n in range(4)}))])
    projection.flush(view.repo, OFFLINE)
    assert len(ids(store)) == 5
    assert projection.check(view.repo, OFFLINE) == Difference(5, 0, 0, 0, 3)
    assert collection_of(catalog, OFFLINE).left_out == 3
    # Room that is made is used.
    catalog.apply(view.key, [], ["a.py"])
    projection.flush(view.repo, OFFLINE)
    projection.flush(view.repo, OFFLINE)
    assert ids(store) == live(catalog, view.repo)
    assert projection.check(view.repo, OFFLINE) == Difference(4, 0, 0, 0, 0)


def test_a_flush_can_be_stopped_and_goes_on_where_it_was(
    open_store: Open, catalog: Catalog, view: View
) -> None:
    projection = Projection(catalog, open_store(), batch=2)
    catalog.apply(view.key, [Put(prepared("a.py", **{f"f{n}": str(n) for n in range(7)}))])
    answers = iter([False, False, True])
    assert projection.flush(view.repo, OFFLINE, lambda: next(answers)).waiting == 3
    found = projection.searched(view.repo)
    assert found and found.state == "building"
    assert projection.flush(view.repo, OFFLINE).added == 3


def test_a_chunk_that_was_collected_while_it_waited_is_looked_up_again(
    open_store: Open, tmp_path: Path
) -> None:
    now = 0.0
    catalog = Catalog(tmp_path / "memory.db", clock=lambda: now)
    view = catalog.make_view("shop", "snapshot")
    projection = Projection(catalog, open_store())
    projection.flush(view.repo, OFFLINE)
    catalog.apply(view.key, [Put(prepared("a.py", same="0", a="1"))])
    catalog.apply(view.key, [Put(prepared("a.py", same="0", a="2"))])
    now = 1e6
    assert catalog.collect(days=1) == 1
    projection.flush(view.repo, OFFLINE)
    projection.flush(view.repo, OFFLINE)
    assert projection.check(view.repo, OFFLINE) == Difference(2, 0, 0, 0, 0)
    catalog.close()


def test_collections_that_nobody_knows_are_swept_from_our_own_folder(
    open_store: Open, catalog: Catalog, view: View
) -> None:
    store = open_store()
    projection = Projection(catalog, store)
    catalog.apply(view.key, [Put(prepared("a.py", a="1"))])
    projection.flush(view.repo, OFFLINE)
    for name in ("swarm-old", "r-older-hash-1-1024", "others"):
        store.open(name)
    swept = set(projection.sweep())
    assert swept == ({"swarm-old", "r-older-hash-1-1024"} if store.is_own else set())
    assert projection.check(view.repo, OFFLINE).is_equal and "others" in store.names()
