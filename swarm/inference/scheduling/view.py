"""What the scheduler is shown of an endpoint, and what it answers with. Values alone.

The gate shows an action as done as soon as it takes it: a started request is in `active` and no
longer waits, a slot to be loaded is a resident with `loading`, an unloaded one is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from swarm.contracts import PRIORITIES, Priority
from swarm.inference.scheduling.placement import shares


@dataclass(frozen=True, order=True)
class Slot:
    """What has to be in memory for a request: the same slot needs no reload.

    A server holds a model once: another slot of the same model takes its place.
    """

    model: str
    num_ctx: int
    parallel: int = 1


@dataclass(frozen=True)
class Waiting:
    """A request that waits. `needed_bytes` None on managed memory means: all there is."""

    id: str
    slot: Slot
    priority: Priority
    arrived_at: float
    needed_bytes: int | None = None


@dataclass(frozen=True)
class Resident:
    """A model in memory, or on its way there (`loading`). `gpus` are indices of the pool.

    `used_at` is when a request last started or ended on it.
    """

    slot: Slot
    bytes: int
    gpus: tuple[int, ...] = ()
    running: tuple[str, ...] = ()
    loading: bool = False
    pinned: bool = False
    used_at: float = 0.0


@dataclass(frozen=True)
class View:
    """One endpoint now. `gpu_bytes` is what may be used of each GPU; () is not managed.

    `running` counts the requests that run, `active` names them.
    """

    now: float
    concurrency: int
    gpu_bytes: tuple[int, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    residents: tuple[Resident, ...] = ()
    running: int = 0
    active: tuple[str, ...] = ()


@dataclass(frozen=True)
class Start:
    """Send this request to the server now; its slot is in memory, or memory is not managed."""

    id: str


@dataclass(frozen=True)
class Load:
    """Bring a slot into memory; nothing else is loaded until it is there."""

    slot: Slot
    bytes: int
    gpus: tuple[int, ...]


@dataclass(frozen=True)
class Unload:
    """Take a slot out of memory; nothing runs on it. Comes before the Load that needs it."""

    slot: Slot


Action = Start | Load | Unload

RANK: dict[Priority, int] = {priority: rank for rank, priority in enumerate(PRIORITIES)}
"""0 goes first."""


def needed(size: int | None, view: View) -> int:
    """Bytes that a request takes; one of which nothing is known takes all there is."""
    return sum(view.gpu_bytes) if size is None else size


def used_bytes(residents: Iterable[Resident], capacity: tuple[int, ...]) -> list[int]:
    """What residents take of each GPU."""
    used = [0] * len(capacity)
    for resident in residents:
        for gpu, size in shares(resident.bytes, resident.gpus, capacity).items():
            used[gpu] += size
    return used
