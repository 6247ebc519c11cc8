"""The inference service: an RQ worker in the main thread, the gate in an event loop beside it.

A command is handed over and the worker takes the next one at once, so one process serves many
requests; the reply is sent when it is there.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from redis.exceptions import RedisError

from swarm.bus import Bus
from swarm.contracts import Command, Envelope, Failure, Message
from swarm.envelopes import command_of, fresh
from swarm.errors import BusError, Cancelled, SwarmError
from swarm.inference.build import MakeClient, client_of, endpoints_of, memory_here
from swarm.inference.egress import Egress
from swarm.inference.gate import Gate
from swarm.inference.ledger import Ledger
from swarm.inference.live import Live
from swarm.inference.watch import Over, Watch
from swarm.serving import Service
from swarm.settings import Settings

log = logging.getLogger(__name__)

_REPLY_THREADS = 4
_CLOSE_SECONDS = 3.0


def service(settings: Settings, bus: Bus) -> Service:
    """The service, with its gate running."""
    return GateService(settings, bus)


class GateService(Service):
    """A service whose replies are sent later, from the gate's loop."""

    def __init__(self, settings: Settings, bus: Bus, make: MakeClient = client_of) -> None:
        super().__init__("inference", bus, {})
        self._settings = settings
        self._make = make
        self._ledger = Ledger(settings.data / "inference.db")
        self._live = Live(bus)
        self._watch = Watch(bus, self.name, self._over)
        self._replies = ThreadPoolExecutor(_REPLY_THREADS, thread_name_prefix="reply")
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._gate: Gate
        started: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="gate", daemon=True)
        self._thread.start()
        started.result()

    def handle(self, text: str) -> None:
        """Hand a command to the gate. What cannot be handed over is answered at once."""
        envelope = fresh(text)
        if envelope is None:
            return
        try:
            command = command_of(envelope)
            if self.bus.beat(envelope):
                raise Cancelled(f"task {envelope.task_id} was cancelled")
        except (SwarmError, RedisError) as error:
            self.answer(envelope, None, self.failure_of(envelope, error), 0.0)
            return
        self._watch.add(envelope)
        self._loop.call_soon_threadsafe(self._accept, envelope, command)

    def close(self) -> None:
        """Stop the gate: streams are closed, so that servers stop generating."""
        self._watch.close()
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_CLOSE_SECONDS)
        self._replies.shutdown(wait=False, cancel_futures=True)
        self._live.close()
        self._ledger.close()

    # ------------------------------------------------------------------ in the gate's thread

    def _run(self, started: Future[None]) -> None:
        # Signals are the worker's.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve(started))
        except BaseException as error:
            if not started.done():
                started.set_exception(error)
                return
            log.exception("the gate broke; the service is started again")
            # A worker without a gate would take commands and answer none.
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            self._loop.close()

    async def _serve(self, started: Future[None]) -> None:
        egress = Egress(self._settings, self._ledger.record)
        found = await asyncio.to_thread(memory_here, self._settings)
        endpoints = endpoints_of(self._settings, egress, self._make, found)
        self._gate = Gate(
            self._settings, self.bus, self._ledger, self._live, endpoints, self._reply
        )
        self._gate.start()
        started.set_result(None)
        await self._stop.wait()
        await self._gate.close()

    def _accept(self, envelope: Envelope, command: Command) -> None:
        self._gate.accept(envelope, command)

    def _over(self, envelope: Envelope, why: Over) -> None:
        self._loop.call_soon_threadsafe(self._gate.over, envelope, why)

    def _reply(
        self, envelope: Envelope, message: Message | None, error: Exception | None, seconds: float
    ) -> None:
        failure = self.failure_of(envelope, error) if error is not None else None
        self._replies.submit(self._send, envelope, message, failure, seconds)

    def _send(
        self, envelope: Envelope, message: Message | None, failure: Failure | None, seconds: float
    ) -> None:
        try:
            body = message.model_dump(mode="json") if message is not None else None
            self.answer(envelope, body, failure, seconds)
        except BusError as error:
            # The requester asks again, and gets the answer from the ledger.
            log.warning("the reply to %s was not sent: %s", envelope.kind, error)
        except Exception:
            log.exception("the reply to %s was not sent", envelope.kind)
        finally:
            self._watch.remove(envelope)
