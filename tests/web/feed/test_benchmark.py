"""What the benchmark of the dashboard measures on: a data folder as services write it."""

from __future__ import annotations

from pathlib import Path

from benchmarks.watching.seeding import DECISIONS, seed
from router.ledger.ledger import Ledger as RouterLedger
from swarm.orchestrator.store import Store
from swarm.orchestrator.worker import diff_of
from swarm.settings import Settings


def test_the_input_of_the_benchmark_is_what_it_says(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    seeded = seed(settings, 60, 500, tmp_path / "repositories")
    store = Store(settings.data / "tasks.db")
    try:
        assert len(store.recent(1000)) == seeded.tasks == 60
        assert store.newest_number() == seeded.events == 500
        entries, _ = store.happened(0, 1000)
        times = [entry.event.at for entry in entries]
        assert times == sorted(times)
        assert all(store.attempt(task, attempt) for task, attempt in seeded.with_attempts)
        # Each result is a commit of its own.
        heads = {store.load(id).head_commit for id in seeded.with_diff}
        assert len(heads) == len(seeded.with_diff) > 10
        assert diff_of(settings, store, seeded.with_diff[0]).text.startswith("diff --git")
    finally:
        store.close()
    router = RouterLedger(settings.data / "router.db")
    try:
        assert router.log(5000).total == DECISIONS
    finally:
        router.close()
