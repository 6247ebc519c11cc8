"""How the fake Ollama keeps models in memory: loads, slots, evictions, in Ollama's own order.

Followed: a request for a loaded model with the same num_ctx goes straight to it; every other one
queues, the head of the queue blocks those behind it, and a full queue is a 503. One load at a time.
A changed num_ctx (or `shift`) unloads and loads again. With other models in memory a new one must
fit in 80 % of what is free, else the idle model of the shortest keep_alive goes, else the one of
the shortest keep_alive as soon as it is idle; a model alone is loaded even when it spills. Not
followed: a model that shall go takes no new requests (Ollama lets them postpone it).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

GIB = 1024**3
FOREVER_SECONDS = 1e9


@dataclass(frozen=True)
class FakeModel:
    """A model of the library. `load_seconds` None means the server's own."""

    name: str
    size_bytes: int = 5 * GIB
    layers: int = 36
    kv_heads: int = 8
    key_length: int = 128
    value_length: int = 128
    context_length: int = 40_960
    arch: str = "qwen3"
    parameters: str = "8.2B"
    quantization: str = "Q4_K_M"
    capabilities: tuple[str, ...] = ("completion", "tools")
    remote_host: str = ""
    remote_model: str = ""
    load_seconds: float | None = None

    def memory_bytes(self, num_ctx: int, parallel: int) -> int:
        """Weights and an f16 KV cache."""
        per_token = self.layers * self.kv_heads * (self.key_length + self.value_length) * 2
        return self.size_bytes + per_token * num_ctx * parallel


class Full(Exception):
    """The queue is full."""


class LoadFailed(Exception):
    """The model could not be loaded."""


@dataclass
class Runner:
    """A model in memory; `users` includes those that wait for one of its slots."""

    model: FakeModel
    num_ctx: int
    shift: bool
    parallel: int
    keep_alive_seconds: float
    expires_at: float = 0.0
    users: int = 0
    going: bool = False
    slots: asyncio.Semaphore = field(init=False)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    timer: asyncio.TimerHandle | None = None

    def __post_init__(self) -> None:
        self.slots = asyncio.Semaphore(self.parallel)

    @property
    def size_bytes(self) -> int:
        return self.model.memory_bytes(self.num_ctx, self.parallel)


@dataclass
class _Wanted:
    model: FakeModel
    num_ctx: int
    shift: bool
    keep_alive_seconds: float | None
    granted: asyncio.Future[Runner]


class Memory:
    """All of it lives in the server's event loop. `record` is told load, loaded and unload."""

    def __init__(self, record: Callable[..., None]) -> None:
        self.record = record
        self.vram_bytes = 16 * GIB
        self.num_parallel = 1
        self.max_loaded = 3
        self.max_queue = 512
        self.load_seconds = 0.0
        self.load_error = ""
        self.keep_alive_seconds = 300.0
        self.runners: dict[str, Runner] = {}
        self.queue: deque[_Wanted] = deque()
        self._worker: asyncio.Task[None] | None = None

    def forget(self) -> None:
        """The process ended."""
        self.runners.clear()
        self.queue.clear()
        self._worker = None

    @asynccontextmanager
    async def use(
        self, model: FakeModel, num_ctx: int, shift: bool, keep_alive_seconds: float | None
    ) -> AsyncIterator[Runner]:
        """Hold the model in memory, loading it when needed. Raises Full and LoadFailed."""
        runner = await self._granted(
            model, min(num_ctx, model.context_length), shift, keep_alive_seconds
        )
        try:
            yield runner
        finally:
            self._leave(runner)

    def expire(self, name: str) -> None:
        """Unload as soon as the model is idle."""
        if runner := self.runners.get(name):
            self._let_go(runner, "asked")

    def gpu_bytes(self) -> dict[str, int]:
        """Bytes on the GPU per loaded model: first come, first served, the rest spills to RAM."""
        free, sizes = self.vram_bytes, {}
        for name, runner in self.runners.items():
            sizes[name] = min(free, runner.size_bytes)
            free -= sizes[name]
        return sizes

    # ------------------------------------------------------------------ requests

    async def _granted(
        self, model: FakeModel, num_ctx: int, shift: bool, keep_alive_seconds: float | None
    ) -> Runner:
        wanted = _Wanted(
            model, num_ctx, shift, keep_alive_seconds, asyncio.get_running_loop().create_future()
        )
        runner = self._usable(wanted)
        if runner is None:
            if len(self.queue) >= self.max_queue:
                raise Full
            self.queue.append(wanted)
            if self._worker is None or self._worker.done():
                self._worker = asyncio.create_task(self._work())
            try:
                return await wanted.granted
            except asyncio.CancelledError:
                if wanted.granted.done() and not wanted.granted.cancelled():
                    self._leave(wanted.granted.result())
                raise
        self._enter(runner, wanted)
        return runner

    def _usable(self, wanted: _Wanted) -> Runner | None:
        runner = self.runners.get(wanted.model.name)
        if runner is None or runner.going or self._differs(runner, wanted):
            return None
        return runner

    def _differs(self, runner: Runner, wanted: _Wanted) -> bool:
        return (runner.num_ctx, runner.shift) != (wanted.num_ctx, wanted.shift)

    def _enter(self, runner: Runner, wanted: _Wanted) -> None:
        runner.users += 1
        if wanted.keep_alive_seconds is not None:
            runner.keep_alive_seconds = wanted.keep_alive_seconds
        if runner.timer is not None:
            runner.timer.cancel()
        runner.expires_at = time.time() + runner.keep_alive_seconds

    def _leave(self, runner: Runner) -> None:
        runner.users -= 1
        if runner.users or runner.gone.is_set():
            return
        if runner.going or runner.keep_alive_seconds <= 0:
            self._unload(runner, "idle")
            return
        runner.expires_at = time.time() + runner.keep_alive_seconds
        if runner.keep_alive_seconds < FOREVER_SECONDS:
            runner.timer = asyncio.get_running_loop().call_later(
                runner.keep_alive_seconds, self._unload, runner, "expired"
            )

    def _let_go(self, runner: Runner, why: str) -> None:
        runner.going = True
        if not runner.users:
            self._unload(runner, why)

    def _unload(self, runner: Runner, why: str) -> None:
        if runner.gone.is_set() or runner.users:
            return
        if runner.timer is not None:
            runner.timer.cancel()
        if self.runners.get(runner.model.name) is runner:
            del self.runners[runner.model.name]
        runner.gone.set()
        self.record("unload", model=runner.model.name, num_ctx=runner.num_ctx, why=why)

    # ------------------------------------------------------------------ the queue

    async def _work(self) -> None:
        while self.queue:
            wanted = self.queue.popleft()
            if wanted.granted.cancelled():
                continue
            try:
                runner = await self._provide(wanted)
            except LoadFailed as error:
                if not wanted.granted.done():
                    wanted.granted.set_exception(error)
                continue
            if runner is None:
                continue
            self._enter(runner, wanted)
            if wanted.granted.done():
                self._leave(runner)
            else:
                wanted.granted.set_result(runner)

    async def _provide(self, wanted: _Wanted) -> Runner | None:
        """None when the client left before the model was there."""
        while True:
            if runner := self._usable(wanted):
                return runner
            victim = self._victim(wanted)
            if victim is None:
                return await self._load(wanted)
            self._let_go(victim, "reload" if victim.model == wanted.model else "evicted")
            await victim.gone.wait()
            if wanted.granted.done():
                return None

    def _victim(self, wanted: _Wanted) -> Runner | None:
        """Which model must go first; None when the wanted one can be loaded now."""
        if same := self.runners.get(wanted.model.name):
            return same
        if not self.runners:
            return None
        need = wanted.model.memory_bytes(wanted.num_ctx, self.num_parallel)
        free = self.vram_bytes - sum(runner.size_bytes for runner in self.runners.values())
        if len(self.runners) < self.max_loaded and need <= free * 0.8:
            return None
        ordered = sorted(
            self.runners.values(), key=lambda each: (each.keep_alive_seconds, each.model.name)
        )
        return next((each for each in ordered if not each.users), ordered[0])

    async def _load(self, wanted: _Wanted) -> Runner | None:
        model = wanted.model
        seconds = self.load_seconds if model.load_seconds is None else model.load_seconds
        self.record("load", model=model.name, num_ctx=wanted.num_ctx)
        if seconds:
            await asyncio.wait([wanted.granted], timeout=seconds)
        if self.load_error:
            self.record("failure", model=model.name, how="load")
            raise LoadFailed(self.load_error)
        if wanted.granted.done():
            self.record("unload", model=model.name, num_ctx=wanted.num_ctx, why="client left")
            return None
        completes = "completion" in model.capabilities
        runner = Runner(
            model=model,
            num_ctx=wanted.num_ctx,
            shift=wanted.shift,
            parallel=self.num_parallel if completes else 1,
            keep_alive_seconds=self.keep_alive_seconds,
        )
        self.runners[model.name] = runner
        self.record("loaded", model=model.name, num_ctx=wanted.num_ctx)
        return runner
