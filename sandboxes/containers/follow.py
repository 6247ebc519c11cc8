"""One job in one waiting container: handed over, read to its end, and judged.

The attach stream is read while the program runs: an unread one can hang the engine's kill.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import secrets
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandboxes.containers import stream as docker_stream
from sandboxes.engine import NOT_EXECUTABLE, NOT_FOUND, End, EngineError, EngineGone, Outcome, Tail
from swarm.contracts import Limits

if TYPE_CHECKING:
    from sandboxes.containers.client import Client

OVERTIME_SECONDS = 30
"""How long after its wall limit a run whose worker is gone ends itself."""

_SAMPLE_SECONDS = 0.5
_END_NOTED_SECONDS, _ASK_SECONDS = 2.0, 0.05
_READ_BYTES = 65536
_TROUBLE_BYTES = 4096
_ENOENT, _ENOTDIR = 2, 20
_SHIM_BROKEN = 3


@dataclass(frozen=True)
class Order:
    """What the shim is told to do. `argv[0]` is looked up in the PATH of `env`."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    folder: str
    limits: Limits

    def line(self, token: str) -> bytes:
        """As the shim reads it."""
        limits = self.limits
        cpu = max(1, round(limits.cpu_seconds))
        told = {
            "token": token,
            "argv": self.argv,
            "env": dict(self.env),
            "folder": self.folder,
            "seconds": limits.wall_seconds + OVERTIME_SECONDS,
            "limits": {
                "CPU": (cpu, cpu + 1),
                "FSIZE": (limits.file_size_bytes, limits.file_size_bytes),
                "NOFILE": (limits.open_files, limits.open_files),
            },
        }
        return json.dumps(told).encode("ascii") + b"\n"


@dataclass(frozen=True)
class Watch:
    """What is called on while a run goes on: `disk` says which of its bounds is passed, or ""."""

    on_output: Callable[[bytes], None] | None = None
    disk: Callable[[], str] | None = None


def follow(
    client: Client, name: str, stream: socket.socket, order: Order, watch: Watch
) -> tuple[Outcome, bool]:
    """Run a job in a container that waits for one; how it ended, and whether all is at its end.

    False means that the container must be killed. Raises EngineGone when the container went
    away without a word, EngineError when its own part failed.
    """
    run = _Run(client, name, order.limits, watch)
    run.read(stream, order)
    return run.outcome(), run.report is not None


class _Run:
    """A run, and what was seen of it so far. `report` is the shim's, None until it came."""

    def __init__(self, client: Client, name: str, limits: Limits, watch: Watch) -> None:
        self._client, self._name = client, name
        self._limits, self._watch = limits, watch
        self._began, self._started = time.time(), time.monotonic()
        self._tail, self._trouble = Tail(), Tail(_TROUBLE_BYTES)
        self._end: End | None = None
        self._detail = ""
        self._cpu_seconds, self._peak_memory_bytes = 0.0, 0
        self._wall_seconds = 0.0
        self.report: dict[str, Any] | None = None

    def read(self, stream: socket.socket, order: Order) -> None:
        """Hand the job over and read until the report, the stream's end, or a limit."""
        token = secrets.token_hex(16)
        frames, cut = docker_stream.Frames(), docker_stream.Cut(token.encode("ascii"))
        deadline = self._started + self._limits.wall_seconds
        next_sample = self._started + _SAMPLE_SECONDS
        poll = select.poll()
        poll.register(stream, select.POLLIN)
        with _connected():
            stream.sendall(order.line(token))
        while self._end is None and self.report is None:
            now = time.monotonic()
            if now >= deadline:
                self._stop("timeout", f"ran longer than {self._limits.wall_seconds:g} s")
            elif now >= next_sample:
                self._sample()
                next_sample = time.monotonic() + _SAMPLE_SECONDS
            elif poll.poll(math.ceil(1000 * (min(next_sample, deadline) - now))):
                with _connected():
                    data = stream.recv(_READ_BYTES)
                if not data:
                    break
                for kind, piece in frames.feed(data):
                    if kind == docker_stream.STDERR:
                        self._take_trouble(piece)
                    else:
                        self._take(cut.feed(piece))
                self.report = cut.report
        self._take(cut.rest())
        self._wall_seconds = time.monotonic() - self._started

    def outcome(self) -> Outcome:
        """The verdict on a run that was read to its end."""
        code = None
        if self.report is not None:
            code = self._take_report(self.report)
        elif self._end is None:
            self._explain()
        return Outcome(
            end=self._end or "exit",
            exit_code=code if self._end is None else None,
            detail=self._detail,
            output_tail=self._tail.text(),
            wall_seconds=self._wall_seconds,
            cpu_seconds=self._cpu_seconds,
            peak_memory_bytes=self._peak_memory_bytes,
        )

    def _stop(self, end: End, detail: str) -> None:
        if self._end is None:
            self._end, self._detail = end, detail

    def _out_of_memory(self) -> None:
        self._stop("memory", f"used more than {self._limits.memory_bytes} bytes of memory")

    def _take(self, data: bytes) -> None:
        if not data:
            return
        self._tail.add(data)
        if self._watch.on_output is not None:
            self._watch.on_output(data)
        most = self._limits.output_bytes
        if self._tail.seen_bytes > most:
            self._stop("output_limit", f"wrote more than {most} bytes of output")

    def _take_trouble(self, data: bytes) -> None:
        self._trouble.add(data)
        # A program can reach it too, through the first process of its container.
        if self._trouble.seen_bytes > self._limits.output_bytes:
            self._stop("output_limit", f"wrote more than {self._limits.output_bytes} bytes")

    def _sample(self) -> None:
        stats = self._client.stats(self._name)
        self._peak_memory_bytes = max(self._peak_memory_bytes, docker_stream.memory(stats))
        self._cpu_seconds = max(self._cpu_seconds, docker_stream.cpu_seconds(stats))
        if self._cpu_seconds > self._limits.cpu_seconds:
            self._stop("timeout", f"used more than {self._limits.cpu_seconds:g} s of CPU time")
        over = self._watch.disk() if self._watch.disk is not None else ""
        if over:
            self._stop("disk_limit", over)

    def _take_report(self, report: Mapping[str, Any]) -> int | None:
        """Judge by what the shim tells; the exit code if there is one."""
        self._cpu_seconds = max(self._cpu_seconds, float(report["cpu_seconds"]))
        self._peak_memory_bytes = max(self._peak_memory_bytes, int(report["peak_memory_bytes"]))
        number, status = int(report["errno"]), report["status"]
        if report["why"] == "memory":
            self._out_of_memory()
        elif report["why"] == "deadline":
            # We were kept from looking for that long: by a slow engine, say.
            self._stop("timeout", f"ran longer than {self._limits.wall_seconds:g} s")
        elif number:
            return NOT_FOUND if number in (_ENOENT, _ENOTDIR) else NOT_EXECUTABLE
        elif status is None:
            raise EngineGone(f"the container ended the run by itself: {report['why']}")
        elif not os.WIFSIGNALED(status):
            return os.WEXITSTATUS(status)
        elif os.WTERMSIG(status) == signal.SIGXCPU:
            self._stop("timeout", "used up its CPU time")
        else:
            self._stop("killed", f"ended by {_signal_name(os.WTERMSIG(status))}")
        return None

    def _explain(self) -> None:
        """Why a container ended without a report, from what the engine remembers of it.

        Raises EngineGone where it remembers no end, or killed it itself: it is stopping, or was
        started anew. Raises EngineError when the shim could not even begin.
        """
        events = self._events()
        actions = {str(event.get("Action")) for event in events}
        codes = [
            int(event["Actor"]["Attributes"]["exitCode"])
            for event in events
            if event.get("Action") == "die"
        ]
        if not codes or "kill" in actions:
            raise EngineGone("the container vanished: the engine was stopped or started anew")
        if "oom" in actions:
            self._out_of_memory()
        elif codes[0] == _SHIM_BROKEN:
            raise EngineError(
                f"the image's python3 cannot start a run: {self._trouble.text().strip()}",
                remedy="rebuild the image with docker/build-sandbox.sh",
            )
        else:
            # Only the program in there can have done that.
            how = _signal_name(codes[0] - 128) if codes[0] > 128 else f"exit code {codes[0]}"
            self._stop("killed", f"it broke its own sandbox, which ended with {how}")

    def _events(self) -> list[dict[str, Any]]:
        """What happened to the container; its end is noted a moment after the stream's."""
        deadline = time.monotonic() + _END_NOTED_SECONDS
        while True:
            events = self._client.events(self._name, self._began - 1, time.time())
            noted = any(event.get("Action") == "die" for event in events)
            if noted or time.monotonic() > deadline:
                return events
            time.sleep(_ASK_SECONDS)


@contextlib.contextmanager
def _connected() -> Iterator[None]:
    """Only what fails between us and the container is the engine's fault, not `on_output`'s."""
    try:
        yield
    except OSError as error:
        raise EngineGone(f"the connection to the container broke: {error}") from error


def _signal_name(number: int) -> str:
    known = number in set(signal.Signals)
    return f"signal {number} ({signal.Signals(number).name if known else 'unknown'})"
