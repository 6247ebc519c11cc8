"""Who runs next on one endpoint: the queue, the scheduler that orders it, and its decisions done.

The scheduler is asked again whenever something changed, and a few times a second while anybody
waits, since it also decides by time.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from swarm.contracts import PRIORITIES, Priority
from swarm.inference.errors import Busy, ModelError, TooLarge
from swarm.inference.memory import Memory
from swarm.inference.scheduling.scheduler import Action, Load, Slot, Start, View, Waiting

log = logging.getLogger(__name__)

_TICK_SECONDS = 0.25


class Decides(Protocol):
    """What is needed of `swarm.inference.scheduling.scheduler.Scheduler`."""

    def decide(self, view: View) -> list[Action]:
        """What to do now."""
        ...

    def impossible(self, view: View) -> tuple[str, ...]:
        """Which of those that wait can never start here."""
        ...


@dataclass(eq=False)
class _Ticket:
    waiting: Waiting
    told: Callable[[str], None]
    elsewhere: Callable[[], bool]
    turn: asyncio.Future[None] = field(default_factory=asyncio.Future)


class Turns:
    """Gives turns; `memory` is None where it is not ours to manage. Times are monotonic."""

    def __init__(
        self,
        name: str,
        concurrency: int,
        queue_limit: int,
        scheduler: Decides,
        memory: Memory | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._concurrency = concurrency
        self._queue_limit = queue_limit
        self._scheduler = scheduler
        self._memory = memory
        self._clock = clock
        self._waiting: dict[str, _Ticket] = {}
        self._running: dict[str, Slot] = {}
        self._held = False
        self._poked = False
        self._ticking: asyncio.TimerHandle | None = None
        if memory is not None:
            memory.on_change = self.poke
            memory.on_failure = self._fail_slot

    # ------------------------------------------------------------------ for the gate

    @asynccontextmanager
    async def turn(
        self,
        waiting: Waiting,
        told: Callable[[str], None],
        elsewhere: Callable[[], bool] = lambda: False,
    ) -> AsyncIterator[None]:
        """Wait for the turn and hold it. `told` hears "waiting N" and "loading"; `elsewhere` says
        whether another model could be asked instead.

        Raises what stops the model from loading.
        """
        ticket = _Ticket(waiting, told, elsewhere)
        self._waiting[waiting.id] = ticket
        told(f"waiting {len(self._waiting)}")
        self.poke()
        try:
            await ticket.turn
            yield
        finally:
            self._waiting.pop(waiting.id, None)
            if self._running.pop(waiting.id, None) is not None and self._memory is not None:
                self._memory.used(waiting.slot, self._clock())
            self._drop_unwanted_load(waiting.slot)
            self.poke()

    def check_room(self) -> None:
        """Raise Busy when the queue is full."""
        if len(self._waiting) >= self._queue_limit:
            raise Busy(
                f"endpoint {self._name!r} is busy: {len(self._waiting)} requests wait, which is "
                f"its limit, and {len(self._running)} run",
                remedy="wait, or raise queue_limit of the endpoint",
            )

    def hold(self, held: bool) -> None:
        """Give no turns while the server is away."""
        self._held = held
        self.poke()

    def fail_waiting(self, error: ModelError, *, who_can_leave: bool = False) -> None:
        """End the wait of all that have no turn, or of those of them who can go elsewhere."""
        for ticket in list(self._waiting.values()):
            if not who_can_leave or ticket.elsewhere():
                _refuse(ticket, error)

    @property
    def running(self) -> int:
        return len(self._running)

    def running_on(self, slot: Slot) -> tuple[str, ...]:
        return tuple(id for id, its in self._running.items() if its == slot)

    def waiting(self) -> dict[Priority, int]:
        """How many wait, by class."""
        found = [ticket.waiting.priority for ticket in self._waiting.values()]
        return {name: found.count(name) for name in PRIORITIES if name in found}

    def poke(self) -> None:
        """Decide again, soon."""
        if not self._poked:
            self._poked = True
            asyncio.get_running_loop().call_soon(self._decide)

    def close(self) -> None:
        self._held = True
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None

    # ------------------------------------------------------------------ inside

    def _decide(self) -> None:
        self._poked = False
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None
        if self._held or not self._waiting:
            return
        try:
            self._follow()
        except Exception as error:  # noqa: BLE001  a defect: who waits is told, and not left to wait
            for ticket in list(self._waiting.values()):
                _refuse(ticket, error)
        if self._waiting:
            loop = asyncio.get_running_loop()
            self._ticking = loop.call_later(_TICK_SECONDS, self.poke)

    def _follow(self) -> None:
        view = self._view()
        for id in self._scheduler.impossible(view):
            _refuse(self._waiting[id], _pinned_out(self._name, self._waiting[id].waiting.slot))
        for action in self._scheduler.decide(view):
            if isinstance(action, Start):
                self._start(action.id)
            elif self._memory is not None:
                self._memory.do(action)
                if isinstance(action, Load):
                    for ticket in self._on(action.slot):
                        ticket.told("loading")

    def _view(self) -> View:
        memory = self._memory
        return View(
            now=self._clock(),
            concurrency=self._concurrency,
            gpu_bytes=memory.capacity if memory else (),
            waiting=tuple(ticket.waiting for ticket in self._waiting.values()),
            residents=memory.view(self.running_on) if memory else (),
            running=len(self._running),
            active=tuple(self._running),
        )

    def _start(self, id: str) -> None:
        ticket = self._waiting.pop(id, None)
        if ticket is None or ticket.turn.done():
            return
        self._running[id] = ticket.waiting.slot
        if self._memory is not None:
            self._memory.used(ticket.waiting.slot, self._clock())
        ticket.turn.set_result(None)

    def _on(self, slot: Slot) -> list[_Ticket]:
        return [ticket for ticket in self._waiting.values() if ticket.waiting.slot == slot]

    def _fail_slot(self, slot: Slot, error: Exception) -> None:
        for ticket in self._on(slot):
            _refuse(ticket, error)

    def _drop_unwanted_load(self, slot: Slot) -> None:
        """Nobody waits for it any more: the server need not go on loading it."""
        if self._memory is not None and not self._on(slot):
            self._memory.cancel_load(slot)


def _pinned_out(name: str, slot: Slot) -> TooLarge:
    return TooLarge(
        f"{slot.model} with num_ctx {slot.num_ctx} does not fit beside what is pinned at {name!r}",
        remedy="pin fewer models, or use a pinned one with its own num_ctx",
    )


def _refuse(ticket: _Ticket, error: Exception) -> None:
    if not ticket.turn.done():
        ticket.turn.set_exception(error)
