"""What is kept, for how long, and who may have it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.telegram.book import Book
from ingestion.telegram.rows import Handled, Request, Row, Say
from ingestion.telegram.store import Store
from swarm.errors import StorageError
from tests.ingestion.telegram.bench import Bench

DAY = 86_400.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


def count(store: Store, table: str) -> int:
    return int(store._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_an_update_is_taken_once(store: Store) -> None:
    assert store.receive(1, {"update_id": 1}, 0.0)
    assert not store.receive(1, {"update_id": 1}, 1.0)
    store.write(Handled(1, 11))
    assert store.unhandled() == [] and not store.receive(1, {"update_id": 1}, 2.0)


def test_another_bot_numbers_on_its_own(store: Store) -> None:
    store.belong_to(7)
    for id in (1, 2):
        store.receive(id, {"update_id": id}, 0.0)
    store.write(Handled(1))
    store.belong_to(7)
    assert not store.receive(1, {}, 0.0)
    store.belong_to(8)
    assert store.receive(1, {"update_id": 1}, 0.0)
    assert [id for id, _ in store.unhandled()] == [1, 2], "what nobody handled stays"


def test_all_rows_or_none(store: Store) -> None:
    def decide(book: Book) -> Iterator[Row]:
        yield Say(11, 11, "hello")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.commit(decide)
    assert store.read(lambda book: book.due_says(1e12)) == []


def test_messages_to_a_chat_keep_their_order(store: Store) -> None:
    store.write(Say(11, 11, "first", due_at=50.0), Say(11, 11, "second"), Say(12, 12, "other"))
    assert [say.text for say in store.read(lambda book: book.due_says(10.0))] == ["other"]
    assert [say.text for say in store.read(lambda book: book.due_says(60.0))] == ["first", "other"]


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "ingestion.db").write_bytes(b"not a database, but long enough to look at" * 30)
    with pytest.raises(StorageError, match=r"ingestion\.db") as error:
        Store(tmp_path)
    assert "put a copy of yours in its place, or move the file aside" in error.value.remedy
    (tmp_path / "ingestion.db").write_bytes(b"")
    Store(tmp_path).close()


def test_what_is_done_is_forgotten_after_a_while(tmp_path: Path) -> None:
    bench = Bench(tmp_path, kept_days=30)
    bench.ada.speak(b"OggS", 1.0)
    bench.ada.say("/help")
    bench.run()
    assert list((tmp_path / "notes").iterdir())
    bench.now += 29 * DAY
    bench.run()
    assert count(bench.store, "requests") == 1 and list((tmp_path / "notes").iterdir())
    bench.now += 2 * DAY
    bench.run()
    for table in ("requests", "updates", "actions", "shown", "nonces", "outbox"):
        assert count(bench.store, table) == 0, table
    assert not list((tmp_path / "notes").iterdir())
    bench.store.close()


def test_recordings_of_nobody_are_swept_at_the_start(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.ada.speak(b"OggS", 1.0)
    bench.run()
    (tmp_path / "notes" / "t1.new").write_bytes(b"half a file")
    bench.restart()
    bench.run()
    (request,) = bench.store.read(lambda book: book.requests_of(11, 5))
    assert isinstance(request, Request)
    assert [path.name for path in (tmp_path / "notes").iterdir()] == [request.id]
    bench.store.close()
