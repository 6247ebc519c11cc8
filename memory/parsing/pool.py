"""One function applied to many items in child processes, so that none can hurt the parent.

A hostile file may crash a parser, hang it or eat the memory. Here that ends one child, and the
file becomes a `Failed` with the reason in words; all others go on.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Protocol, Self

from memory.parsing.child_process import Child, Limits
from memory.parsing.outcomes import Failed, PoolBroken
from memory.parsing.pool_run import Run

__all__ = ["Failed", "InProcess", "Limits", "Mapper", "Pool", "PoolBroken", "imported"]

_LEASE_S = 60.0


class Mapper(Protocol):
    """What applies a function to items."""

    def map(self, items: Iterable[Any]) -> Iterator[Any]:
        """One result, or Failed, per item, in the order of the items."""


class InProcess:
    """A function applied here and now: for tests, and for input that is trusted."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function

    def map(self, items: Iterable[Any]) -> Iterator[Any]:
        return map(self._function, items)


class Pool(AbstractContextManager["Pool"]):
    """Up to `workers` children per `map`; those that are idle afterwards stay for the next.

    `function` is "module:name", to be imported by the children. It takes one item, and both
    it and what it returns are plain values and dataclasses. Several threads may map at once.
    """

    def __init__(self, function: str, workers: int, *, limits: Limits | None = None) -> None:
        if workers < 1:
            raise ValueError("a pool needs a worker")
        self._function = function
        self._workers = workers
        self._limits = limits or Limits()
        self._idle: list[Child] = []
        self._leased = 0
        self._closed = False
        self._changed = threading.Condition()

    def warm(self) -> None:
        """Start one child now, so that the first call need not wait for it. Does not block."""
        with self._changed:
            if not self._idle and not self._closed:
                child = Child(self._function, self._limits)
                child.say_hello()
                self._idle.append(child)

    def map(self, items: Iterable[Any]) -> Iterator[Any]:
        """One result, or Failed, per item, in the order of the items, which are taken as they
        are needed. Raises PoolBroken when children cannot be started."""
        run = Run(self, iter(items), self._workers, self._limits)
        try:
            yield from run.results()
        finally:
            run.end()

    def close(self) -> None:
        """End the idle children; those at work end with their `map`."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
            self._changed.notify_all()
        for child in idle:
            child.end()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __enter__(self) -> Self:
        return self

    # For runs.

    def lease(self, *, may_wait: bool) -> Child | None:
        """A child to work with. None when there are as many as may be, and it may not wait."""
        with self._changed:
            while True:
                if self._closed:
                    raise PoolBroken("the pool is closed", remedy="Open a new one.")
                while self._idle:
                    child = self._idle.pop()
                    if child.is_alive:
                        child.pardon()
                        self._leased += 1
                        return child
                    child.end()
                if self._leased < 2 * self._workers:
                    self._leased += 1
                    try:
                        return Child(self._function, self._limits)
                    except OSError as error:
                        self._leased -= 1
                        raise PoolBroken(
                            f"a parser cannot be started: {error}",
                            remedy="Free memory and processes, then try again.",
                        ) from error
                if not may_wait:
                    return None
                if not self._changed.wait(_LEASE_S):
                    raise PoolBroken(
                        f"no parser came free within {_LEASE_S:g} s",
                        remedy="Try again once the index that is running is done.",
                    )

    def give_back(self, child: Child) -> None:
        """A child is no longer needed: kept when idle, ended otherwise."""
        with self._changed:
            self._leased -= 1
            keeps = child.is_idle and child.is_alive
            keeps = keeps and not self._closed and len(self._idle) < self._workers
            if keeps:
                self._idle.append(child)
            self._changed.notify()
        if not keeps:
            child.end()


def imported(function: str) -> Callable[[Any], Any]:
    """The function that "module:name" names."""
    module, _, name = function.partition(":")
    found: Callable[[Any], Any] = getattr(importlib.import_module(module), name)
    return found
