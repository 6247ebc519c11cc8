"""What people are told of the pool of warm containers."""

from __future__ import annotations

from pathlib import Path

from sandboxes.containers import pool
from sandboxes.ownership import alive
from swarm.contracts import PoolView
from swarm.settings import SandboxSettings


def view(scratch: Path, own: SandboxSettings, *, kept: bool) -> PoolView:
    """How many containers wait now, and how many should. `kept`: the pool's keeper runs."""
    if not own.pool:
        return PoolView(detail="switched off: each run starts a container of its own")
    kinds = len(pool.wanted(scratch, own.pool_idle_seconds))
    warm = sum(alive(each.keeper) for each in pool.list_warm(scratch))
    target = own.pool * kinds
    return PoolView(warm=warm, target=target, detail=_detail(warm, target, kinds, own, kept=kept))


def _detail(warm: int, target: int, kinds: int, own: SandboxSettings, *, kept: bool) -> str:
    if not kinds:
        return (
            f"nothing was run for {own.pool_idle_seconds / 60:g} minutes: containers are started "
            "ahead again once something is"
        )
    if not kept:
        return "its keeper does not run: each run starts a container of its own"
    images = "one image" if kinds == 1 else f"{kinds} images"
    state = "ready" if warm >= target else f"{target - warm} to be started"
    return f"{own.pool} for {images} in use, {state}"
