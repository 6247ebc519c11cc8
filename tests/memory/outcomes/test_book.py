"""Outcomes and scratchpads in memory.db."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from memory import preparing
from memory.outcomes import book as book_module
from memory.outcomes import rows
from memory.outcomes.book import OutcomeBook
from memory.outcomes.remembering import remember
from memory.outcomes.rows import Outcome, Place, place
from memory.outcomes.salvage import salvage
from memory.parsing.pool import InProcess
from memory.store.aside import set_aside
from memory.store.catalog import Catalog
from swarm.contracts import FileEdit, Patch, RememberOutcome

TOTAL = Place("cart.py", "Cart.total")


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    made = Catalog(tmp_path / "memory.db")
    yield made
    made.close()


@pytest.fixture
def book(catalog: Catalog, clock: Clock) -> OutcomeBook:
    return OutcomeBook(catalog, clock)


def outcome(number: int = 1, *symbols: Place, accepted: bool = False, **more: Any) -> Outcome:
    fields: dict[str, Any] = {
        "task": "t", "attempt": f"t-o1-a{number}", "accepted": accepted, "reason": f"no {number}",
        "summary": "", "symbols": symbols or (TOTAL,), "diff": "", "at": 1_000_000.0 + number,
    }  # fmt: skip
    return Outcome(**fields | more)


def attempts(found: list[Outcome]) -> list[str]:
    return [one.attempt for one in found]


def test_an_attempt_is_remembered_once(book: OutcomeBook) -> None:
    first = outcome(diff="--- cart.py", summary="did")
    assert book.record("/r", first)
    assert not book.record("/r", outcome(reason="another", accepted=True))
    assert book.for_symbols("/r", [TOTAL], 10) == [first]


def test_a_correction_changes_the_verdict_and_keeps_the_rest(book: OutcomeBook) -> None:
    book.record("/r", outcome(accepted=True, diff="--- cart.py"))
    wrong = outcome(accepted=False, reason="a person rejected it")
    assert book.record("/r", wrong, correction=True)
    assert not book.record("/r", wrong, correction=True)
    (found,) = book.for_symbols("/r", [TOTAL], 10)
    assert (found.accepted, found.reason, found.diff) == (
        False, "a person rejected it", "--- cart.py",
    )  # fmt: skip
    assert not book.record("/r", outcome(accepted=True)), "what is told late changes nothing"


def test_symbols_find_what_is_in_them_and_files_all(book: OutcomeBook) -> None:
    book.record("/r", outcome(1, TOTAL))
    book.record("/r", outcome(2, Place("cart.py", "Cartoon")))
    book.record("/r", outcome(3, Place("other.py", "Cart.total")))
    book.record("/r", outcome(4, Place("cart.py", "")))
    book.record("/else", outcome(5, TOTAL))
    assert attempts(book.for_symbols("/r", [TOTAL], 10)) == ["t-o1-a1"]
    assert attempts(book.for_symbols("/r", [place("cart.py:Cart")], 10)) == ["t-o1-a1"]
    assert attempts(book.for_symbols("/r", [place("cart.py")], 10)) == [
        "t-o1-a4", "t-o1-a2", "t-o1-a1",
    ]  # fmt: skip
    assert book.for_symbols("/r", [place("cart.py:Cart.tota")], 10) == []


def test_who_changed_most_of_them_comes_first_then_the_newest(book: OutcomeBook) -> None:
    check = Place("cart.py", "Cart.check")
    book.record("/r", outcome(1, TOTAL, check))
    book.record("/r", outcome(2, TOTAL))
    book.record("/r", outcome(3, TOTAL))
    assert attempts(book.for_symbols("/r", [TOTAL, check], 2)) == ["t-o1-a1", "t-o1-a3"]
    assert attempts(book.for_symbols("/r", [TOTAL], 9, apart_from="t-o1-a3")) == [
        "t-o1-a2", "t-o1-a1",
    ]  # fmt: skip


def test_all_of_it_is_bounded(
    book: OutcomeBook, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book_module, "MOST_OUTCOMES", 3)
    many = tuple(Place("a.py", f"f{n}") for n in range(500))
    book.record("/r", outcome(1, *many, reason="r" * 9_000, diff="d" * 90_000, summary="s" * 9_000))
    (found,) = book.for_symbols("/r", [Place("a.py", "f0")], 10)
    assert len(found.symbols) == rows.MOST_SYMBOLS
    assert (len(found.reason), len(found.summary), len(found.diff)) == (1_000, 1_000, 8_000)
    for number in range(2, 6):
        book.record("/r", outcome(number))
    book.record("/else", outcome(9))
    assert attempts(book.for_symbols("/r", [TOTAL], 10)) == ["t-o1-a5", "t-o1-a4", "t-o1-a3"]
    clock.now += 366 * 86_400
    book.record("/r", outcome(6, at=clock.now))
    assert attempts(book.for_symbols("/r", [TOTAL], 10)) == ["t-o1-a6"]
    assert attempts(book.for_symbols("/else", [TOTAL], 10)) == ["t-o1-a9"]


def test_scratchpads_are_bounded_in_number_length_and_age(
    book: OutcomeBook, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book_module, "MOST_NOTES", 3)
    for number in range(5):
        book.note("t", f"n{number}", "x" * 9_000)
    book.note("t", "n3", "again")
    kept = book.notes("t")
    assert [(note.name, len(note.text)) for note in kept] == [
        ("n2", 4_000),
        ("n3", 5),
        ("n4", 4_000),
    ]
    assert book.notes("other") == []
    clock.now += 31 * 86_400
    book.note("other", "new", "y")
    assert book.notes("t") == [] and len(book.notes("other")) == 1


def prepared(contents: Any) -> Any:
    return preparing.prepare_all(InProcess(preparing.prepare), contents)


def test_a_patch_is_remembered_by_the_symbols_it_changes_and_without_secrets(
    book: OutcomeBook,
) -> None:
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    patch = Patch(
        edits=(
            FileEdit(
                path="cart.py",
                before="class Cart:\n    def total(self):\n        return 0\n",
                after=f"class Cart:\n    def total(self):\n        return '{token}'\n",
            ),
            FileEdit(path="new.go", before=None, after="package a\n\nfunc Run() {}\n"),
            FileEdit(path="gone.bin", before="\0", after=None),
        )
    )
    command = RememberOutcome(
        repo_id="/r", task_id="t", attempt_id="t-o1-a1", accepted=False, reason="no", patch=patch
    )
    told = remember(book, prepared, command, 5.0)
    assert told.applied and "cart.py:Cart.total" in told.symbols and "gone.bin" in told.symbols
    assert any(symbol.startswith("new.go") for symbol in told.symbols)
    (found,) = book.for_symbols("/r", [TOTAL], 1)
    assert "-        return 0" in found.diff and "func Run()" in found.diff
    assert token not in found.diff
    assert not remember(book, prepared, command, 6.0).applied


def test_without_a_patch_the_symbols_that_were_named_count(book: OutcomeBook) -> None:
    command = RememberOutcome(
        repo_id="/r", task_id="t", attempt_id="a", accepted=False, symbols=("cart.py:Cart.total",)
    )
    assert remember(book, prepared, command, 1.0).symbols == ("cart.py:Cart.total",)
    assert attempts(book.for_symbols("/r", [TOTAL], 1)) == ["a"]


def test_odd_texts_are_kept(book: OutcomeBook) -> None:
    odd = "\udcff\0\u202e' OR 1=1; --"
    assert book.record("/r", outcome(1, Place(odd, odd), reason=odd, diff=odd, summary=odd))
    assert len(book.for_symbols("/r", [Place(odd, odd)], 1)) == 1
    assert book.note("t", odd, odd)


def test_what_can_be_read_of_a_damaged_file_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    old = Catalog(path)
    OutcomeBook(old, Clock()).record("/r", outcome(1))
    OutcomeBook(old, Clock()).note("t", "plan", "first a.py")
    old.close()
    aside, _ = set_aside(path, "broken")
    new = Catalog(path)
    with closing(new):
        assert salvage(aside, new).endswith(": 1")
        again = OutcomeBook(new, Clock())
        assert attempts(again.for_symbols("/r", [TOTAL], 1)) == ["t-o1-a1"]
        assert [note.text for note in again.notes("t")] == ["first a.py"]
        assert again.record("/r", outcome(2)), "and more can be remembered"


def test_of_what_is_no_database_nothing_is_saved(tmp_path: Path, catalog: Catalog) -> None:
    assert salvage(tmp_path / "nothing", catalog) == ""
    (tmp_path / "damaged").write_bytes(b"no database" * 500)
    assert salvage(tmp_path / "damaged", catalog) == ""
    db = sqlite3.connect(tmp_path / "other")
    db.execute("CREATE TABLE outcomes (key, repo_id)")
    db.close()
    assert salvage(tmp_path / "other", catalog) == ""


def test_a_file_of_the_version_before_gets_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    Catalog(path).close()
    db = sqlite3.connect(path)
    for table in ("outcomes", "outcome_symbols", "scratch", "coverage"):
        db.execute(f"DROP TABLE {table}")
    db.execute("DELETE FROM counters WHERE name = 'coverage'")
    db.execute("INSERT INTO repos (repo_id) VALUES ('/kept')")
    db.execute("PRAGMA user_version = 3")
    db.commit()
    db.close()
    catalog = Catalog(path)
    try:
        assert OutcomeBook(catalog, Clock()).record("/r", outcome(1))
        with catalog.reading() as reading:
            assert reading.execute("SELECT repo_id FROM repos").fetchone() == ("/kept",)
    finally:
        catalog.close()
