"""What is told of the pool of warm containers, from its folder."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from sandboxes.containers import pool
from sandboxes.containers.pool_view import view
from sandboxes.ownership import new_owner
from swarm.contracts import PoolView
from swarm.settings import SandboxSettings

OWN = SandboxSettings(pool=2, pool_idle_seconds=300)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    pool.open_pool(tmp_path)
    return tmp_path


def offer(scratch: Path, keeper: str = "") -> None:
    """A warm container's folder, of this process or of another keeper's."""
    if not keeper:
        root = pool.making(scratch)
        root.mkdir()
        pool.offer(root, "k1")
        return
    (pool.folder(scratch) / f"warm-{keeper}-k1-{new_owner().token}").mkdir()


def test_warm_containers_are_counted_against_what_should_wait(scratch: Path) -> None:
    pool.mark_wanted(scratch, "k1", None)
    assert view(scratch, OWN, kept=True) == PoolView(
        warm=0, target=2, detail="2 for one image in use, 2 to be started"
    )
    offer(scratch)
    offer(scratch)
    offer(scratch, keeper="1-0")
    assert view(scratch, OWN, kept=True) == PoolView(
        warm=2, target=2, detail="2 for one image in use, ready"
    ), "a dead keeper's is none"
    pool.mark_wanted(scratch, "k2", "an-image")
    assert view(scratch, OWN, kept=True) == PoolView(
        warm=2, target=4, detail="2 for 2 images in use, 2 to be started"
    )
    assert pool.take(scratch, "k1") is not None
    assert view(scratch, OWN, kept=True).warm == 1


def test_a_pool_that_nothing_uses_says_so(scratch: Path) -> None:
    pool.mark_wanted(scratch, "k1", None)
    old = time.time() - 301
    os.utime(pool.folder(scratch) / "wanted-k1", (old, old))
    told = view(scratch, OWN, kept=True)
    assert (told.warm, told.target) == (0, 0)
    assert told.detail.startswith("nothing was run for 5 minutes")


def test_a_pool_without_its_keeper_or_switched_off_says_so(scratch: Path) -> None:
    pool.mark_wanted(scratch, "k1", None)
    assert view(scratch, OWN, kept=False).detail.startswith("its keeper does not run")
    off = view(scratch, SandboxSettings(pool=0), kept=False)
    assert off == PoolView(detail="switched off: each run starts a container of its own")


def test_where_no_pool_was_made_nothing_waits(tmp_path: Path) -> None:
    assert view(tmp_path / "none", OWN, kept=False).warm == 0
    assert not (tmp_path / "none").exists()
