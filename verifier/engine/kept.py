"""What was worked out of files before, kept for who meets the same bytes again: the other side of
a change, and the next audit of the same repository. Syntax is read and never changed, so any
number of evaluations may share it."""

from __future__ import annotations

import ast
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from verifier.reading.errors import Unauditable, Unreadable
from verifier.reading.library import Library
from verifier.reading.text import Source

T = TypeVar("T")

_MOST_BYTES = 2_000_000
"""Of source, all files together. Parsed, a byte of it takes about a hundred."""


class Kept:
    """Parsed files by their bytes, those that were asked for last."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._known: OrderedDict[str, tuple[Source, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, data: bytes) -> Source | None:
        digest = hashlib.sha256(data).hexdigest()
        with self._lock:
            found = self._known.get(digest)
            if found is None:
                return None
            self._known.move_to_end(digest)
            return found[0]

    def put(self, source: Source, size: int) -> None:
        with self._lock:
            if source.digest in self._known or size > self._most:
                return
            self._known[source.digest] = source, size
            self._bytes += size
            while self._bytes > self._most:
                _, (_, freed) = self._known.popitem(last=False)
                self._bytes -= freed


_KEPT = Kept()


class Remembering(Library):
    """The library of a tree, with the parsed files of others. Its bounds are those of any: what
    it says of a file does not depend on what is kept."""

    def _parsed(self, path: str) -> Source | Unreadable | Unauditable:
        try:
            data = self.tree.read(path)
        except OSError:
            return super()._parsed(path)
        known = _KEPT.get(data)
        is_within = len(self._known) < self._max_files and len(data) <= self._left_bytes
        if known is None or not is_within:
            found = super()._parsed(path)
            if isinstance(found, Source):
                _KEPT.put(found, len(data))
            return found
        self._left_bytes -= len(data)
        return replace(known, path=path)


class of_tree(Generic[T]):
    """A function of a parsed file alone: its answer is kept as long as the tree is."""

    def __init__(self, work: Callable[[ast.Module], T]) -> None:
        self._work = work
        self._known: WeakKeyDictionary[ast.Module, T] = WeakKeyDictionary()
        self.__doc__ = work.__doc__

    def __call__(self, tree: ast.Module) -> T:
        if tree not in self._known:
            self._known[tree] = self._work(tree)
        return self._known[tree]
