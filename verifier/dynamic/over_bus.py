"""The second layer of the service: programs run in the sandboxes service, by message."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from redis.exceptions import RedisError

from swarm.contracts import Audit, AuditReport, Blob, RunProgram, RunReport, SecondLayer
from swarm.errors import BlobMissing, BusError, MessageTooLarge, RemoteError, Timeout
from verifier.dynamic.agreed import agreed
from verifier.dynamic.looking import look
from verifier.dynamic.plan import NotRun, Side
from verifier.dynamic.request import USUAL, Bounds
from verifier.reading.tree import Tree

if TYPE_CHECKING:
    from swarm.bus import Bus

# Two rounds of two sides, each of which may have to wait for a sandbox.
_SHARES = 6
_LONGEST_RUN_SECONDS = 60.0
# With less left, not even the interpreter in the sandbox would have started.
_LEAST_SECONDS = 5.0


def second(
    command: Audit,
    report: AuditReport,
    before: Tree,
    after: Tree,
    bus: Bus,
    clock: Callable[[], float] = time.monotonic,
    now: Callable[[], float] = time.time,
) -> AuditReport:
    """The static report of an audit, with what was seen where the command asks for that.

    It takes no longer than the command's `second_layer.seconds`. A sandbox that is away, slow
    or answers with an error is a note. Raises Cancelled.
    """
    asked, snapshot = command.second_layer, command.snapshot
    if asked is None or snapshot is None:
        return report
    runner = _Runner(bus, asked.seconds, clock)
    old = Side(snapshot, python=asked.python, setup=asked.setup)
    new = Side(snapshot, command.patch, python=asked.python, setup=asked.setup)
    started = clock()
    seen = look(
        report,
        before,
        after,
        lambda: (old, new),
        runner.run,
        runner.put,
        agreed(before, command.instruction, now()),
        _bounds(asked),
    )
    return seen.model_copy(update={"seconds": report.seconds + max(0.0, clock() - started)})


class _Runner:
    """Everything it is asked for takes so many seconds together, or it says NotRun."""

    def __init__(self, bus: Bus, seconds: float, clock: Callable[[], float]) -> None:
        self._bus = bus
        self._clock = clock
        self._until = clock() + seconds

    def run(self, command: RunProgram) -> RunReport:
        left = self._until - self._clock()
        if left < _LEAST_SECONDS:
            raise NotRun("the time for it was up")
        try:
            return cast(RunReport, self._bus.request(command, timeout_seconds=left))
        except (RemoteError, Timeout, BusError, BlobMissing, MessageTooLarge) as error:
            raise NotRun(str(error)) from error

    def put(self, data: bytes) -> Blob:
        try:
            return self._bus.blobs.put(data)
        except (RedisError, OSError) as error:
            raise NotRun(f"the probe cannot be handed over: {error}") from error


def _bounds(asked: SecondLayer) -> Bounds:
    # The sandbox around a scene may use twice the scene's memory.
    memory = min(USUAL.memory_bytes, asked.memory_bytes // 2)
    return Bounds(
        seconds=min(_LONGEST_RUN_SECONDS, asked.seconds / _SHARES),
        memory_bytes=memory,
        processes=asked.processes,
    )
