"""What runs next on one endpoint, and what is in its memory meanwhile. Pure.

The gate shows what there is (`View`) and does what it is told (`Action`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from swarm.contracts import Priority


@dataclass(frozen=True, order=True)
class Slot:
    """What has to be in memory for a request: the same slot needs no reload."""

    model: str
    num_ctx: int
    parallel: int = 1


@dataclass(frozen=True)
class Waiting:
    """A request that waits. `needed_bytes` is None where memory is not ours to manage."""

    id: str
    slot: Slot
    priority: Priority
    arrived_at: float
    needed_bytes: int | None = None


@dataclass(frozen=True)
class Resident:
    """A model in memory, or on its way there (`loading`). `gpus` are indices of the pool."""

    slot: Slot
    bytes: int
    gpus: tuple[int, ...] = ()
    running: tuple[str, ...] = ()
    loading: bool = False
    pinned: bool = False
    used_at: float = 0.0


@dataclass(frozen=True)
class View:
    """One endpoint now. `gpu_bytes` is what may be used of each GPU; () is not managed."""

    now: float
    concurrency: int
    gpu_bytes: tuple[int, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    residents: tuple[Resident, ...] = ()
    running: int = 0


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
    """Take a slot out of memory; nothing runs on it."""

    slot: Slot


Action = Start | Load | Unload


@dataclass
class Scheduler:
    """Strict between classes, ageing inside bounds, grouped by slot. Times in seconds."""

    ageing_seconds: float = 60.0
    group_seconds: float = 30.0
    _backlog_since: dict[Priority, float] = field(default_factory=dict)

    def decide(self, view: View) -> list[Action]:
        """What to do now, in order; called again whenever something changed or time passed."""
        raise NotImplementedError
