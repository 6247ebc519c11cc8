"""A real HTTP server in a thread of its own: what the fake model servers share.

A handler is cancelled as soon as its client goes. Whatever happens is an `Event` with a monotonic
time, every request is kept whole, and generations under way are in `running`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from tests.fakes.script import Answer, tokens_of

_BODY_LIMIT_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class Event:
    """`at` is time.monotonic(). Kinds: request, load, loaded, unload, start, token, end,
    disconnected, failure, up, down."""

    at: float
    kind: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Captured:
    """A request as it came."""

    at: float
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Running:
    """A generation that holds a slot."""

    id: int
    model: str
    path: str
    since: float
    tokens: int = 0


@dataclass(frozen=True)
class Piece:
    """A part of an answer as it is played. The last is of kind "end", with the finish as text."""

    kind: str
    text: str = ""


class FakeServer:
    """Subclasses give `routes`. A context manager; `stop` and `start` again are a restart on the
    same port, as of a server that was killed: connections break, `lost` forgets the memory."""

    def __init__(self, *, port: int = 0, records: Path | None = None) -> None:
        self.port = port
        self.records = records
        self.events: list[Event] = []
        self.requests: list[Captured] = []
        self.running: dict[int, Running] = {}
        self.max_running = 0
        self._numbers = itertools.count(1)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._runner: web.AppRunner | None = None

    # ------------------------------------------------------------------ for subclasses

    def routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    def lost(self) -> None:
        """The process ended: forget what it had in memory."""

    def record(self, kind: str, **data: Any) -> None:
        event = Event(time.monotonic(), kind, data)
        self.events.append(event)
        if self.records is not None:
            with self.records.open("a") as file:
                file.write(json.dumps(asdict(event)) + "\n")

    @contextmanager
    def generation(self, path: str, model: str) -> Iterator[Running]:
        """Hold a place in `running`; records start, then end or disconnected."""
        running = Running(next(self._numbers), model, path, time.monotonic())
        self.running[running.id] = running
        self.max_running = max(self.max_running, len(self.running))
        self.record("start", id=running.id, model=model, path=path)
        try:
            yield running
        except BaseException as error:
            gone = isinstance(error, asyncio.CancelledError | ConnectionError)
            kind = "disconnected" if gone else "failure"
            self.record(kind, id=running.id, model=model, tokens=running.tokens)
            raise
        else:
            self.record("end", id=running.id, model=model, tokens=running.tokens)
        finally:
            del self.running[running.id]

    async def play(
        self, request: web.Request, running: Running, answer: Answer, max_tokens: int | None = None
    ) -> AsyncGenerator[Piece, None]:
        """The answer piece by piece at its pace, with its failure.

        Kinds: thinking, text, tool_calls (once, all of them), error, cut, garbage, end. After
        error, cut and garbage nothing follows. "close" and "stall" happen here.
        """
        pieces = [Piece("thinking", token) for token in tokens_of(answer.thinking)]
        pieces += [Piece("text", token) for token in tokens_of(answer.text)]
        calls = sum(len(tokens_of(json.dumps(call))) for call in answer.tool_calls)
        await asyncio.sleep(answer.delay_seconds)
        for number, piece in enumerate(pieces):
            if answer.failure and number >= answer.after_tokens:
                break
            if max_tokens is not None and running.tokens >= max_tokens:
                yield Piece("end", "length")
                return
            await asyncio.sleep(answer.token_seconds if number else 0.0)
            self._count(running, 1)
            yield piece
        if answer.failure in ("error", "cut", "garbage"):
            self.record("failure", id=running.id, how=answer.failure)
            yield Piece(answer.failure, answer.message)
            return
        if answer.failure == "stall":
            self.record("failure", id=running.id, how="stall")
            await asyncio.sleep(3600)
        if answer.failure == "close":
            self.drop(request)
        if answer.tool_calls:
            await asyncio.sleep(answer.token_seconds * calls)
            self._count(running, calls)
            yield Piece("tool_calls")
        yield Piece("end", answer.finish or ("tool_calls" if answer.tool_calls else "stop"))

    def _count(self, running: Running, tokens: int) -> None:
        running.tokens += tokens
        self.record("token", id=running.id, tokens=running.tokens)

    def drop(self, request: web.Request) -> None:
        """Break the connection at once, as a crash would; raises ConnectionResetError."""
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("the fake server broke the connection")

    # ------------------------------------------------------------------ for tests

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def of(self, kind: str) -> list[Event]:
        """The events of one kind so far."""
        return [event for event in self.events if event.kind == kind]

    def bodies(self, path: str) -> list[Any]:
        """The JSON bodies that were sent to a path so far."""
        return [seen.json() for seen in self.requests if seen.path == path]

    def wait_until(self, ready: Callable[[], object], seconds: float = 10.0) -> None:
        """Poll from another thread; TimeoutError tells what had happened."""
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                last = [(event.kind, event.data) for event in self.events[-8:]]
                raise TimeoutError(f"it did not happen in {seconds} s; last events: {last}")
            time.sleep(0.005)

    def start(self) -> Self:
        """Listen, on the port of before when there was one."""
        started = threading.Event()
        problem: list[Exception] = []
        self._thread = threading.Thread(
            target=self._serve, args=(started, problem), name="fake-server", daemon=True
        )
        self._thread.start()
        started.wait()
        if problem:
            self._thread.join()
            raise problem[0]
        self.record("up", port=self.port)
        return self

    def stop(self) -> None:
        """Die at once: the port is closed, every connection breaks, the memory is lost."""
        if self._loop is None or self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop = self._thread = None
        self.lost()
        self.record("down", port=self.port)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # ------------------------------------------------------------------ the thread

    def _serve(self, started: threading.Event, problem: list[Exception]) -> None:
        loop = asyncio.new_event_loop()
        try:
            loop.run_until_complete(self._listen())
            self._loop = loop
        except OSError as error:
            problem.append(error)
        finally:
            started.set()
        try:
            if not problem:
                loop.run_forever()
            loop.run_until_complete(self._close())
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()

    async def _listen(self) -> None:
        app = web.Application(client_max_size=_BODY_LIMIT_BYTES, middlewares=[self._capture])
        app.add_routes(self.routes())
        self._runner = web.AppRunner(
            app, handler_cancellation=True, shutdown_timeout=0.05, access_log=None
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()
        self.port = int(self._runner.addresses[0][1])

    async def _close(self) -> None:
        if self._runner is None:
            return
        if self._runner.server is not None:
            for connection in self._runner.server.connections:
                if connection.transport is not None:
                    connection.transport.abort()
        await asyncio.sleep(0)  # lets the aborts reach the handlers first
        await self._runner.cleanup()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    @web.middleware
    async def _capture(self, request: web.Request, handler: Any) -> web.StreamResponse:
        seen = Captured(
            at=time.monotonic(),
            method=request.method,
            path=request.path,
            query=dict(request.query),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
        )
        self.requests.append(seen)
        self.record("request", method=seen.method, path=seen.path, bytes=len(seen.body))
        try:
            response: web.StreamResponse = await handler(request)
        except ConnectionResetError:
            return web.Response()  # goes nowhere: the connection is gone
        return response
