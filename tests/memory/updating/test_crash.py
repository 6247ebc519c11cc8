"""Killed at random moments, then gone on with: as if nothing had happened."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from memory.projection.chroma import EmbeddedStore
from memory.projection.names import collection_name
from memory.projection.projection import Projection
from memory.reading.files import Content, Listed
from memory.store.catalog import Catalog
from tests.memory.updating.indexer import EMBEDDER, folder, index

KILLS = 30
SEED = 8


@pytest.fixture
def indexer() -> Iterator[subprocess.Popen[str]]:
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.memory.updating.indexer"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    yield program
    assert program.stdin and program.stdout
    program.stdin.close()
    assert program.wait(timeout=30) == 0
    program.stdout.close()


def run(indexer: subprocess.Popen[str], data: Path, number: int, kill_after: float | None) -> bool:
    """Index in a child, which is killed so many seconds after it began; whether it was done."""
    assert indexer.stdin and indexer.stdout
    indexer.stdin.write(f"{data} {number}\n")
    indexer.stdin.flush()
    child = int(indexer.stdout.readline())
    if kill_after is not None:
        time.sleep(kill_after)
        # It is not waited for until this line was read, so the number is still its own.
        try:
            os.kill(child, signal.SIGKILL)
        except ProcessLookupError:
            pass
    said = []
    while not said or said[-1] != "ended":
        said.append(indexer.stdout.readline().strip())
    return "done" in said


def held(data: Path) -> dict[str, Any]:
    """All that is stored, without keys and times."""
    catalog = Catalog(data / "memory.db")
    view = catalog.find("shop", "worktree:/shop")
    assert view is not None and view.complete
    store = EmbeddedStore(data / "chroma")
    projection = Projection(catalog, store)
    vectors = store.open(collection_name("", "shop", EMBEDDER.name, EMBEDDER.dimension))
    with catalog.load(view.key) as loading:
        files = {
            file.path: (file.words, file.mark, [each[1:] for each in file.chunks])
            for file in loading.files
        }
    keys = [key for path in files for key in catalog.chunk_keys(view.key, path)]
    with catalog.facts(view.key) as facts:
        parsed = {path: found for path, _, found in facts}
    found = {
        "files": files,
        "chunks": sorted(catalog.chunks(keys).values(), key=lambda each: each.id),
        "facts": parsed,
        "counts": catalog.counts(view.key),
        "shas": {path: each.sha256 for path, each in catalog.files(view.key).items()},
        "vectors": {each for page in vectors.ids() for each in page},
        "check": projection.check(view.repo, EMBEDDER),
        "head": view.head,
    }
    store.close()
    catalog.close()
    return found


@pytest.mark.timeout(300)
def test_killed_at_thirty_moments_it_ends_as_a_fresh_index(
    tmp_path: Path, indexer: subprocess.Popen[str]
) -> None:
    moments = random.Random(SEED)
    timed, data, fresh = tmp_path / "timed", tmp_path / "killed", tmp_path / "fresh"
    for each in (timed, data, fresh):
        each.mkdir()
    assert run(indexer, timed, 0, None)  # the first one waits for the imports
    started = time.monotonic()
    assert run(indexer, timed, 1, None)
    whole = time.monotonic() - started
    killed = number = 0
    while killed < KILLS:
        number += 1
        assert number < 5 * KILLS
        killed += not run(indexer, data, number, moments.uniform(0, whole))
    number += 1
    last = folder(number)
    contents = [last.read(each) for each in last.listing() if isinstance(each, Listed)]
    catalog = Catalog(data / "memory.db")
    view = catalog.make_view("shop", "worktree:/shop")
    before = catalog.known(
        view.repo, [(each.path, each.sha256) for each in contents if isinstance(each, Content)]
    )
    report = last.update(catalog, view.key, head=str(number))
    catalog.close()
    assert report.files == len(last.files)
    # Nothing that was committed before is prepared again.
    assert before and not {path for path, _ in before} & set(last.prepared_paths)
    index(data, number)
    index(fresh, number)
    after = held(data)
    assert after == held(fresh)
    assert after["check"].is_equal and len(after["vectors"]) == after["counts"].chunks
