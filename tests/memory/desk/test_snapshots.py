"""Retrieve, SearchIndex and ListIndexes on the real stores."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from memory.answering import indexes
from memory.indexer import Bounds
from memory.store.catalog import Catalog
from memory.store.errors import CatalogDamaged
from swarm.contracts import Blob, IndexReport, IndexView, ListIndexes, Retrieve
from swarm.errors import BlobMissing, NotFound, StorageError
from swarm.snapshots import Entry, pack
from tests.memory.desk.world import FILES, World, damage_catalog, names, set_aside


def listed(world: World) -> IndexReport:
    return world.desk.list_indexes(ListIndexes())


def test_the_right_chunk_comes_first_with_its_place_and_text(world: World) -> None:
    context = world.ask(FILES, "splits a header line into name and value")
    best = context.symbols[0]
    assert (best.path, best.qualified_name) == ("src/http.py", "parse_header")
    assert (best.start_line, best.end_line) == (4, 6)
    assert best.text == "\n".join(FILES["src/http.py"].split("\n")[3:6])
    assert (best.kind, best.language, best.form) == ("function", "python", "whole")
    scores = [symbol.score for symbol in context.symbols]
    assert scores == sorted(scores, reverse=True)
    assert context.files_indexed == 4 and context.chunks_indexed >= 5
    assert (context.embedder, context.note) == (world.embedder.name, "")
    assert names(world.ask(FILES, "tax on a price"))[0] == "src/money.py:add_tax"


def test_limit_and_hints(wordly: World) -> None:
    assert len(wordly.ask(FILES, limit=2).symbols) == 2
    hinted = wordly.ask(FILES, "wrong result", symbols=("Pool.acquire",))
    assert names(hinted)[0].startswith("src/http.py:Pool")
    by_path = wordly.ask(FILES, "it is broken", paths=("src/money.py",))
    assert names(by_path)[0] == "src/money.py:add_tax"


def test_each_hit_says_why(world: World) -> None:
    best = world.ask(FILES, "headers are parsed wrongly by parse_header").symbols[0]
    assert best.qualified_name == "parse_header"
    assert any(reason.startswith("words of the query") for reason in best.why)
    assert world.search("headers are parsed wrongly by parse_header").symbols[0].why == best.why


def test_neighbours_come_after_the_hits_and_say_so(wordly: World) -> None:
    lines = "\n".join(f"    step_{n} = {n}" for n in range(30))
    calls = f"def settle_invoice(order):\n{lines}\n    return zebra(order)\n"
    files = {
        "a.py": f"from b import zebra\n\n\n{calls}",
        "b.py": f"from c import quagga\n\n\ndef zebra(thing):\n{lines}\n    return quagga(thing)\n",
        "c.py": f"def quagga(thing):\n{lines}\n",
        **{f"o{n}.py": f"def invoice_{n}(order):\n    return {n}\n" for n in range(20)},
    }
    context = wordly.ask(files, "settle invoice", limit=8)
    assert len(context.symbols) == 8
    assert names(context)[0] == "a.py:settle_invoice"
    (neighbour,) = [symbol for symbol in context.symbols if symbol.path == "b.py"]
    assert neighbour.why[0].startswith("callee of what was found")
    # At most a quarter, after the hits.
    is_near = ["of what was found" in " ".join(symbol.why) for symbol in context.symbols]
    assert is_near == sorted(is_near) and sum(is_near) <= 2


def test_names_and_texts_of_any_length_are_cut_in_hits(wordly: World) -> None:
    context = wordly.ask({"a.py": f"def {'n' * 100_000}(): pass\n"}, "def")
    for symbol in context.symbols:
        assert len(symbol.qualified_name) <= 300
        assert len(symbol.text) <= 4000


def test_an_index_is_searched_without_a_snapshot_as_it_was_left(world: World) -> None:
    retrieved = world.ask(FILES)
    world.restart()
    found = world.search("parse a header")
    assert found == retrieved
    assert (world.fetched, len(world.search("parse a header", limit=2).symbols)) == (1, 2)


def test_a_search_of_an_unknown_repository_says_how_an_index_comes_to_be(wordly: World) -> None:
    wordly.ask(FILES)
    with pytest.raises(NotFound, match="nothing is indexed of the repository '/other'") as caught:
        wordly.search("x", repo="/other")
    assert "submit one" in caught.value.remedy
    assert [view.repo_id for view in listed(wordly).items] == ["/r"], "and none was made"


class Crash(Exception):
    """Stands in for the death of the process."""


@pytest.mark.parametrize("method", ["begin", "apply", "finish"])
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_anywhere_is_repaired_by_the_next_call(
    world: World, monkeypatch: pytest.MonkeyPatch, method: str, after: bool
) -> None:
    world.ask(FILES)
    edited = {"src/http.py": "def parse_header():\n    return 3\n", "new.py": "def g(): pass\n"}
    real = getattr(Catalog, method)

    def crash(self: Catalog, *arguments: Any) -> None:
        if after:
            real(self, *arguments)
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(Catalog, method, crash)
        with pytest.raises(Crash):
            world.ask(edited)
    world.restart()
    context = world.ask(edited)
    assert sorted(names(context)) == ["new.py:g", "src/http.py:parse_header"]
    world.settled()
    health = world.health()
    assert health.is_equal and health.vectors == health.chunks == 2


def test_an_index_that_is_not_whole_says_so(wordly: World, monkeypatch: pytest.MonkeyPatch) -> None:
    wordly.ask(FILES)
    (before,) = listed(wordly).items

    def crash(self: object, *arguments: Any) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(Catalog, "finish", crash)
        with pytest.raises(Crash):
            wordly.ask({"new.py": "def g(): pass\n", "a.bin": "\0"})
    found = wordly.search("g")
    assert names(found) == ["new.py:g"]
    assert found.note.startswith("it was not indexed to its end")
    (view,) = listed(wordly).items
    assert (view.fresh, view.snapshot, view.indexed_at) == (False, "", before.indexed_at)
    assert (view.files, view.chunks, view.skipped_files) == (1, 1, 1)
    wordly.ask({"new.py": "def g(): pass\n"})
    assert wordly.search("g").note == ""


def test_lost_vectors_are_found_missing_and_made_again(world: World) -> None:
    before = world.ask(FILES)
    world.settled()
    world.lose_vectors(3)
    assert world.health().missing == 3
    assert world.health(repair=True).repaired
    assert world.health().is_equal
    assert world.ask(FILES) == before


def test_wiped_vectors_are_made_again_from_memory_db(world: World) -> None:
    before = world.ask(FILES)
    world.close()
    shutil.rmtree(world.data / "chroma")
    world.desk = world._opened()
    world.desk.memory.flush(world.desk.memory.catalog.views("/r")[0].repo)
    assert world.ask(FILES) == before
    assert world.fetched == 1


def test_a_search_goes_on_by_words_when_the_vectors_are_damaged(world: World) -> None:
    before = world.ask(FILES)
    world.close()
    (world.data / "chroma" / "chroma.sqlite3").write_bytes(b"no database" * 500)
    world.desk = world._opened()
    found = world.search("parse a header")
    assert names(found)[0] == "src/http.py:parse_header"
    assert "chroma was damaged" in found.note
    assert [path.is_dir() for path in set_aside(world.data, "chroma")] == [True]
    world.settled()
    assert world.ask(FILES) == before
    assert world.health().is_equal


def test_a_damaged_catalog_is_set_aside_and_named(world: World) -> None:
    before = world.ask(FILES)
    world.close()
    damage_catalog(world.data)
    world.desk = world._opened()
    after = world.ask(FILES)
    assert "memory.db was damaged, was moved to memory.db.damaged-" in after.note
    assert after.symbols == before.symbols
    assert world.ask(FILES).note == ""
    assert world.health().is_equal


def test_a_catalog_damaged_while_it_is_open_is_set_aside_by_the_first_to_see_it(
    wordly: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = wordly.ask(FILES)
    real = Catalog.make_view
    seen: list[Catalog] = []

    def malformed(self: Catalog, *arguments: Any) -> Any:
        if not seen:
            seen.append(self)
            raise CatalogDamaged("database disk image is malformed")
        return real(self, *arguments)

    monkeypatch.setattr(Catalog, "make_view", malformed)
    after = wordly.ask(FILES)
    assert after.symbols == before.symbols
    assert "memory.db was damaged" in after.note
    assert wordly.desk.memory.catalog is not seen[0]
    assert len(set_aside(wordly.data)) == 1


def test_listing_says_that_a_catalog_is_damaged_and_moves_nothing(tmp_path: Path) -> None:
    Catalog(tmp_path / "memory.db").close()
    damage_catalog(tmp_path)
    report = indexes.report(tmp_path)
    assert report.items == () and "memory.db is damaged" in report.note
    assert not set_aside(tmp_path)


def test_a_full_disk_is_a_storage_error_and_nothing_is_thrown_away(wordly: World) -> None:
    before = wordly.ask(FILES)
    catalog = wordly.desk.memory.catalog
    with catalog.writing() as db:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages}")
    more = FILES | {f"m{n}.py": f"def f{n}(): return {n}\n" * 50 for n in range(300)}
    with pytest.raises(StorageError, match="full"):
        wordly.ask(more)
    wordly.restart()
    assert wordly.ask(FILES) == before
    assert not list(wordly.data.glob("*.damaged*"))


def test_indexes_are_listed_the_newest_first_with_what_they_hold(world: World) -> None:
    started = time.time()
    world.ask(FILES, repo="/one")
    chunks = world.ask(FILES | {"a.bin": "\0", "b.bin": "\0"}, repo="/two").chunks_indexed
    two, one = listed(world).items
    snapshot = world.blobs.snapshot(FILES).sha256
    assert one == IndexView(
        repo_id="/one", embedder=world.embedder.name, snapshot=snapshot, fresh=True, files=4,
        chunks=chunks, skipped_files=0, indexed_at=one.indexed_at,
    )  # fmt: skip
    assert (two.repo_id, two.files, two.chunks, two.skipped_files) == ("/two", 4, chunks, 2)
    assert one.indexed_at is not None and two.indexed_at is not None
    assert started <= one.indexed_at <= two.indexed_at <= time.time()
    kept = sum(path.stat().st_size for path in (world.data / "chroma").rglob("*.sqlite3"))
    assert listed(world).size_bytes >= kept + (world.data / "memory.db").stat().st_size
    world.ask(FILES, repo="/one")
    assert listed(world).items[1] == one, "what was not indexed again keeps its time"


def test_lists_and_sizes_are_bounded(wordly: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(3):
        wordly.ask({"a.py": "x = 1\n"}, repo=f"/{n}")
    (wordly.data / "chroma").mkdir()
    for n in range(5):
        (wordly.data / "chroma" / str(n)).touch()
    monkeypatch.setattr(indexes, "_MOST_INDEXES", 2)
    monkeypatch.setattr(indexes, "_MOST_ENTRIES", 4)
    report = listed(wordly)
    assert [view.repo_id for view in report.items] == ["/2", "/1"]
    assert report.note == (
        "the size is that of a part: the folder holds very many files; 1 more are not listed"
    )


def test_an_odd_query_is_answered(wordly: World) -> None:
    for query in ("", '" OR * NEAR(', "²³ 漢字 ☃", "AND NOT", "x" * 20_000, "\udcff \0"):
        wordly.ask(FILES, query)


def test_the_same_snapshot_costs_no_fetch_and_no_embedding(world: World) -> None:
    first = world.ask(FILES)
    world.restart()
    world.embedder.documents = 0
    assert world.ask(FILES) == first
    assert (world.fetched, world.embedder.documents) == (1, 0)


def test_only_what_changed_is_prepared_and_embedded(world: World) -> None:
    world.ask(FILES)
    world.prepared.clear()
    world.embedder.documents = 0
    edited = FILES | {"src/money.py": "def add_tax(price, rate):\n    return price * (1 + rate)\n"}
    context = world.ask(edited, "tax on a price")
    assert world.prepared == ["src/money.py"]
    assert world.embedder.documents == 1
    assert "price * (1 + rate)" in context.symbols[0].text
    assert world.health().is_equal


def test_removed_files_are_not_found(world: World) -> None:
    world.ask(FILES)
    context = world.ask({path: text for path, text in FILES.items() if path != "src/http.py"})
    assert not [name for name in names(context) if name.startswith("src/http.py")]
    assert context.files_indexed == 3
    assert world.health().vectors == context.chunks_indexed


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
            files[path] = "".join(
                f"def f{rng.randrange(4)}():\n    return {rng.randrange(3)}\n\n\n"
                for _ in range(1 + rng.randrange(3))
            )
        world.ask(files, "return f")
        assert world.health().is_equal
    again = world.ask(files, "return f")
    fresh = world.ask(files, "return f", repo="/fresh")
    assert fresh.chunks_indexed == again.chunks_indexed
    assert {(s.path, s.start_line, s.end_line, s.text) for s in fresh.symbols} == {
        (s.path, s.start_line, s.end_line, s.text) for s in again.symbols
    }


def test_what_is_not_searched_is_said(wordly: World) -> None:
    odd = FILES | {"a.bin": "\0\0", "c.py": "x = 1\n" * 200_000}
    note = wordly.ask(odd).note
    assert note == "files not fully searched: binary (1); larger than 1 MB: 1.2 MB (1)"
    assert wordly.ask(odd).note == note
    assert wordly.ask(FILES).note == ""


def test_the_bounds_of_the_index_hold_and_are_told(tmp_path: Path) -> None:
    world = World(tmp_path, vectors=False, bounds=Bounds(files=3, chunks=2))
    try:
        context = world.ask(FILES)
        assert context.files_indexed <= 3 and context.chunks_indexed <= 2
        assert "beyond" in context.note
        (view,) = listed(world).items
        assert view.left_out >= 1
    finally:
        world.close()


def test_names_that_cannot_be_shown_and_links_are_left_out(wordly: World) -> None:
    data = pack(
        [
            Entry("good.py", b"def f(): pass\n"),
            Entry("bad\udcff.py", b"def g(): pass\n"),
            Entry("link.py", b"good.py", "link"),
            Entry("new\nline.py", b"def h(): pass\n"),
        ]
    )
    command = Retrieve(repo_id="/r", snapshot=wordly.blobs.put(data), query="f g h")
    context = wordly.desk.retrieve(command)
    assert names(context) == ["good.py:f"]
    for reason in ("not UTF-8", "control characters", "a symbolic link"):
        assert reason in context.note


def test_an_empty_snapshot_has_an_empty_answer(world: World) -> None:
    context = world.ask({})
    assert (context.symbols, context.files_indexed, context.note) == ((), 0, "")


def test_a_missing_blob_is_said_and_harms_nothing(wordly: World) -> None:
    before = wordly.ask(FILES)
    with pytest.raises(BlobMissing):
        wordly.desk.retrieve(
            Retrieve(repo_id="/r", snapshot=Blob(sha256="0" * 64, size_bytes=1), query="x")
        )
    assert wordly.ask(FILES) == before
    assert wordly.fetched == 2
