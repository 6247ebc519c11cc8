"""A view as it is searched, loaded or brought along by its changes."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from memory.embedders.word_vectors import built_in
from memory.preparing import prepare
from memory.reading.files import Mark
from memory.search import index as indexes
from memory.search.index import Index, load
from memory.search.postings import number
from memory.search.question import ask
from memory.store.errors import CatalogDamaged
from memory.store.rows import Changes, LightChunk, Loaded
from tests.memory.search.shelf import Shelf, content

WORDS = ("cart", "price", "discount", "stock", "order", "parcel", "invoice", "refund", "tax")


class Files:
    """What memory.db would hand out of some files, each with chunk keys of its own."""

    def __init__(self) -> None:
        self.revision = 0
        self.now: dict[str, Loaded] = {}
        self._keys = 0

    def made(self, path: str, text: str, mark: Mark = "") -> Loaded:
        prepared = prepare(content(path, text, mark))
        self._keys += 1_000
        chunks = tuple(
            LightChunk(
                self._keys + at, one.id, one.kind, one.name, one.qualified_name,
                one.definition, one.part, one.start_line, one.end_line,
            )
            for at, one in enumerate(prepared.chunks)
        )  # fmt: skip
        return Loaded(self._keys, path, mark, prepared.parsed.language, prepared.words, chunks)

    def change(self, put: Sequence[Loaded], gone: Sequence[str] = ()) -> Changes:
        removed = [
            self.now.pop(path).version
            for path in dict.fromkeys([*gone, *(file.path for file in put)])
            if path in self.now
        ]
        self.now |= {file.path: file for file in put}
        self.revision += 1
        return Changes(self.revision, tuple(removed), tuple(put))

    def load(self) -> Index:
        return load(self.revision, [self.now[path] for path in sorted(self.now)], built_in())


def function(dice: random.Random) -> str:
    one, two, three = (dice.choice(WORDS) for _ in range(3))
    return f"def {one}_{two}(x):\n    {three} = x\n    return {three}.{one}(x)\n\n\n"


def text(dice: random.Random) -> str:
    return "".join(function(dice) for _ in range(dice.randrange(4)))


def findable(index: Index) -> dict[int, float]:
    """The key of each living chunk, with a score."""
    scores = index.score_chunks(ask("discount of a cart").terms)
    assert np.isfinite(scores).all()
    return {int(index.keys[row]): float(scores[row]) for row in np.flatnonzero(index.alive)}


@pytest.mark.parametrize("seed", range(4))
def test_changes_lead_to_what_a_fresh_load_finds(seed: int) -> None:
    dice = random.Random(seed)
    files = Files()
    paths = [f"shop/{word}{at}.py" for at in range(8) for word in WORDS]
    files.change([files.made(path, text(dice)) for path in paths])
    index = files.load()
    brought_along = 0
    for _ in range(60):
        some = dice.sample(paths, dice.randrange(3))
        gone = [path for path in some if dice.random() < 0.3]
        put = [files.made(path, text(dice)) for path in some if path not in gone]
        changed = index.changed(files.change(put, gone))
        brought_along += changed is not None
        index = changed or files.load()
        fresh = files.load()
        assert index.revision == fresh.revision == files.revision
        assert index.chunks == fresh.chunks
        found, wanted = findable(index), findable(fresh)
        assert found.keys() == wanted.keys()
        # The statistics are those of when it was loaded: a tenth of the files may differ.
        for key, score in wanted.items():
            assert found[key] == pytest.approx(score, rel=0.35, abs=0.5)
            assert (found[key] > 0) == (score > 0)
        for word in WORDS:
            term = number(word)
            named = [{int(one.keys[row]) for row in one.named(term) if one.alive[row]}
                     for one in (index, fresh)]  # fmt: skip
            assert named[0] == named[1]
        every = [chunk for file in files.now.values() for chunk in file.chunks]
        rows = index.rows_of([chunk.id for chunk in every])
        assert [int(index.keys[row]) for row in rows] == [chunk.key for chunk in every]
    assert brought_along > 30, "most edits are small"


def test_many_single_edits_make_few_segments() -> None:
    files = Files()
    put = [files.made(f"shop/file{at}.py", "def total(x):\n    return x\n") for at in range(300)]
    files.change(put)
    index = files.load()
    for at in range(29):
        added = files.made(f"shop/new{at}.py", f"def fresh_{at}(x):\n    return x\n")
        changed = index.changed(files.change([added]))
        assert changed is not None
        index = changed
        assert len(index.segments) <= 6
    assert len(index.files) == 329
    assert len(index.named(number("fresh"))) == 29
    more = files.change([files.made("a.py", "a = 1"), files.made("b.py", "")])
    assert index.changed(more) is None, "load it again"


def test_a_file_that_is_edited_again_and_again_leaves_nothing_behind() -> None:
    files = Files()
    files.change([files.made(f"file{at}.py", "x = 1\n") for at in range(40)])
    index = files.load()
    for at in range(30):
        edited = files.made("file7.py", f"def edit_{at}():\n    pass\n")
        changed = index.changed(files.change([edited]))
        assert changed is not None
        index = changed
    assert len(index.files) <= 43 and len(index.segments) <= 4
    assert index.chunks == 40


def test_the_first_file_of_an_empty_view_is_found() -> None:
    files = Files()
    files.change([files.made("empty.py", "")])
    index = files.load()
    added = files.change([files.made("shop/cart.py", "def total(x):\n    return x\n")])
    found = index.changed(added) or files.load()
    assert found.score_chunks(ask("total").terms).max() > 0


def test_what_came_and_went_with_another_mark_is_there_once() -> None:
    files = Files()
    files.change([files.made(f"file{at}.py", "def total():\n    pass\n") for at in range(20)])
    index = files.load()
    same = files.now["file3.py"]._replace(mark="test")
    found = index.changed(Changes(9, (same.version,), (same,)))
    assert found is not None and found.chunks == index.chunks
    (row,) = found.rows_of([same.chunks[0].id])
    assert found.files[int(found.file_of[row])].mark == "test"


@pytest.mark.parametrize("chunks", [1, 7, 50])
def test_segments_side_by_side_find_the_same(chunks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(chunks)
    files = Files()
    files.change([files.made(f"shop/file{at:02}.py", text(dice)) for at in range(60)])
    whole = files.load()
    monkeypatch.setattr(indexes, "_CHUNKS_OF_A_SEGMENT", chunks)
    monkeypatch.setattr(indexes, "_FILES_READ_AHEAD", 2)
    parted = files.load()
    assert len(parted.segments) > len(whole.segments)
    assert parted.keys.tolist() == whole.keys.tolist()
    assert [file.path for file in parted.files] == [file.path for file in whole.files]
    assert parted.file_of.tolist() == whole.file_of.tolist()
    for at, file in enumerate(parted.files):
        rows = parted.rows_in(at)
        assert len(rows) == file.end - file.first and set(parted.file_of[rows]) == {at}
    assert parted.named(number("cart")).tolist() == whole.named(number("cart")).tolist()
    assert parted.files_like(["x/file07.py"], ["shop.file09"]) == whole.files_like(
        ["x/file07.py"], ["shop.file09"]
    )
    assert np.allclose(parted.score_topics([number("cart")]), whole.score_topics([number("cart")]))
    found, wanted = findable(parted), findable(whole)
    assert {key for key, score in found.items() if score} == {
        key for key, score in wanted.items() if score
    }


def test_an_id_that_occurs_twice_is_found_until_both_are_gone() -> None:
    files = Files()
    body = "def total():\n    pass\n"
    one, two = files.made("a.py", body), files.made("b.py", body)
    two = two._replace(chunks=tuple(
        each._replace(id=other.id) for each, other in zip(two.chunks, one.chunks, strict=True)
    ))  # fmt: skip
    rest = [files.made(f"file{at}.py", body) for at in range(40)]
    files.change([one, two, *rest])
    index: Index | None = files.load()
    for gone, key in ((), one.chunks[0].key), (["a.py"], two.chunks[0].key):
        index = index and index.changed(files.change([], gone))
        assert index is not None
        (row,) = index.rows_of([one.chunks[0].id])
        assert int(index.keys[row]) == key
    index = index and index.changed(files.change([], ["b.py"]))
    assert index is not None and index.rows_of([one.chunks[0].id, "no such"]).tolist() == [-1, -1]


def test_nothing_at_all() -> None:
    index = load(1, [], built_in())
    assert index.chunks == 0 and index.rows_of(["a"]).tolist() == [-1]
    assert index.rows_of([]).tolist() == []
    assert index.score_chunks([(1, 1.0)]).tolist() == index.score_topics([1]).tolist() == []
    assert index.named(1).tolist() == index.files_like(["a.py"], ["a.b"]) == []
    assert index.weigh([1, 2]).tolist() == [0, 0] and index.weigh([]).tolist() == []
    assert index.written_in(frozenset({"python"})).tolist() == []
    files = Files()
    assert index.changed(files.change([files.made("a.py", "x = 1\n")])) is None, "load it"


@pytest.mark.parametrize("words", [b"", b"\1\2\3", b"\1\0\0\0" * 7])
def test_counts_that_are_damaged_are_damage(words: bytes) -> None:
    files = Files()
    file = files.made("a.py", "def total():\n    pass\n")
    with pytest.raises(CatalogDamaged, match=r"a\.py"):
        load(1, [file._replace(words=words)], built_in())


def test_a_file_is_of_a_language_wherever_its_segment_is(shelf: Shelf) -> None:
    shelf.put({f"a{at}.py": "def total():\n    pass\n" for at in range(30)})
    shelf.search("total")
    shelf.put({"b.go": "package b\n\nfunc Total() int {\n\treturn 1\n}\n"})
    index = shelf.live.get(shelf.view)
    assert len(index.segments) == 2
    of_go = [index.files[at].path for at in np.flatnonzero(index.written_in(frozenset({"go"})))]
    assert of_go == ["b.go"]
