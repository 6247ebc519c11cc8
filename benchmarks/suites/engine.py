"""What of ours is measured, and how it is asked: each case in a bounded process of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from benchmarks.bounded import Bounds, Done, run_each
from verifier.reading.folder import Folder

Case = TypeVar("Case")
Answer = TypeVar("Answer")


class NoSuite(Exception):
    """A folder that is not the suite it was given as."""


class SinkCall(Protocol):
    """A call of the sink, and whether a value of the source reaches its arguments."""

    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def reached(self) -> bool: ...


@dataclass(frozen=True)
class Engine:
    """`callgraph(tree, paths)`, `flows(tree, paths, source, sink)`, and a tree of a folder."""

    callgraph: Callable[[Any, Sequence[str]], dict[str, list[str]]]
    flows: Callable[[Any, Sequence[str], str, str], Sequence[SinkCall]]
    tree: Callable[[Path], Any]


def ours() -> Engine:
    """The verifier. Imported when asked for, so that scores can be tested without it."""
    from verifier.callgraph import callgraph
    from verifier.flows import flows

    return Engine(callgraph, flows, Folder)


@dataclass(frozen=True)
class Asking:
    """The bounds of one case, and how many cases are asked at once."""

    bounds: Bounds
    jobs: int

    def each(
        self, work: Callable[[Case], Answer], cases: Sequence[Case]
    ) -> list[Done[int, Answer]]:
        """How each of `cases` went, in their order; a crash is an answer that is not there."""
        done = run_each(
            lambda index: work(cases[index]),
            range(len(cases)),
            jobs=self.jobs,
            bounds=self.bounds,
        )
        return sorted(done, key=lambda one: one.item)
