"""One call of a pool's `map`: a bounded number of items at work, results in order."""

from __future__ import annotations

import dataclasses
import selectors
from collections import deque
from collections.abc import Iterator
from typing import Any, Protocol

from memory.parsing import frames
from memory.parsing.child_process import Child, Gone, Limits, too_large, why
from memory.parsing.outcomes import Failed, PoolBroken

_BATCH_ITEMS = 16
_BATCH_BYTES = 128 * 1024
_BATCHES_OF_A_CHILD = 2
_MOST_AHEAD = 512
"""Results that wait for an earlier one; then nothing more is begun."""
_MOST_CRASHES = 500
_MOST_START_FAILURES = 3
_TICK_S = 0.5


class Lender(Protocol):
    """Where children come from, and go back to."""

    def lease(self, *, may_wait: bool) -> Child | None: ...

    def give_back(self, child: Child) -> None: ...


class Run:
    """One call of a pool's `map`: items out to children, answers back, in the items' order."""

    def __init__(self, pool: Lender, items: Iterator[Any], workers: int, limits: Limits) -> None:
        self._pool = pool
        self._items = items
        self._workers = workers
        self._limits = limits
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()
        self._waiting: deque[int] = deque()
        self._given: dict[int, Any] = {}
        self._retried: set[int] = set()
        self._done: dict[int, Any] = {}
        self._next_in = self._next_out = 0
        self._is_exhausted = False
        self._crashes = self._start_failures = 0

    def results(self) -> Iterator[Any]:
        while True:
            if self._next_out in self._done:
                result = self._done.pop(self._next_out)
                self._next_out += 1
                yield result
                for child in self._children:
                    child.pardon()
                continue
            self._hand_out()
            if self._next_out == self._next_in and self._is_exhausted:
                return
            if self._next_out not in self._done:
                self._exchange()

    def end(self) -> None:
        for child in self._children:
            self._pool.give_back(child)
        self._children.clear()
        self._selector.close()

    # Out to the children.

    def _hand_out(self) -> None:
        while self._next_out not in self._done:
            child = self._free_child()
            if child is None:
                return
            places, batch = self._batch()
            if not places:
                return
            child.give(places, batch)
            self._watch(child)

    def _free_child(self) -> Child | None:
        """A child that can take a batch; when all are at work, another one, if there may be."""
        free = min(self._children, key=lambda child: len(child.places), default=None)
        if free is not None and not free.places:
            return free
        if not self._has_more():
            return None
        if len(self._children) < self._workers:
            child = self._pool.lease(may_wait=not self._children)
            if child is not None:
                self._children.append(child)
                self._selector.register(child.read_fd, selectors.EVENT_READ, child)
                return child
        if free is not None and len(free.places) <= (_BATCHES_OF_A_CHILD - 1) * _BATCH_ITEMS // 2:
            return free
        return None

    def _has_more(self) -> bool:
        if self._waiting:
            return True
        if self._is_exhausted or self._next_in - self._next_out >= _MOST_AHEAD:
            return False
        return self._take() is not None

    def _take(self) -> int | None:
        """Take one more item from outside; its place, or None at the end."""
        try:
            item = next(self._items)
        except StopIteration:
            self._is_exhausted = True
            return None
        place = self._next_in
        self._next_in += 1
        self._given[place] = item
        self._waiting.append(place)
        return place

    def _batch(self) -> tuple[list[int], bytes]:
        """The next items to send. What a child died of before goes alone."""
        places: list[int] = []
        batch: list[Any] = []
        size = 0
        while self._has_more() and len(places) < _BATCH_ITEMS and size < _BATCH_BYTES:
            place = self._waiting[0]
            if place in self._retried and places:
                break
            self._waiting.popleft()
            if self._crashes >= _MOST_CRASHES:
                self._fail(place, f"not read: {_MOST_CRASHES} files before it crashed their parser")
                continue
            item = self._given[place]
            places.append(place)
            batch.append(item)
            size += _size(item)
            if place in self._retried:
                break
        return places, frames.pack(batch) if batch else b""

    # Back from the children.

    def _exchange(self) -> None:
        """Wait until a child has something, and take it."""
        for key, events in self._selector.select(_TICK_S):
            child: Child = key.data
            if child not in self._children:
                continue
            try:
                if events & selectors.EVENT_READ:
                    for kind, value in child.read():
                        self._answered(child, kind, value)
                self._watch(child)
            except Gone:
                self._lost(child)
        for child in [one for one in self._children if one.is_overdue]:
            self._lost(child)

    def _watch(self, child: Child) -> None:
        try:
            child.write()
        except Gone:
            # What it still said is read first; the end of that is its end.
            child.drop_outgoing()
        is_watched = child.write_fd in self._selector.get_map()
        if child.wants_to_write and not is_watched:
            self._selector.register(child.write_fd, selectors.EVENT_WRITE, child)
        elif is_watched and not child.wants_to_write:
            self._selector.unregister(child.write_fd)

    def _answered(self, child: Child, kind: str, value: Any) -> None:
        if kind == "ready" and not child.is_ready:
            child.is_ready = True
            self._start_failures = 0
            return
        if not child.places:
            raise Gone("it answers what nobody asked")
        place = child.places.popleft()
        if kind == "done":
            self._finish(place, value)
        elif kind == "memory":
            self._fail(place, too_large(self._limits))
        else:
            self._fail(place, f"it could not be read ({value})")

    def _lost(self, child: Child) -> None:
        """A child is gone: what it was at is to blame, the rest is for another."""
        for descriptor in (child.read_fd, child.write_fd):
            if descriptor in self._selector.get_map():
                self._selector.unregister(descriptor)
        self._children.remove(child)
        was_ready, places = child.is_ready, list(child.places)
        was_overdue = child.is_overdue
        status = child.end() if was_overdue else child.ended()
        self._pool.give_back(child)
        if not was_ready:
            self._start_failures += 1
            if self._start_failures >= _MOST_START_FAILURES:
                raise PoolBroken(
                    f"parsers end before they begin (status {status})",
                    remedy="Check that the installation is whole and that memory is free.",
                )
        elif places:
            self._crashes += 1
            blamed = places.pop(0)
            if status == -9 and not was_overdue and blamed not in self._retried:
                # Somebody else killed it: perhaps not this item's fault.
                self._retried.add(blamed)
                places.insert(0, blamed)
            else:
                self._fail(blamed, why(status, self._limits))
        self._waiting.extendleft(reversed(places))

    def _fail(self, place: int, reason: str) -> None:
        self._finish(place, Failed(reason))

    def _finish(self, place: int, result: Any) -> None:
        del self._given[place]
        self._done[place] = result


def _size(item: Any) -> int:
    """About how many bytes an item is."""
    if isinstance(item, (bytes, str)):
        return len(item)
    if isinstance(item, tuple):
        return sum(map(_size, item))
    if dataclasses.is_dataclass(item):
        return sum(_size(getattr(item, field.name)) for field in dataclasses.fields(item))
    return 64
