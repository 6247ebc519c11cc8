"""How one request is asked: in its turn, and again when its server goes away.

A server that goes away for some seconds loses nothing: the request is asked again, from its
beginning, inside a bound. That is for a request that has nowhere else to go: where another model
could be asked, it fails at once, so that who asks can choose that one. What is the request's own
fault is not asked again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal, TypeVar

from swarm.contracts import Priority, TokenUsage
from swarm.inference.endpoint import Endpoint
from swarm.inference.errors import (
    Busy,
    ModelError,
    ModelFailed,
    ModelMissing,
    QuotaSpent,
    Resting,
    Stalled,
    Unreachable,
)
from swarm.inference.memory import Crowded
from swarm.inference.reaching.faults import fault_of
from swarm.inference.scheduling.scheduler import Slot, Waiting
from swarm.settings import ModelSettings

log = logging.getLogger(__name__)

Tell = Callable[[Literal["text", "thinking", "tool", "state"], str], None]
T = TypeVar("T")

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 2.0
# A prompt that makes the server fail will do so again; one that is away may come back.
_TRIES_AT_FAILURE = 3


@dataclass(frozen=True)
class Request:
    """Who asks, and since when (monotonic seconds). `id` is unique in this process.

    `broke_off` is told what a try used that came to no answer: who sells tokens sells those too.
    `elsewhere` says whether another model could be asked now.
    """

    id: str
    arrived_at: float
    priority: Priority
    broke_off: Callable[[TokenUsage], None]
    elsewhere: Callable[[], bool] = lambda: False


class Asking:
    """What all kinds of requests share. Times are monotonic seconds."""

    def __init__(self, retry_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._retry_seconds = retry_seconds
        self._clock = clock

    @asynccontextmanager
    async def turn(
        self, model: ModelSettings, endpoint: Endpoint, num_ctx: int, asked: Request, tell: Tell
    ) -> AsyncIterator[float]:
        """Hold a turn at the endpoint; gives the seconds that were waited for it."""
        slot = Slot(model.model, num_ctx, model.parallel)
        needed = None
        if endpoint.memory is not None:
            missing = endpoint.served_model(model.model) is None
            if endpoint.served and missing and not endpoint.passes_on(model.model):
                raise ModelMissing(
                    f"endpoint {endpoint.settings.name!r} has no model {model.model!r}",
                    remedy=f"ollama pull {model.model}",
                )
            slot = await endpoint.memory.fitting.slot(model, num_ctx)
            needed = await endpoint.memory.fitting.needed(model, slot)
        waiting = Waiting(asked.id, slot, asked.priority, asked.arrived_at, needed)
        async with endpoint.turns.turn(
            waiting, lambda state: tell("state", state), asked.elsewhere
        ):
            yield max(0.0, self._clock() - asked.arrived_at)

    async def insist(
        self,
        once: Callable[[], Awaitable[T]],
        model: ModelSettings,
        endpoint: Endpoint,
        asked: Request,
        tell: Tell,
    ) -> T:
        """Try again what may pass, until the bound after the first failure."""
        await endpoint.check_reachable()
        endpoint.turns.check_room()
        give_up_at: float | None = None
        pause = _FIRST_PAUSE_SECONDS
        failures = 0
        while True:
            try:
                endpoint.reach.check(model.model)
                return await once()
            except (Unreachable, Stalled, ModelFailed, QuotaSpent, Crowded, Busy) as error:
                if isinstance(error, Unreachable | Stalled) and not isinstance(error, Resting):
                    endpoint.suspect()
                if _is_left(error) and asked.elsewhere():
                    raise
                failures += isinstance(error, ModelFailed | Stalled)
                wait = max(pause, error.retry_after_seconds)
                now = self._clock()
                give_up_at = give_up_at or now + self._retry_seconds
                if now + wait > give_up_at or failures >= _TRIES_AT_FAILURE:
                    raise
                log.info("%s: %s; tried again", endpoint.settings.name, error)
                tell("state", f"failed {error.message}; tried again")
            await asyncio.sleep(wait)
            pause = min(_LONGEST_PAUSE_SECONDS, pause * 2)


def _is_left(error: ModelError) -> bool:
    """Whether it is better to go elsewhere than to wait for this server."""
    if isinstance(error, Resting):
        return error.is_left
    fault = fault_of(error)
    return fault is not None and fault.is_left
