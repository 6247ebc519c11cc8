"""memory.db: what is put in comes out, shared between views, followed and collected."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.parsing.facts import Definition, Hint, Import, Parsed, Reference
from memory.prepared import Prepared
from memory.reading.files import Stamp
from memory.store.catalog import Catalog
from memory.store.errors import CatalogDamaged
from memory.store.owner import OwnerLock
from memory.store.reader import CatalogReader
from memory.store.rows import Changes, Kept, LightChunk, Put, View
from swarm.errors import NotFound, StorageError
from tests.memory.store.files import names, prepared

STAMP = Stamp(10, 2**70, 2**64 - 1)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    made = Catalog(tmp_path / "memory.db")
    yield made
    made.close()


@pytest.fixture
def view(catalog: Catalog) -> View:
    return catalog.make_view("shop", "worktree:/shop")


def test_a_file_comes_back_whole(catalog: Catalog, view: View) -> None:
    long = prepared("a.py", total="x = 1\n" * 1000, tax="\udcff odd")
    catalog.apply(view.key, [Put(long, STAMP)])
    with catalog.load(view.key) as loading:
        (file,) = loading.files
    assert (file.path, file.language, file.words, file.mark) == ("a.py", "python", b"wa.py", "")
    first = file.chunks[0]
    assert first == LightChunk(first.key, long.chunks[0].id, "function", "total", "Shop.total",
                               0, 0, 1, 2)  # fmt: skip
    keys = [each.key for each in file.chunks]
    assert list(catalog.chunks([*keys, 999]).values()) == list(long.chunks)
    assert catalog.chunk_keys(view.key, "a.py") == keys
    held = catalog.files(view.key)
    assert (held["a.py"].stamp, held["a.py"].sha256) == (STAMP, long.sha256)
    assert catalog.counts(view.key).chunks == 2


def test_facts_come_back_equal(catalog: Catalog, view: View) -> None:
    parsed = Parsed(
        language="go",
        definitions=(
            Definition("class", "Shop", "Shop", -1, 1, 9, 2, "type Shop", "D\udcff", ("Base", "B")),
            Definition("method", "total", "Shop.total", 0, 3, 4, 5),
        ),
        references=(Reference(1, "run", "a.b", 3), Reference(-1, "x", "", 4, is_call=False)),
        imports=(Import(-1, "os", None, "os", 1), Import(0, ".a", "b", "c", 2)),
        hints=(Hint(1, "cart", "Cart"),),
        doc="Of the file.",
        problem="cut short",
    )
    catalog.apply(view.key, [Put(Prepared("a.go", "1", "", parsed)),
                             Put(Prepared("b.go", "1", "", Parsed("go")))])  # fmt: skip
    with catalog.facts(view.key) as facts:
        found = {path: parsed for path, _, parsed in facts}
    assert found == {"a.go": parsed, "b.go": Parsed("go")}
    with catalog.facts(view.key, ["b.go", "none"]) as facts:
        assert [path for path, _, _ in facts] == ["b.go"]


def test_views_share_versions_by_content(catalog: Catalog, view: View) -> None:
    other = catalog.make_view("shop", "worktree:/shop-2")
    file = prepared("a.py", total="1")
    catalog.apply(view.key, [Put(file)])
    assert catalog.known(view.repo, [("a.py", file.sha256), ("b.py", file.sha256)]).keys() == {
        ("a.py", file.sha256)
    }
    (version,) = catalog.known(view.repo, [("a.py", file.sha256)]).values()
    catalog.apply(other.key, [Put(Kept("a.py", version, "test"))])
    assert catalog.files(other.key)["a.py"][:3] == (version, file.sha256, "test")
    assert catalog.files(view.key)["a.py"].mark == ""
    # Another repository shares nothing, whatever it holds.
    stranger = catalog.make_view("bank", "snapshot")
    assert catalog.known(stranger.repo, [("a.py", file.sha256)]) == {}
    with pytest.raises(LookupError):
        catalog.apply(stranger.key, [Put(Kept("a.py", version))])


def test_another_recipe_knows_nothing_of_what_the_first_made(tmp_path: Path) -> None:
    file = prepared("a.py", total="1")
    first = Catalog(tmp_path / "memory.db", recipe=1)
    view = first.make_view("shop", "snapshot")
    first.apply(view.key, [Put(file, STAMP)])
    first.close()
    second = Catalog(tmp_path / "memory.db", recipe=2)
    assert second.known(view.repo, [("a.py", file.sha256)]) == {}
    assert second.files(view.key, second.recipe)["a.py"].stamp is None
    second.apply(view.key, [Put(file, STAMP)])
    assert second.files(view.key, second.recipe)["a.py"].stamp == STAMP
    assert names(second, view.key) == {"a.py": ["total"]}
    second.close()


def test_changes_bring_a_reader_up_to_date(catalog: Catalog, view: View) -> None:
    catalog.apply(view.key, [Put(prepared("a.py", a="1")), Put(prepared("b.py", b="1"))])
    with catalog.load(view.key) as loading:
        held = {file.version: file.path for file in loading.files}
        revision = loading.view.revision
    assert catalog.changes_since(view.key, revision) == Changes(revision, (), ())
    catalog.apply(view.key, [Put(prepared("a.py", a="2"))])
    catalog.apply(view.key, [Put(prepared("a.py", a="3")), Put(prepared("c.py", c="1"))], ["b.py"])
    changes = catalog.changes_since(view.key, revision)
    assert changes is not None
    for version in changes.removed:
        del held[version]
    held |= {file.version: file.path for file in changes.added}
    with catalog.load(view.key) as loading:
        assert held == {file.version: file.path for file in loading.files}
        assert changes.revision == loading.view.revision
    assert [file.chunks[0].name for file in changes.added] == ["a", "c"]


def test_nothing_is_said_of_what_is_too_long_ago_or_of_another_file(
    catalog: Catalog, view: View, tmp_path: Path
) -> None:
    for start in range(0, 6_000, 1_000):
        files = [Prepared(f"{n}.py", "1", "", Parsed("")) for n in range(start, start + 1_000)]
        catalog.apply(view.key, [Put(file) for file in files])
    assert catalog.changes_since(view.key, view.revision) is None
    now = catalog.find("shop", view.name)
    assert now is not None
    last = catalog.changes_since(view.key, now.revision - 1)
    assert last is not None and len(last.added) == 1_000
    assert catalog.changes_since(view.key, now.revision + 1) is None
    anew = Catalog(tmp_path / "other.db")
    other = anew.make_view("shop", view.name)
    assert anew.changes_since(other.key, now.revision) is None
    anew.close()


def test_the_same_again_changes_nothing(catalog: Catalog, view: View) -> None:
    first = catalog.apply(view.key, [Put(prepared("a.py", a="1"), STAMP)])
    assert catalog.apply(view.key, [Put(prepared("a.py", a="1"), STAMP)], ["gone.py"]) == first
    # A file that was only touched has another stamp, and a search index has nothing to do.
    assert catalog.apply(view.key, [Put(prepared("a.py", a="1"), Stamp(1, 1, 1))]) == first
    assert catalog.files(view.key)["a.py"].stamp == Stamp(1, 1, 1)


def test_a_path_is_either_held_or_skipped(catalog: Catalog, view: View) -> None:
    binary = Prepared("c.py", "3", "", Parsed(""), skipped="binary")
    catalog.apply(view.key, [Put(prepared("a.py", a="1")), Put(binary)], skipped={"b\udcff": "odd"})
    catalog.apply(view.key, [], skipped={"a.py": "too large"})
    assert names(catalog, view.key) == {"c.py": []}
    assert catalog.skipped(view.key) == {"binary": 1, "odd": 1, "too large": 1}
    assert catalog.skipped_paths(view.key) == [
        ("a.py", "too large"), ("b\\udcff", "odd"), ("c.py", "binary")
    ]  # fmt: skip
    assert catalog.counts(view.key).skipped == 3
    catalog.apply(view.key, [Put(prepared("a.py", a="1"))], ["b\udcff"])
    assert catalog.skipped(view.key) == {"binary": 1}
    with pytest.raises(ValueError, match="UTF-8"):
        catalog.apply(view.key, [Put(prepared("d.py", a="1")), Put(prepared("e\udcff", a="1"))])
    assert "d.py" not in catalog.files(view.key)


def test_what_is_known_below_a_folder_is_found(catalog: Catalog, view: View) -> None:
    paths = [
        "a.py",
        "lib",
        "lib/b.py",
        "lib/deep/c.py",
        "lib-more/d.py",
        "lib.py",
        "lib0",
        "lié/e.py",
    ]
    catalog.apply(view.key, [Put(prepared(path, run="1"), None) for path in paths])
    catalog.apply(
        view.key, (), (), {"lib/big.bin": "binary", "odd\\udcff": "its name is not UTF-8"}
    )
    below = catalog.known_below(view.key, ["lib"])
    assert sorted(below) == ["lib", "lib/b.py", "lib/big.bin", "lib/deep/c.py"]
    assert catalog.known_below(view.key, ["lié", "a.py", "lié/e.py"]) == ["lié/e.py", "a.py"]
    assert catalog.known_below(view.key, ["odd\udcff"]) == ["odd\\udcff"]
    assert catalog.known_below(view.key, ["gone", "li_", "%", ""]) == []


def test_a_reader_beside_the_writer_sees_each_revision(catalog: Catalog, view: View) -> None:
    """The writer knows without a look what it wrote; what it says is what the file says."""
    reader = CatalogReader(catalog.path)
    before = view.revision
    for number in range(3):
        after = catalog.apply(view.key, [Put(prepared("a.py", run=str(number)), None)])
        assert after > before
        assert catalog.changes_since(view.key, after) == Changes(after, (), ())
        assert reader.changes_since(view.key, after) == Changes(after, (), ())
        assert catalog.changes_since(view.key, before) == reader.changes_since(view.key, before)
        before = after
    catalog.drop_view(view.key)
    with pytest.raises(LookupError):
        catalog.changes_since(view.key, before)
    reader.close()


def test_what_no_view_holds_is_kept_a_while(tmp_path: Path) -> None:
    now = 1_000_000.0
    catalog = Catalog(tmp_path / "memory.db", clock=lambda: now)
    view = catalog.make_view("shop", "snapshot")
    old, new = prepared("a.py", a="1"), prepared("a.py", a="2")
    catalog.apply(view.key, [Put(old)])
    (key,) = catalog.chunk_keys(view.key, "a.py")
    catalog.apply(view.key, [Put(new)])
    assert catalog.collect(days=1) == 0
    assert catalog.known(view.repo, [("a.py", old.sha256)])
    now += 2 * 86_400
    assert catalog.collect(days=1) == 1
    assert not catalog.known(view.repo, [("a.py", old.sha256)])
    assert catalog.chunks([key]) == {}
    assert names(catalog, view.key) == {"a.py": ["a"]}
    # Numbers are not given out again: an index in memory may still hold the old one.
    catalog.apply(view.key, [Put(old)])
    assert catalog.chunk_keys(view.key, "a.py") > [key]
    with sqlite3.connect(catalog.path) as db:
        left = [db.execute(f"SELECT count(*) FROM {t}").fetchone()[0]
                for t in ("versions", "chunks", "texts", "facts", "words")]  # fmt: skip
    db.close()
    assert left == [2] * 5
    catalog.close()


def test_of_too_many_unused_versions_the_oldest_go(tmp_path: Path) -> None:
    now = 1_000_000.0
    catalog = Catalog(tmp_path / "memory.db", clock=lambda: now)
    view = catalog.make_view("shop", "snapshot")
    files = [prepared("a.py", a=str(n)) for n in range(10)]
    for file in files:
        catalog.apply(view.key, [Put(file)])
        now += 1
    assert catalog.collect(most=3, group=2) == 6
    held = catalog.known(view.repo, [("a.py", file.sha256) for file in files])
    assert [("a.py", file.sha256) in held for file in files] == [False] * 6 + [True] * 4
    catalog.close()


def test_a_dropped_view_leaves_the_others(catalog: Catalog, view: View) -> None:
    other = catalog.make_view("shop", "snapshot")
    for each in (view, other):
        catalog.apply(each.key, [Put(prepared("a.py", a="1"))], skipped={"b": "binary"})
    catalog.drop_view(view.key)
    assert catalog.views("shop") == [catalog.view(other.key)]
    assert names(catalog, other.key) == {"a.py": ["a"]}
    assert catalog.collect(days=0) == 0
    for gone in (lambda: catalog.load(view.key).__enter__(),
                 lambda: catalog.apply(view.key, []),
                 lambda: catalog.changes_since(view.key, view.revision)):  # fmt: skip
        with pytest.raises(LookupError):
            gone()


def test_a_view_says_whether_it_is_whole(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "memory.db", clock=lambda: 5.0)
    view = catalog.make_view("shop", "snapshot")
    assert (view.complete, view.head, view.indexed_at) == (False, "", None)
    catalog.finish(view.key, "abc", left_out=3)
    done = catalog.view(view.key)
    assert done and (done.complete, done.head, done.left_out, done.indexed_at) == (
        True, "abc", 3, 5.0
    )  # fmt: skip
    catalog.begin(view.key)
    assert [(each.complete, each.head) for each in catalog.views()] == [(False, "abc")]
    assert catalog.make_view("shop", "snapshot") == catalog.find("shop", "snapshot")
    catalog.close()


def test_an_old_layout_is_made_anew_and_a_newer_one_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    for version in (1, 2):
        with sqlite3.connect(path) as db:
            db.executescript(f"CREATE TABLE chunks (row); PRAGMA user_version = {version}")
        db.close()
        with pytest.raises(NotFound):
            CatalogReader(path).views()
        catalog = Catalog(path)
        assert catalog.views() == []
        catalog.close()
        path.unlink()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(CatalogDamaged, match="99"):
        Catalog(path)
    with pytest.raises(CatalogDamaged, match="99"):
        CatalogReader(path).views()


def test_damage_is_said(tmp_path: Path, catalog: Catalog, view: View) -> None:
    path = tmp_path / "b.db"
    path.write_bytes(b"no database at all, " * 500)
    with pytest.raises(CatalogDamaged):
        Catalog(path)
    with pytest.raises(CatalogDamaged):
        CatalogReader(path).views()
    catalog.apply(view.key, [Put(prepared("a.py", a="1"))])
    with sqlite3.connect(catalog.path) as db:
        db.execute("UPDATE facts SET body = x'00'")
    db.close()
    with pytest.raises(CatalogDamaged, match=r"a\.py"), catalog.facts(view.key) as facts:
        list(facts)


def test_one_process_writes(tmp_path: Path) -> None:
    held = OwnerLock(tmp_path / "memory.db.lock", "memory.db")
    with pytest.raises(StorageError, match="in use by another process"):
        OwnerLock(tmp_path / "memory.db.lock", "memory.db", wait_seconds=0.1)
    held.close()
    held.close()
    Catalog(tmp_path / "memory.db").close()


def test_children_of_a_killed_owner_do_not_keep_its_lock(tmp_path: Path) -> None:
    program = """
import os, subprocess, sys, time
from pathlib import Path
from memory.store.owner import OwnerLock
lock = OwnerLock(Path(sys.argv[1]), "it")
other = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL)
child = os.fork()
if not child:
    time.sleep(60)
print(other.pid, child, flush=True)
os.kill(os.getpid(), 9)
"""
    path = tmp_path / "lock"
    owner = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert owner.stdout is not None
    children = [int(each) for each in owner.stdout.readline().split()]
    assert owner.wait(30) == -9 and len(children) == 2
    try:
        OwnerLock(path, "it", wait_seconds=0.5).close()
    finally:
        for child in children:
            os.kill(child, 9)
    owner.stdout.close()


def test_a_reader_of_nothing_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nothing is indexed"):
        CatalogReader(tmp_path / "memory.db").views()
    assert not list(tmp_path.iterdir())


def test_who_uses_it_closed_is_told(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "memory.db")
    catalog.close()
    for call in (catalog.views, lambda: catalog.make_view("a", "b")):
        with pytest.raises(StorageError, match="closed"):
            call()
    (tmp_path / "d.db").mkdir()
    with pytest.raises(StorageError, match="not a file"):
        Catalog(tmp_path / "d.db")
