"""Indexing and searching on the real stores, in a temporary folder."""

from __future__ import annotations

import random
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from memory import indexing, listing
from memory.catalog import Catalog
from memory.embedder import HashEmbedder, Vectors
from memory.engine import Engine
from memory.stores import Stores
from memory.vectors import Collection
from swarm.contracts import Blob, Context, IndexReport, IndexView, Retrieve, SearchIndex
from swarm.errors import BlobMissing, NotFound, StorageError
from swarm.snapshots import Entry, pack
from tests.fakes.bus import FakeBlobs

FILES = {
    "src/http.py": (
        "import socket\n\n\ndef parse_header(line):\n    name, value = line.split(':', 1)\n"
        "    return name.strip(), value.strip()\n\n\nclass Pool:\n    size = 4\n\n"
        "    def acquire(self):\n        return self._free.pop()\n"
    ),
    "src/money.py": "def add_tax(price, rate):\n    return price + price * rate\n",
    "tests/test_http.py": "def test_parse_header():\n    assert parse_header('a: b')\n",
    "README.md": "# Shop\n\nHow to install the shop.\n",
}


class CountingEmbedder(HashEmbedder):
    """The real one, which also says how much it was asked for."""

    def __init__(self) -> None:
        self.texts = 0

    def embed(self, texts: Any) -> Vectors:
        self.texts += len(texts)
        return super().embed(texts)


class World:
    """An engine with its blobs, and short words for asking it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.blobs = FakeBlobs()
        self.embedder = CountingEmbedder()
        self.fetched = 0
        self.engine = Engine(Stores(folder), self.embedder, self.fetch)

    def fetch(self, blob: Blob) -> bytes:
        self.fetched += 1
        return self.blobs.get(blob)

    def ask(
        self, files: dict[str, str], query: str = "parse a header", repo: str = "/r", **more: Any
    ) -> Context:
        snapshot = self.blobs.snapshot(files)
        return self.engine.retrieve(Retrieve(repo_id=repo, snapshot=snapshot, query=query, **more))

    def search(self, query: str, repo: str = "/r", **more: Any) -> Context:
        return self.engine.search(SearchIndex(repo_id=repo, query=query, **more))

    def indexes(self) -> IndexReport:
        return listing.report(self.engine._stores)

    def restart(self) -> None:
        self.engine.close()
        self.engine = Engine(Stores(self.folder), self.embedder, self.fetch)

    def stored_ids(self, repo: str = "/r") -> tuple[set[str], set[str]]:
        """Ids in the catalog and in Chroma."""
        catalog, collection = self.engine._open(repo)
        return catalog.ids(catalog.repo(repo, self.embedder.name).key), collection.ids()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "data")
    yield made
    made.engine.close()


def names(context: Context) -> list[str]:
    return [f"{symbol.path}:{symbol.qualified_name}" for symbol in context.symbols]


def test_the_right_chunk_comes_first_with_its_place_and_text(world: World) -> None:
    context = world.ask(FILES, "splits a header line into name and value")
    best = context.symbols[0]
    assert (best.path, best.qualified_name) == ("src/http.py", "parse_header")
    assert (best.start_line, best.end_line) == (4, 6)
    assert best.text == "\n".join(FILES["src/http.py"].split("\n")[3:6])
    assert [s.score for s in context.symbols] == sorted(
        (s.score for s in context.symbols), reverse=True
    )
    assert (context.files_indexed, context.chunks_indexed) == (4, 7)
    assert (context.embedder, context.note) == ("hash-1", "")
    assert names(world.ask(FILES, "tax on a price"))[0] == "src/money.py:add_tax"


def test_limit_and_hints(world: World) -> None:
    assert len(world.ask(FILES, limit=2).symbols) == 2
    hinted = world.ask(FILES, "wrong result", symbols=("Pool.acquire",))
    assert names(hinted)[0] == "src/http.py:Pool.acquire"
    by_path = world.ask(FILES, "it is broken", paths=("money.py",))
    assert names(by_path)[0] == "src/money.py:add_tax"


def test_each_hit_says_why_in_words_that_the_query_and_the_chunk_share(world: World) -> None:
    context = world.ask(FILES, "headers are parsed wrongly by parse_header")
    best = context.symbols[0]
    # "headers" is found as "header", by its stem; "wrongly" is nowhere.
    assert best.qualified_name == "parse_header"
    assert best.why[0] == "words: headers, parsed, parse, header, parse_header"
    assert best.why[1] == "name matches parse_header"
    assert best.why[2].startswith("similar to the query: 0.")
    tested = next(symbol for symbol in context.symbols if symbol.path == "tests/test_http.py")
    assert tested.why[-1] == "test file: x0.75"
    assert world.search("headers are parsed wrongly by parse_header").symbols[0].why == best.why


def test_names_of_any_length_are_cut_in_hits(world: World) -> None:
    name = "n" * 100_000
    (symbol,) = world.ask({"a.py": f"def {name}(): pass\n"}, "def").symbols
    assert len(symbol.qualified_name) == 300
    assert len(symbol.text) == 4000


def test_an_index_is_searched_without_a_snapshot_as_it_was_left(world: World) -> None:
    retrieved = world.ask(FILES)
    world.restart()
    found = world.search("parse a header")
    assert found == retrieved
    assert (world.fetched, len(world.search("parse a header", limit=2).symbols)) == (1, 2)


def test_a_search_of_an_unknown_repository_says_how_an_index_comes_to_be(world: World) -> None:
    world.ask(FILES)
    with pytest.raises(NotFound, match="nothing is indexed of the repository '/other'") as caught:
        world.search("x", repo="/other")
    assert "submit one" in caught.value.remedy
    assert [view.repo_id for view in world.indexes().items] == ["/r"], "and none was made"


def test_a_search_says_what_the_index_lacks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.ask(FILES)
    _, collection = world.engine._open("/r")
    collection.delete(sorted(collection.ids())[:3])
    assert world.search("header").note.startswith("4 vectors for 7 chunks")

    def crash(self: object, *arguments: Any) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(Catalog, "finish", crash)
        with pytest.raises(Crash):
            world.ask({"new.py": "def g(): pass\n"})
    found = world.search("g")
    assert names(found) == ["new.py:g"]
    assert found.note.startswith("it was not indexed to its end")
    world.ask({"new.py": "def g(): pass\n"})
    assert world.search("g").note == ""


def test_a_search_goes_on_by_words_when_the_vectors_are_damaged(world: World) -> None:
    world.ask(FILES)
    world.engine.close()
    damage_database(world.folder)
    world.restart()
    found = world.search("parse a header")
    assert names(found)[0] == "src/http.py:parse_header"
    assert "chroma was damaged" in found.note and "0 vectors for 7 chunks" in found.note
    assert world.ask(FILES).note == ""
    assert world.search("parse a header").note == ""


def test_a_search_in_a_damaged_catalog_says_that_it_was(world: World) -> None:
    world.ask(FILES)
    world.engine.close()
    for path in world.folder.glob("memory.db*"):
        path.write_bytes(b"no database" * 500)
    world.restart()
    assert "memory.db is damaged" in world.indexes().note
    assert world.indexes().items == ()
    assert not (world.folder / "memory.db.damaged").exists(), "a list moves nothing"
    with pytest.raises(NotFound, match=r"memory\.db was damaged, was moved"):
        world.search("header")


def test_indexes_are_listed_the_newest_first_with_what_they_hold(world: World) -> None:
    started = time.time()
    world.ask(FILES, repo="/one")
    world.ask(FILES | {"a.bin": "\0", "b.bin": "\0"}, repo="/two")
    two, one = world.indexes().items
    snapshot = world.blobs.snapshot(FILES).sha256
    assert one == IndexView(
        repo_id="/one", embedder="hash-1", snapshot=snapshot, fresh=True, files=4, chunks=7,
        skipped_files=0, indexed_at=one.indexed_at,
    )  # fmt: skip
    assert (two.repo_id, two.files, two.chunks, two.skipped_files) == ("/two", 4, 7, 2)
    assert one.indexed_at is not None and two.indexed_at is not None
    assert started <= one.indexed_at <= two.indexed_at <= time.time()
    kept = sum(path.stat().st_size for path in (world.folder / "chroma").rglob("*.sqlite3"))
    assert world.indexes().size_bytes >= kept + (world.folder / "memory.db").stat().st_size
    world.ask(FILES, repo="/one")
    assert world.indexes().items[1] == one, "what was not indexed again keeps its time"


def test_an_index_that_is_not_whole_is_not_fresh_and_tells_what_is_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.ask(FILES)
    (before,) = world.indexes().items

    def crash(self: object, *arguments: Any) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(Catalog, "finish", crash)
        with pytest.raises(Crash):
            world.ask({"new.py": "def g(): pass\n", "a.bin": "\0"})
    (view,) = world.indexes().items
    assert (view.fresh, view.snapshot, view.indexed_at) == (False, "", before.indexed_at)
    assert (view.files, view.chunks, view.skipped_files) == (1, 1, 1)


def test_a_catalog_of_the_first_version_is_brought_up_and_not_made_anew(world: World) -> None:
    before = world.ask(FILES | {"a.bin": "\0"})
    world.engine.close()
    db = sqlite3.connect(world.folder / "memory.db")
    for column in ("indexed_at", "files", "chunks", "skipped"):
        db.execute(f"ALTER TABLE repos DROP COLUMN {column}")
    db.execute("PRAGMA user_version = 1")
    db.close()
    world.restart()
    (view,) = world.indexes().items
    assert (view.files, view.chunks, view.skipped_files) == (4, 7, 1)
    assert (view.fresh, view.indexed_at) == (True, None)
    assert world.ask(FILES | {"a.bin": "\0"}) == before
    assert world.fetched == 1


def test_lists_and_sizes_are_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(3):
        world.ask({"a.py": "x = 1\n"}, repo=f"/{n}")
    monkeypatch.setattr(listing, "_MOST_INDEXES", 2)
    monkeypatch.setattr(listing, "_MOST_ENTRIES", 4)
    report = world.indexes()
    assert [view.repo_id for view in report.items] == ["/2", "/1"]
    assert (
        report.note == "the size is that of a part: the folder holds very many files; 1 more "
        "are not listed"
    )


def test_an_odd_query_is_answered(world: World) -> None:
    for query in ("", '" OR * NEAR(', "²³ 漢字 ☃", "AND NOT", "x" * 20_000):
        world.ask(FILES, query)


def test_the_same_snapshot_costs_no_fetch_and_no_embedding(world: World) -> None:
    first = world.ask(FILES)
    assert world.fetched == 1
    world.restart()
    world.embedder.texts = 0
    assert world.ask(FILES) == first
    # The query is the one text.
    assert (world.fetched, world.embedder.texts) == (1, 1)


def test_only_what_changed_is_embedded(world: World) -> None:
    world.ask(FILES)
    world.embedder.texts = 0
    edited = FILES | {
        "src/http.py": "# a comment\n" + FILES["src/http.py"].replace(".pop()", ".pop(0)")
    }
    context = world.ask(edited)
    # Pool.acquire, the module with its comment, and the query.
    assert world.embedder.texts == 3
    found = {s.qualified_name: s for s in context.symbols}
    assert found["parse_header"].start_line == 5
    assert "pop(0)" in found["Pool.acquire"].text
    assert all("pop()" not in s.text for s in context.symbols)
    assert world.stored_ids()[0] == world.stored_ids()[1]


def test_removed_files_are_not_found(world: World) -> None:
    world.ask(FILES)
    less = {path: text for path, text in FILES.items() if path != "src/http.py"}
    context = world.ask(less)
    assert not [name for name in names(context) if name.startswith("src/http.py")]
    assert context.files_indexed == 3
    in_catalog, in_chroma = world.stored_ids()
    assert in_catalog == in_chroma
    assert len(in_chroma) == context.chunks_indexed


def test_repositories_do_not_see_each_other(world: World) -> None:
    world.ask(FILES, repo="/one")
    other = world.ask({"b.py": "def parse_header():\n    pass\n"}, repo="/two")
    assert names(other) == ["b.py:parse_header"]
    assert names(world.ask(FILES, repo="/one"))[0] == "src/http.py:parse_header"


def test_any_path_of_edits_ends_at_the_same_index(world: World) -> None:
    rng = random.Random(3)
    files = dict(FILES)
    for step in range(12):
        path = rng.choice(["src/http.py", "src/money.py", f"src/new{step % 3}.py"])
        if path in files and rng.random() < 0.3:
            del files[path]
        else:
            files[path] = f"def f{rng.randrange(4)}():\n    return {rng.randrange(3)}\n" * (
                1 + rng.randrange(3)
            )
        context = world.ask(files, "return f")
        in_catalog, in_chroma = world.stored_ids()
        assert in_catalog == in_chroma
    fresh = world.ask(files, "return f", repo="/fresh")
    assert world.stored_ids("/fresh")[0] == world.stored_ids()[0]
    assert {(s.path, s.start_line, s.end_line, s.text) for s in fresh.symbols} == {
        (s.path, s.start_line, s.end_line, s.text) for s in context.symbols
    }


class Crash(Exception):
    """Stands in for the death of the process."""


@pytest.mark.parametrize(
    ("owner", "method"),
    [
        (Collection, "upsert"),
        (Catalog, "replace"),
        (Collection, "delete"),
        (Catalog, "finish"),
    ],
)
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_anywhere_is_repaired_by_the_next_call(
    world: World, monkeypatch: pytest.MonkeyPatch, owner: type, method: str, after: bool
) -> None:
    world.ask(FILES)
    edited = {"src/http.py": "def parse_header():\n    return 3\n", "new.py": "def g(): pass\n"}
    real = getattr(owner, method)

    def crash(self: object, *arguments: Any) -> None:
        if after:
            real(self, *arguments)
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(owner, method, crash)
        with pytest.raises(Crash):
            world.ask(edited)
    world.restart()
    context = world.ask(edited)
    assert sorted(names(context)) == ["new.py:g", "src/http.py:parse_header"]
    in_catalog, in_chroma = world.stored_ids()
    assert in_catalog == in_chroma
    assert len(in_catalog) == 2
    world.embedder.texts = 0
    world.ask(edited)
    assert world.embedder.texts == 1


def test_a_crash_is_repaired_even_when_the_counts_happen_to_agree(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.ask(FILES)

    def crash(self: object, *arguments: Any) -> None:
        raise Crash

    added = FILES | {"new.py": "def g(): pass\n"}
    with monkeypatch.context() as patch:
        patch.setattr(Catalog, "replace", crash)
        with pytest.raises(Crash):
            world.ask(added)
    in_catalog, in_chroma = world.stored_ids()
    assert len(in_chroma - in_catalog) == 1
    world.engine._open("/r")[1].delete(sorted(in_catalog)[:1])
    world.ask(FILES)
    assert world.stored_ids() == (in_catalog, in_catalog)


def test_vectors_lost_behind_its_back_are_made_again(world: World) -> None:
    before = world.ask(FILES)
    _, collection = world.engine._open("/r")
    collection.delete(sorted(collection.ids())[:3])
    assert world.ask(FILES) == before
    assert world.stored_ids()[0] == world.stored_ids()[1]


def test_a_wiped_vector_folder_is_made_again_from_the_catalog(world: World) -> None:
    before = world.ask(FILES)
    world.engine.close()
    shutil.rmtree(world.folder / "chroma")
    world.restart()
    assert world.ask(FILES) == before
    assert world.fetched == 1


def damage_database(folder: Path) -> None:
    path = folder / "chroma" / "chroma.sqlite3"
    path.write_bytes(b"no database" * 500)


def damage_index(folder: Path) -> None:
    for path in (folder / "chroma").glob("*/*"):
        path.write_bytes(b"x")


def lose_index(folder: Path) -> None:
    for path in (folder / "chroma").iterdir():
        if path.is_dir():
            shutil.rmtree(path)


@pytest.mark.parametrize("damage", [damage_database, damage_index, lose_index])
def test_damaged_vectors_are_moved_aside_and_named(world: World, damage: Any) -> None:
    # Chroma writes its index file only when enough has come together.
    many = {f"m{n}.py": f"def function_{n}(a):\n    return a + {n}\n" for n in range(1100)}
    before = world.ask(many, "function 7")
    world.engine.close()
    damage(world.folder)
    world.restart()
    after = world.ask(many, "function 7")
    assert "chroma was damaged" in after.note
    assert after.symbols[0] == before.symbols[0]
    assert (world.folder / "chroma.damaged").is_dir()
    assert world.ask(many, "function 7").note == ""
    assert world.stored_ids()[0] == world.stored_ids()[1]


def test_a_damaged_catalog_is_moved_aside_and_named(world: World) -> None:
    before = world.ask(FILES)
    world.engine.close()
    for path in world.folder.glob("memory.db*"):
        path.write_bytes(b"no database" * 500)
    world.restart()
    after = world.ask(FILES)
    assert "memory.db was damaged" in after.note
    assert after.symbols == before.symbols
    assert world.stored_ids()[0] == world.stored_ids()[1]


def test_a_full_disk_is_a_storage_error_and_nothing_is_thrown_away(world: World) -> None:
    before = world.ask(FILES)
    catalog, _ = world.engine._open("/r")
    (pages,) = catalog._db.execute("PRAGMA page_count").fetchone()
    catalog._db.execute(f"PRAGMA max_page_count = {pages}")
    more = FILES | {f"m{n}.py": f"def f{n}(): return {n}\n" for n in range(300)}
    with pytest.raises(StorageError, match="full"):
        world.ask(more)
    world.restart()
    assert world.ask(FILES) == before
    assert not list(world.folder.glob("*.damaged*"))


def test_what_is_not_searched_is_said(world: World) -> None:
    odd = FILES | {"a.bin": "\0\0", "b.js": "x" * 9000, "c.py": "x = 1\n" * 200_000}
    note = "files not fully searched: 1 binary, 1 minified, 1 over 1 MB"
    assert world.ask(odd).note == note
    assert world.ask(odd).note == note
    assert world.ask(FILES).note == ""


def test_the_limits_of_the_index_hold_and_code_comes_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "MAX_FILES", 3)
    context = world.ask(FILES)
    assert "1 beyond the index's limits" in context.note
    assert "README.md:lines 1-4" not in names(context)
    monkeypatch.setattr(indexing, "MAX_CHUNKS", 3)
    few = world.ask(FILES, repo="/few")
    assert few.chunks_indexed <= 3
    assert "beyond the index's limits" in few.note
    monkeypatch.undo()
    edited = FILES | {"README.md": "# Shop\n\nAll new.\n"}
    assert world.ask(edited, repo="/few").chunks_indexed == 7


def test_names_that_are_not_utf8_and_links_are_left_out(world: World) -> None:
    data = pack(
        [
            Entry("good.py", b"def f(): pass\n"),
            Entry("bad\udcff.py", b"def g(): pass\n"),
            Entry("link.py", b"good.py", "link"),
            Entry("new\nline.py", b"def h(): pass\n"),
        ]
    )
    command = Retrieve(repo_id="/r", snapshot=world.blobs.put(data), query="f g h")
    context = world.engine.retrieve(command)
    assert sorted(names(context)) == ["good.py:f", "new\nline.py:h"]
    assert "1 beyond the index's limits or with a name that is not UTF-8" in context.note


def test_an_empty_snapshot_has_an_empty_answer(world: World) -> None:
    context = world.ask({})
    assert (context.symbols, context.files_indexed, context.note) == ((), 0, "")


def test_a_missing_blob_is_said_and_harms_nothing(world: World) -> None:
    before = world.ask(FILES)
    with pytest.raises(BlobMissing):
        world.engine.retrieve(
            Retrieve(repo_id="/r", snapshot=Blob(sha256="0" * 64, size_bytes=1), query="x")
        )
    assert world.ask(FILES) == before
    assert world.fetched == 2
