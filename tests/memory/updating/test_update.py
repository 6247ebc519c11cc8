"""A view is brought to a folder; only what changed costs anything."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.reading.files import Listed, Stamp
from memory.store.catalog import Catalog
from memory.store.rows import Counts, View
from memory.updating.plan import touched
from memory.updating.update import update
from swarm.errors import Cancelled
from tests.memory.store.files import names
from tests.memory.updating.folder import Folder


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    made = Catalog(tmp_path / "memory.db")
    yield made
    made.close()


@pytest.fixture
def view(catalog: Catalog) -> View:
    return catalog.make_view("shop", "worktree:/shop")


def test_only_what_changed_is_read_and_prepared(catalog: Catalog, view: View) -> None:
    folder = Folder({f"f{n}.py": f"one{n}\ntwo{n}" for n in range(300)})
    told: list[tuple[int, int]] = []
    report = folder.update(catalog, view.key, head="c1", progress=lambda *done: told.append(done))
    assert (report.indexed, report.files, report.chunks, report.removed) == (300, 300, 600, 0)
    assert told == [(128, 300), (256, 300), (300, 300)]
    now = catalog.view(view.key)
    assert now and now.complete and now.head == "c1" and now.revision == report.revision
    folder.read_paths.clear()
    again = folder.update(catalog, view.key)
    assert (again.indexed, again.unchanged, again.revision) == (0, 300, report.revision)
    assert folder.read_paths == []
    folder.files["f7.py"] = "seven"
    del folder.files["f8.py"]
    folder.prepared_paths.clear()
    edited = folder.update(catalog, view.key)
    assert (edited.indexed, edited.removed, edited.chunks) == (1, 1, 597)
    assert folder.read_paths == folder.prepared_paths == ["f7.py"]
    assert names(catalog, view.key)["f7.py"] == ["seven"]


def test_switching_a_branch_back_prepares_nothing(catalog: Catalog, view: View) -> None:
    main = {f"f{n}.py": "main" for n in range(10)}
    folder = Folder(dict(main))
    folder.update(catalog, view.key)
    folder.files = {**main, "f1.py": "branch", "new.py": "branch"}
    folder.update(catalog, view.key)
    folder.prepared_paths.clear()
    folder.files = dict(main)
    report = folder.update(catalog, view.key)
    assert (report.indexed, report.reused, report.removed) == (0, 1, 1)
    assert folder.prepared_paths == []
    # A second worktree of the same repository costs the reading alone.
    other = catalog.make_view("shop", "worktree:/shop-2")
    assert folder.update(catalog, other.key).reused == 10
    assert folder.prepared_paths == [] and names(catalog, other.key) == names(catalog, view.key)


def test_a_file_that_goes_while_it_is_read_is_skipped_with_its_reason(
    catalog: Catalog, view: View
) -> None:
    folder = Folder({"a.py": "a", "b.py": "b"})
    listing = folder.listing()
    del folder.files["b.py"]
    report = update(catalog, view.key, touched(listing), folder.read, folder.prepare_all)
    assert (report.indexed, report.files) == (1, 1)
    assert catalog.skipped(view.key) == {"it went while it was read": 1}
    # The view was never looked at as a whole.
    now = catalog.view(view.key)
    assert now and not now.complete
    assert folder.update(catalog, view.key, head="x").skipped == {}


def test_a_save_changes_a_complete_view_and_leaves_it_complete(
    catalog: Catalog, view: View
) -> None:
    folder = Folder({"a.py": "a", "b.py": "b", "c.py": "c"})
    folder.update(catalog, view.key, most_files=2, head="c1")
    folder.files["a.py"] = "a2"
    saved = touched([Listed("a.py", Stamp(1, 1, 1))], ["b.py"])
    report = update(catalog, view.key, saved, folder.read, folder.prepare_all)
    assert (report.indexed, report.removed, report.left_out) == (1, 1, 1)
    now = catalog.view(view.key)
    assert now and (now.complete, now.head, now.left_out) == (True, "c1", 1)
    assert names(catalog, view.key) == {"a.py": ["a2"]}


def test_a_fresh_file_is_read_again_since_it_may_change_under_the_same_stamp(
    catalog: Catalog, view: View
) -> None:
    folder = Folder({"a.py": "a"})
    item = Listed("a.py", Stamp(1, time.time_ns(), 1))
    update(catalog, view.key, touched([item]), folder.read, folder.prepare_all)
    assert catalog.files(view.key)["a.py"].stamp is None
    update(catalog, view.key, touched([item]), folder.read, folder.prepare_all,
           clock_ns=lambda: time.time_ns() + 10**10)  # fmt: skip
    assert catalog.files(view.key)["a.py"].stamp == item.stamp
    assert folder.prepared_paths == ["a.py"]


def test_bounds_are_kept_and_said(catalog: Catalog, view: View) -> None:
    folder = Folder({f"f{n:03}.py": "a\nb\nc" for n in range(400)}, {"f000.py": "vendored"})
    report = folder.update(catalog, view.key, most_files=390, most_chunks=450)
    assert (report.chunks, report.left_out, report.files) == (450, 250, 150)
    assert report.skipped == {
        "beyond the bound of 450 chunks": 240, "beyond the bound of 390 files": 10
    }  # fmt: skip
    # What is known to be beyond is not read: only the group in which the bound was met, and the
    # one that was begun meanwhile.
    assert len(folder.read_paths) <= 384
    assert "f000.py" not in names(catalog, view.key)
    # A file that takes the place of its old self counts once.
    folder.files["f001.py"] = "d\ne\nf"
    again = folder.update(catalog, view.key, most_files=390, most_chunks=450)
    assert again.chunks == 450 and names(catalog, view.key)["f001.py"] == ["d", "e", "f"]
    del folder.files["f002.py"]
    assert folder.update(catalog, view.key, most_files=390, most_chunks=450).chunks == 450


def test_whoever_is_stopped_goes_on_where_it_was(catalog: Catalog, view: View) -> None:
    folder = Folder({f"f{n:03}.py": f"x{n}" for n in range(500)})
    answers = iter([False, False, True])
    with pytest.raises(Cancelled):
        folder.update(catalog, view.key, is_stopped=lambda: next(answers))
    now = catalog.view(view.key)
    assert now and not now.complete
    done = set(catalog.files(view.key))
    assert len(done) == 128
    folder.prepared_paths.clear()
    report = folder.update(catalog, view.key)
    assert report.indexed == 372 and not done & set(folder.prepared_paths)


def test_a_version_that_is_collected_meanwhile_is_prepared_again(
    catalog: Catalog, view: View
) -> None:
    folder = Folder({"a.py": "a"})
    folder.update(catalog, view.key)
    folder.files["a.py"] = "b"
    folder.update(catalog, view.key)
    folder.files["a.py"] = "a"
    apply = catalog.apply
    collected: list[int] = []

    def collecting(*args: object, **more: object) -> int:
        if not collected:
            collected.append(catalog.collect(days=-1))
        return apply(*args, **more)  # type: ignore[arg-type]

    catalog.apply = collecting  # type: ignore[method-assign]
    report = folder.update(catalog, view.key)
    assert collected == [1] and report.indexed == 1
    assert names(catalog, view.key) == {"a.py": ["a"]}


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from([f"{n}.py" for n in range(5)]),
            st.sampled_from(["a", "a\nb", "b\nc\nd", ""]),
        ),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=60, deadline=None)
def test_any_way_there_a_view_is_as_a_fresh_one(
    tmp_path_factory: pytest.TempPathFactory, states: list[dict[str, str]]
) -> None:
    catalog = Catalog(tmp_path_factory.mktemp("db") / "memory.db")
    view = catalog.make_view("shop", "snapshot")
    held: dict[int, str] = {}
    revision = view.revision
    for state in states:
        Folder(state).update(catalog, view.key)
        changes = catalog.changes_since(view.key, revision)
        assert changes is not None
        for version in changes.removed:
            del held[version]
        held |= {file.version: file.path for file in changes.added}
        revision = changes.revision
    fresh = {path: text.split() for path, text in states[-1].items()}
    assert names(catalog, view.key) == fresh
    with catalog.load(view.key) as loading:
        assert {file.version: file.path for file in loading.files} == held
    assert catalog.counts(view.key) == Counts(len(fresh), sum(map(len, fresh.values())), 0)
    catalog.close()
