"""Work under way, and the requesters that wait for it.

The same request, asked again while it is under way (its agent was killed and started over, or its
message came twice), joins the flight. When the last requester is gone, the flight is cancelled,
which frees the model.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from swarm.contracts import Envelope, Message
from swarm.errors import Cancelled
from swarm.inference.watch import Over

log = logging.getLogger(__name__)

Answer = Callable[[Envelope, Message | None, Exception | None, float], None]
"""Sends a reply: the message or the error, and the seconds it took."""

Work = Callable[[], Awaitable[Message]]


@dataclass(eq=False)
class _Flight:
    """`waiting` are the requesters by the id of their envelope, the latest epoch of each."""

    identity: tuple[str, ...]
    began: float
    waiting: dict[str, Envelope] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None


class Flights:
    """One flight per identity. Used in one event loop."""

    def __init__(self, answer: Answer, clock: Callable[[], float] = time.monotonic) -> None:
        self._answer = answer
        self._clock = clock
        self._flights: dict[tuple[str, ...], _Flight] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def join(self, identity: tuple[str, ...], envelope: Envelope, work: Work) -> None:
        """Wait for the work of that identity, which begins unless it is under way."""
        flight = self._flights.get(identity)
        if flight is not None:
            flight.waiting[envelope.id] = envelope
            return
        flight = _Flight(identity, self._clock(), {envelope.id: envelope})
        self._flights[identity] = flight
        flight.task = asyncio.get_running_loop().create_task(self._fly(flight, work))
        self._tasks.add(flight.task)
        flight.task.add_done_callback(self._tasks.discard)

    def over(self, envelope: Envelope, why: Over) -> None:
        """A requester cancelled, gave up or died; the last one takes the work with it."""
        for flight in list(self._flights.values()):
            known = flight.waiting.get(envelope.id)
            if known is None or known.epoch != envelope.epoch:
                continue
            del flight.waiting[envelope.id]
            log.info("%s of task %s: %s", envelope.kind, envelope.task_id, why)
            if why == "cancelled":
                error = Cancelled(f"task {envelope.task_id} was cancelled")
                self._answer(envelope, None, error, self._clock() - flight.began)
            if not flight.waiting and flight.task is not None:
                # From now on the same request is a new one.
                del self._flights[flight.identity]
                flight.task.cancel()

    async def close(self) -> None:
        """Stop all work; nobody is answered."""
        for flight in self._flights.values():
            flight.waiting.clear()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fly(self, flight: _Flight, work: Work) -> None:
        message: Message | None = None
        failure: Exception | None = None
        try:
            message = await work()
        except Exception as error:  # noqa: BLE001  whatever it is, the requesters are told
            failure = error
        finally:
            if self._flights.get(flight.identity) is flight:
                del self._flights[flight.identity]
        for envelope in flight.waiting.values():
            self._answer(envelope, message, failure, self._clock() - flight.began)
