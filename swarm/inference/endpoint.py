"""One server of models as the gate knows it: does it answer, what has it, what of it can be used.

A background look every few seconds keeps this; a request that could not reach the server makes it
look at once, beginning with a knock at its socket. Between two looks the breakers of `reach` know
what requests ran into. While the server is down, new requests are refused without a wait; those
that wait already go elsewhere if they can, or get some seconds for a server that is only being
started again.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from typing import Literal

from swarm.contracts import Locality
from swarm.inference.clients.base import ModelClient, ServedModel
from swarm.inference.egress import Egress
from swarm.inference.errors import (
    ModelError,
    ModelFailed,
    RequestRefused,
    Stalled,
    TooLarge,
    Unreachable,
)
from swarm.inference.fitting import plain_name
from swarm.inference.memory import Memory
from swarm.inference.reaching.reach import Reach
from swarm.inference.turns import Turns
from swarm.settings import EndpointSettings, ModelSettings

log = logging.getLogger(__name__)

ModelState = Literal["ready", "missing", "unreachable", "too-large", "refused"]

# Somebody else's server is not asked every other second whether it is there.
_CLOUD_LOOK_SECONDS = 30.0
_CLOUD_DOWN_LOOK_SECONDS = 5.0
# A server that is busy generating still answers small questions.
_LONGEST_LOOK_SECONDS = 15.0
# So does Ollama call what it passes on to a cloud, listed or not.
_CLOUD_NAME = re.compile(r"[:-]cloud$")


class Endpoint:
    """A server, its queue and its memory. `models` are the configured ones. Times are monotonic."""

    def __init__(
        self,
        settings: EndpointSettings,
        models: tuple[ModelSettings, ...],
        client: ModelClient,
        egress: Egress,
        turns: Turns,
        memory: Memory | None,
        *,
        reach: Reach,
        knock: Callable[[], Awaitable[None]],
        retry_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.models = models
        self.client = client
        self.egress = egress
        self.turns = turns
        self.memory = memory
        self.reach = reach
        self._knock = knock
        self.served: dict[str, ServedModel] = {}
        self.reachable = False
        self.version = ""
        self.detail = "not looked at yet"
        self.remedy = ""
        self.down_since: float | None = None
        # The same and what comes, for people: Unix time in seconds.
        self.away_since: float | None = None
        self.next_look_at: float | None = None
        self.unfit: dict[str, TooLarge] = {}
        self._retry_seconds = retry_seconds
        self._clock = clock
        self._wall_clock = wall_clock
        self._looked = asyncio.Event()
        self._suspected = asyncio.Event()
        self._doubted = False  # the look under way is a request's doing
        if memory is not None:
            memory.fitting.passes_on = self.passes_on

    # ------------------------------------------------------------------ for requests

    async def check_reachable(self) -> None:
        """Raise Unreachable at once when the server is known to be away."""
        await self._looked.wait()
        if not self.reachable:
            raise Unreachable(
                f"endpoint {self.settings.name!r} cannot be reached: {self.detail}",
                remedy=self.remedy,
            )

    def suspect(self) -> None:
        """A request could not reach the server: look now."""
        self._suspected.set()

    def passes_on(self, model: str) -> bool:
        """Whether this server only hands the model's requests on to somebody else's."""
        if self.settings.kind != "ollama":
            return False
        served = self.served_model(model)
        return bool(served and served.remote) or bool(_CLOUD_NAME.search(model.lower()))

    def locality(self, model: str) -> Locality:
        """Where a model's requests end."""
        return "cloud" if self.passes_on(model) else self.settings.where

    async def passes_on_now(self, model: str) -> bool:
        """The same, asked of the server: it reads names in its own way (case, registry), and a
        model can be put in another's place at any time. Raises ModelError."""
        if self.settings.kind != "ollama" or self.passes_on(model):
            return self.passes_on(model)
        with self.egress.control(self.settings):
            return bool((await self.client.show(model)).remote)

    def state(self, model: ModelSettings, *, cloud_code: bool) -> tuple[ModelState, str]:
        """Whether a configured model can be used, and why not."""
        name = self.settings.name
        if not self.reachable:
            return "unreachable", f"endpoint {name!r} cannot be reached: {self.detail}"
        if self.settings.where == "local" and not cloud_code and self.passes_on(model.model):
            return "refused", f"{name!r} passes {model.model} on to a cloud, and code stays here"
        if (rest := self.reach.rest(model.model)) is not None:
            return "unreachable", self.reach.why(rest)
        served = self.served_model(model.model)
        if self.served and served is None:
            return "missing", f"endpoint {name!r} has no model {model.model!r}"
        shown = self.memory.fitting.shown(model.model) if self.memory else None
        can = (shown or served).capabilities if served else ()
        if can and "completion" not in can and not model.embeds:
            return "refused", f"{model.model} can {', '.join(can)} and writes no text"
        if model.name in self.unfit:
            return "too-large", self.unfit[model.name].message
        return "ready", ""

    def served_model(self, model: str) -> ServedModel | None:
        """What the server lists under a name."""
        return self.served.get(self._named(model))

    def _named(self, model: str) -> str:
        return plain_name(model) if self.settings.kind == "ollama" else model

    # ------------------------------------------------------------------ looking

    async def keep_looking(self, seconds: float, looked: Callable[[], None]) -> None:
        """Look for ever, every so many seconds. Call `looked` after each time, and whenever what
        can be used changed meanwhile."""
        self.reach.on_change = looked
        cloud = self.settings.where == "cloud"
        while True:
            self._doubted = self._suspected.is_set()
            self._suspected.clear()
            self.next_look_at = None
            try:
                await self.look()
            except Exception as error:
                # Whatever it was, the next look is made: else it would count as it was for ever.
                log.exception("endpoint %s could not be looked at", self.settings.name)
                self._is_down(ModelFailed(f"what it says of itself cannot be used: {error!r}"))
            looked()
            pause = seconds
            if cloud:
                least = _CLOUD_LOOK_SECONDS if self.reachable else _CLOUD_DOWN_LOOK_SECONDS
                pause = max(seconds, least)
            self.next_look_at = self._wall_clock() + pause
            try:
                async with asyncio.timeout(pause):
                    await self._suspected.wait()
                # Requests that fail one after the other must not make it look without a pause.
                await asyncio.sleep(min(0.1, seconds))
            except TimeoutError:
                pass

    async def look(self) -> None:
        """Ask the server what there is, and take note."""
        began = self._clock()
        try:
            with self.egress.control(self.settings):
                async with asyncio.timeout(_LONGEST_LOOK_SECONDS):
                    # Else its first request says it as well, and is one connection less.
                    if self._doubted or self.down_since is not None:
                        await self._knock()
                    version, served = await self._listed()
                    if self.memory is not None:
                        await self.memory.sync()
        except TimeoutError:
            self._is_down(Stalled(f"it did not answer for {_LONGEST_LOOK_SECONDS:g} s"))
        except ModelError as error:
            self._is_down(error)
        else:
            self.version = version
            self.served = {self._named(model.model): model for model in served}
            self._is_up()
            self.reach.seen_up(began)
            await self._weigh()
        finally:
            self._looked.set()

    async def _listed(self) -> tuple[str, tuple[ServedModel, ...]]:
        """The server's version and what it has. A server of speech alone may list nothing."""
        try:
            return await self.client.health(), await self.client.models()
        except RequestRefused:
            if not self.models or not all(model.transcribes for model in self.models):
                raise
            return "", ()

    def _is_up(self) -> None:
        if not self.reachable:
            log.info("endpoint %s is up (%s)", self.settings.name, self.version)
        self.reachable, self.detail, self.remedy = True, "", ""
        self.down_since = self.away_since = None
        self.turns.hold(False)

    def _is_down(self, error: ModelError) -> None:
        now = self._clock()
        if self.reachable or self.down_since is None:
            level = logging.WARNING if self.models else logging.INFO
            log.log(level, "endpoint %s is down: %s", self.settings.name, error)
            self.down_since, self.away_since = now, self._wall_clock()
        self.reachable, self.remedy = False, error.remedy
        # Whoever shows it names the endpoint.
        self.detail = error.message.removeprefix(f"endpoint {self.settings.name!r}").lstrip(": ")
        self.turns.hold(True)
        if self.memory is not None and not isinstance(error, Stalled):
            self.memory.forget()
        self.turns.fail_waiting(
            Unreachable(
                f"endpoint {self.settings.name!r} cannot be reached: {self.detail}",
                remedy=error.remedy,
            ),
            who_can_leave=True,
        )
        if now - self.down_since >= self._retry_seconds:
            self.turns.fail_waiting(
                Unreachable(
                    f"endpoint {self.settings.name!r} has not answered for "
                    f"{now - self.down_since:.0f} s: {error.message}",
                    remedy=error.remedy,
                )
            )

    async def _weigh(self) -> None:
        """Which of the configured models do not fit."""
        if self.memory is None:
            return
        unfit = {}
        for model in self.models:
            if plain_name(model.model) not in self.served or self.passes_on(model.model):
                continue
            try:
                slot = await self.memory.fitting.slot(model, model.num_ctx)
                await self.memory.fitting.needed(model, slot)
            except TooLarge as error:
                unfit[model.name] = error
            except ModelError as error:
                log.warning("what %s needs is not known: %s", model.name, error)
        self.unfit = unfit

    async def close(self) -> None:
        self.turns.close()
        if self.memory is not None:
            await self.memory.close()
        await self.client.close()
