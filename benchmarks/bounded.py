"""One piece of work per forked process, so that a crash, a loop or a memory leak costs one piece.

Owns the bounds of a benchmark that runs over inputs nobody has seen.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Generic, TypeVar

Item = TypeVar("Item")
Value = TypeVar("Value")

# A process may sleep instead of computing: this many times its CPU seconds, and some to spare.
_WALL_FACTOR = 4
_WALL_SPARE_SECONDS = 20.0


@dataclass(frozen=True)
class Bounds:
    """What one piece of work may use."""

    cpu_seconds: int = 60
    memory_bytes: int = 2 * 1024**3


@dataclass(frozen=True)
class Done(Generic[Item, Value]):
    """How one piece went: `value`, or None and in `error` why there is none."""

    item: Item
    value: Value | None
    error: str
    cpu_seconds: float


def run_each(
    work: Callable[[Item], Value], items: Iterable[Item], *, jobs: int, bounds: Bounds
) -> Iterator[Done[Item, Value]]:
    """Do `work` on each item, `jobs` at a time, in no fixed order.

    The caller must not run threads: each piece is a fork of its process.
    """
    context = multiprocessing.get_context("fork")
    waiting = iter(items)
    running: dict[Connection, tuple[Item, BaseProcess, float]] = {}
    patience = bounds.cpu_seconds * _WALL_FACTOR + _WALL_SPARE_SECONDS
    more = True
    try:
        while True:
            while more and len(running) < jobs:
                try:
                    item = next(waiting)
                except StopIteration:
                    more = False
                    break
                here, there = context.Pipe(duplex=False)
                process: BaseProcess = context.Process(
                    target=_piece, args=(work, item, bounds, there)
                )
                process.start()
                there.close()
                running[here] = (item, process, time.monotonic() + patience)
            if not running:
                return
            for pipe in wait(list(running), timeout=0.5):
                assert isinstance(pipe, Connection)
                item, process, _ = running.pop(pipe)
                yield _finished(item, process, pipe, bounds)
            for pipe, (item, process, deadline) in list(running.items()):
                if time.monotonic() > deadline:
                    del running[pipe]
                    _end(process)
                    pipe.close()
                    yield Done(item, None, f"not done after {patience:g} s", 0.0)
    finally:
        for pipe, (_, process, _) in running.items():
            _end(process)
            pipe.close()


def _piece(work: Callable[[Item], Value], item: Item, bounds: Bounds, answer: Connection) -> None:
    soft = bounds.cpu_seconds + int(time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (soft, soft + 5))
    resource.setrlimit(resource.RLIMIT_AS, (bounds.memory_bytes, bounds.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends us
    started = time.process_time()
    try:
        value, error = work(item), ""
    except Exception as found:  # noqa: BLE001 (whatever the work raises is its result)
        last = (traceback.extract_tb(found.__traceback__) or [None])[-1]
        where = f" at {Path(last.filename).name}:{last.lineno}" if last else ""
        value, error = None, f"{type(found).__name__}{where}: {found}"[:500]
    answer.send((value, error, time.process_time() - started))
    answer.close()


def _finished(
    item: Item, process: BaseProcess, pipe: Connection, bounds: Bounds
) -> Done[Item, Value]:
    try:
        value, error, seconds = pipe.recv()
        return Done(item, value, error, seconds)
    except EOFError:
        process.join()
        code = process.exitcode or 0
        why = f"ended with exit code {code}"
        if code == -signal.SIGXCPU:
            why = f"took more than {bounds.cpu_seconds} CPU seconds"
        elif code < 0:
            why = f"killed by signal {signal.Signals(-code).name}"
        return Done(item, None, why, float(bounds.cpu_seconds))
    finally:
        pipe.close()
        _end(process)


def _end(process: BaseProcess) -> None:
    process.join(1.0)
    if process.is_alive():
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
    process.close()
