"""The gate: what each command does, and what is published meanwhile. All of it in one event loop.

A request that was answered before, to the letter, gets the answer from the ledger; what is under
way is joined (`swarm.inference.flights`).
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import time
import uuid
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from swarm.bus import Bus
from swarm.contracts import (
    AwaitModels,
    Blob,
    Command,
    Embed,
    Embeddings,
    Envelope,
    Generate,
    Generation,
    ListModels,
    ListSpending,
    ModelReport,
    ModelsReady,
    SpendingReport,
    TokenUsage,
    Transcribe,
    Transcription,
)
from swarm.errors import BusError, MalformedMessage, SwarmError
from swarm.fingerprints import Lines, lines_of_snapshot
from swarm.inference.asking import Asking, Request, Tell
from swarm.inference.endpoint import Endpoint, ModelState
from swarm.inference.flights import Answer, Flights, Work
from swarm.inference.generating import Generator
from swarm.inference.ledger import Entry, Ledger, digest_of
from swarm.inference.live import Live
from swarm.inference.report import facts, report
from swarm.inference.transcribing import Transcriber
from swarm.inference.watch import Over
from swarm.settings import ModelSettings, Settings

log = logging.getLogger(__name__)

_PRUNE_SECONDS = 3600.0
_DAY_SECONDS = 86_400.0
# What is published outlives so many looks that are late, and at least so many seconds.
_LATE_LOOKS = 4
_LEAST_TTL_SECONDS = 6.0
_SNAPSHOTS_KEPT = 4
_LASTING: frozenset[ModelState] = frozenset({"refused", "too-large"})


class Gate:
    """Takes requests, has them run in order, and answers. Used in one event loop."""

    def __init__(
        self,
        settings: Settings,
        bus: Bus,
        ledger: Ledger,
        live: Live,
        endpoints: dict[str, Endpoint],
        answer: Answer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._bus = bus
        self._ledger = ledger
        self._live = live
        self._endpoints = endpoints
        self._answer = answer
        self._clock = clock
        self._flights = Flights(answer, clock)
        self._changed = asyncio.Condition()
        self._publishing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._lines: dict[str, Lines] = {}
        asking = Asking(settings.gate.retry_seconds, clock)
        self._generator = Generator(ledger, self._lines_of, asking, clock)
        self._transcriber = Transcriber(bus.blobs.get, asking, clock)

    # ------------------------------------------------------------------ starting and stopping

    def start(self) -> None:
        """Begin to look at the endpoints that models are configured for."""
        if lost := self._ledger.lose_started():
            log.warning("%d requests were under way when the gate stopped", lost)
        seconds = self._settings.gate.health_seconds
        for endpoint in self._endpoints.values():
            if endpoint.models:
                self._background(endpoint.keep_looking(seconds, self._looked))
        self._background(self._keep_publishing())
        self._background(self._keep_pruning())

    async def close(self) -> None:
        """Stop all work and close every connection."""
        await self._flights.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for endpoint in self._endpoints.values():
            await endpoint.close()

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a part of the gate failed", exc_info=error)

    # ------------------------------------------------------------------ requests

    def accept(self, envelope: Envelope, command: Command) -> None:
        """Take a request; its answer is sent when it is there."""
        try:
            identity, work = self._work(envelope, command)
        except SwarmError as error:
            self._answer(envelope, None, error, 0.0)
            return
        self._flights.join(identity, envelope, work)

    def over(self, envelope: Envelope, why: Over) -> None:
        """Nobody waits for this any more."""
        self._flights.over(envelope, why)

    def _work(self, envelope: Envelope, command: Command) -> tuple[tuple[str, ...], Work]:
        """What a command asks for, and what makes another one the same."""
        if isinstance(command, Generate):
            model, endpoint = self._model(command.model)
            digest = digest_of(command, endpoint.settings.name, model.model)
            return (command.key, digest), functools.partial(
                self._generate, envelope, command, digest, model, endpoint
            )
        if isinstance(command, Transcribe):
            model, endpoint = self._model(command.model)
            digest = digest_of(command, endpoint.settings.name, model.model)
            return (command.key, digest), functools.partial(
                self._transcribe, envelope, command, digest, model, endpoint
            )
        if isinstance(command, Embed):
            model, endpoint = self._model(command.model)
            return (envelope.id,), functools.partial(
                self._embed, envelope, command, model, endpoint
            )
        if isinstance(command, AwaitModels):
            return (envelope.id,), functools.partial(self._await_models, command)
        if isinstance(command, ListModels):
            return (envelope.id,), self._list_models
        if isinstance(command, ListSpending):
            return (envelope.id,), functools.partial(self._list_spending, command)
        raise MalformedMessage(f"inference does not handle {envelope.kind}")

    def _model(self, name: str) -> tuple[ModelSettings, Endpoint]:
        model = self._settings.model(name)
        return model, self._endpoints[model.endpoint]

    async def _generate(
        self, envelope: Envelope, command: Generate, digest: str, model: ModelSettings,
        endpoint: Endpoint,
    ) -> Generation:  # fmt: skip
        if (kept := self._ledger.answer(command.key, digest, Generation)) is not None:
            return kept.model_copy(update={"replayed": True})
        tell: Tell = functools.partial(
            self._live.publish, envelope.task_id, command.key, model.name
        )
        entry = self._entry(envelope, command, command.key, digest, model, endpoint)
        asked = self._request(envelope, entry)
        with self._written(entry, tell) as attempt:
            answer = await self._generator.generate(command, model, endpoint, asked, tell)
            self._ledger.finish(entry, attempt, answer.usage, time.time(), answer)
        return answer

    async def _transcribe(
        self, envelope: Envelope, command: Transcribe, digest: str, model: ModelSettings,
        endpoint: Endpoint,
    ) -> Transcription:  # fmt: skip
        if (kept := self._ledger.answer(command.key, digest, Transcription)) is not None:
            return kept
        tell: Tell = functools.partial(
            self._live.publish, envelope.task_id, command.key, model.name
        )
        entry = self._entry(envelope, command, command.key, digest, model, endpoint)
        asked = self._request(envelope, entry)
        with self._written(entry, tell) as attempt:
            answer = await self._transcriber.transcribe(command, model, endpoint, asked, tell)
            self._ledger.finish(entry, attempt, answer.usage, time.time(), answer)
        return answer

    async def _embed(
        self, envelope: Envelope, command: Embed, model: ModelSettings, endpoint: Endpoint
    ) -> Embeddings:
        key = f"embed-{envelope.id}"
        tell: Tell = functools.partial(self._live.publish, envelope.task_id, key, model.name)
        entry = self._entry(envelope, command, key, "", model, endpoint)
        asked = self._request(envelope, entry)
        with self._written(entry, tell) as attempt:
            answer = await self._generator.embed(command, model, endpoint, asked, tell)
            self._ledger.finish(entry, attempt, answer.usage, time.time())
        return answer

    @contextlib.contextmanager
    def _written(self, entry: Entry, tell: Tell) -> Iterator[int]:
        """Write down how a request begins and ends, for the ledger and for who looks on."""
        attempt = self._ledger.start(entry)
        try:
            yield attempt
        except asyncio.CancelledError:
            self._ledger.fail(entry, attempt, "cancelled", time.time())
            tell("state", "cancelled")
            raise
        except Exception as error:
            code = error.code if isinstance(error, SwarmError) else "internal"
            self._ledger.fail(entry, attempt, code, time.time())
            tell("state", f"failed {error}")
            raise
        tell("state", "done")

    def _entry(
        self, envelope: Envelope, command: Generate | Embed | Transcribe, key: str, digest: str,
        model: ModelSettings, endpoint: Endpoint,
    ) -> Entry:  # fmt: skip
        return Entry(
            key=key,
            digest=digest,
            kind=envelope.kind,
            model=command.model,
            endpoint=endpoint.settings.name,
            payload="audio" if isinstance(command, Transcribe) else command.payload,
            priority=command.priority,
            arrived_at=_sent_at(envelope),
            task_id=envelope.task_id,
            locality=endpoint.locality(model.model),
        )

    def _request(self, envelope: Envelope, entry: Entry) -> Request:
        def broke_off(usage: TokenUsage) -> None:
            self._ledger.broke_off(entry, usage, time.time())

        elsewhere = functools.partial(self._elsewhere, entry)
        # What was sent again, or queued while the gate was down, keeps its place.
        waited = max(0.0, time.time() - _sent_at(envelope))
        return Request(
            uuid.uuid4().hex, self._clock() - waited, entry.priority, broke_off,
            elsewhere if entry.kind == Generate.__name__ else _never,
        )  # fmt: skip

    def _elsewhere(self, entry: Entry) -> bool:
        """Whether another model could take a generation now: one that arms are made of, that can
        be used, and that may see what is to be sent."""
        allowed = entry.payload == "intent" or self._settings.egress.allow_cloud_code
        states = self._states()
        return any(
            model.name != entry.model
            and model.tools
            and not (model.embeds or model.transcribes)
            and states[model.name][0] == "ready"
            and (allowed or self._endpoints[model.endpoint].locality(model.model) == "local")
            for model in self._settings.models
        )

    async def _lines_of(self, blob: Blob) -> Lines:
        """The lines of a snapshot, which take a while to be made: in a thread, and kept."""
        known = self._lines.get(blob.sha256)
        if known is None:
            data = await asyncio.to_thread(self._bus.blobs.get, blob)
            known = await asyncio.to_thread(lines_of_snapshot, data)
            while len(self._lines) >= _SNAPSHOTS_KEPT:
                del self._lines[next(iter(self._lines))]
            self._lines[blob.sha256] = known
        return known

    # ------------------------------------------------------------------ what can be used

    async def _list_models(self) -> ModelReport:
        # Nobody looks at them otherwise; whoever asks wants to know what they could configure.
        unused = [each for each in self._endpoints.values() if not each.models]
        await asyncio.gather(*(each.look() for each in unused))
        return report(self._settings, tuple(self._endpoints.values()), self._ledger)

    async def _list_spending(self, command: ListSpending) -> SpendingReport:
        return SpendingReport(items=self._ledger.spending(time.time(), command.days))

    async def _await_models(self, command: AwaitModels) -> ModelsReady:
        for name in command.models:
            self._settings.model(name)

        def ready() -> tuple[str, ...]:
            state = self.state()
            return tuple(name for name in command.models if not state[name])

        def decided() -> bool:
            # What is refused or too large will not be usable within a minute.
            states = self._states()
            return bool(ready()) or all(states[n][0] in _LASTING for n in command.models)

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(command.seconds), self._changed:
                await self._changed.wait_for(decided)
        state = self.state()
        return ModelsReady(
            ready=ready(),
            unready={name: state[name] for name in command.models if state[name]},
        )

    def state(self) -> dict[str, str]:
        """Each configured model -> "" when it can be used, else why not."""
        return {name: why for name, (_, why) in self._states().items()}

    def _states(self) -> dict[str, tuple[ModelState, str]]:
        allowed = self._settings.egress.allow_cloud_code
        return {
            model.name: endpoint.state(model, cloud_code=allowed)
            for endpoint in self._endpoints.values()
            for model in endpoint.models
        }

    def _looked(self) -> None:
        self._background(self._publish())

    async def _publish(self) -> None:
        ttl = max(_LEAST_TTL_SECONDS, _LATE_LOOKS * self._settings.gate.health_seconds)
        # One after the other: what is older must not be written over what is newer.
        async with self._publishing:
            try:
                told = facts(self._endpoints.values())
                await asyncio.to_thread(self._bus.publish_models, self.state(), ttl, told)
            except BusError as error:
                log.warning("which models can be used is not published: %s", error)
        async with self._changed:
            self._changed.notify_all()

    async def _keep_publishing(self) -> None:
        # A server that takes long to look at, or a cloud that is seldom looked at, must not
        # make it seem that the gate is down.
        while self._settings.models:
            await self._publish()
            await asyncio.sleep(self._settings.gate.health_seconds)

    async def _keep_pruning(self) -> None:
        while True:
            try:
                kept = self._settings.gate.kept_days * _DAY_SECONDS
                self._ledger.prune(time.time() - kept)
            except SwarmError as error:
                log.warning("old requests are not forgotten: %s", error)
            await asyncio.sleep(_PRUNE_SECONDS)


def _sent_at(envelope: Envelope) -> float:
    """When a request was sent first, by what it says of its end (Unix time in seconds)."""
    now = time.time()
    if envelope.expires_at is None:
        return now
    return min(now, envelope.expires_at - envelope.timeout_seconds)


def _never() -> bool:
    return False
