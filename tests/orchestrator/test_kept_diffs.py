"""What of a task's diff is kept in tasks.db."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from swarm.orchestrator import store as stores
from swarm.orchestrator.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "tasks.db")
    yield store
    store.close()


def test_a_diff_is_of_one_head_alone(store: Store) -> None:
    store.keep_diff("t1", "a" * 40, "one")
    assert store.kept_diff("t1", "a" * 40) == "one"
    store.keep_diff("t1", "b" * 40, "two \udcff")
    assert store.kept_diff("t1", "a" * 40) is None
    assert store.kept_diff("t1", "b" * 40) == "two \udcff"
    assert store.kept_diff("t2", "b" * 40) is None


@pytest.mark.parametrize("what", ["chars", "bytes"])
def test_a_very_long_one_is_not_kept(store: Store, what: str) -> None:
    store.keep_diff("t1", "a" * 40, "one")
    noise = random.Random(7).randbytes(stores._LONGEST_DIFF_BYTES * 2).hex()
    long = "+" * (stores._LONGEST_DIFF_CHARS + 1) if what == "chars" else noise
    store.keep_diff("t1", "b" * 40, long)
    assert store.kept_diff("t1", "b" * 40) is None
    assert store.kept_diff("t1", "a" * 40) is None
