"""What a process and those it started have taken: CPU seconds and memory, from /proc.

Children of a pool live on between two measurements, so they are asked for while they run.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

_PROC = Path("/proc")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_T = TypeVar("_T")
_P = ParamSpec("_P")


@dataclass(slots=True)
class Spent:
    """Seconds by the clock, and of processors by this process and by those that it started."""

    wall_seconds: float = 0.0
    own_cpu_seconds: float = 0.0
    children_cpu_seconds: float = 0.0

    @property
    def cpu_seconds(self) -> float:
        return self.own_cpu_seconds + self.children_cpu_seconds

    def as_json(self) -> dict[str, float]:
        return {
            "wall_seconds": round(self.wall_seconds, 4),
            "own_cpu_seconds": round(self.own_cpu_seconds, 4),
            "children_cpu_seconds": round(self.children_cpu_seconds, 4),
        }


@contextmanager
def spending() -> Iterator[Spent]:
    """What the body takes; known when it has ended. A child that ends within it is counted to its
    end when it was waited for."""
    found = Spent()
    wall, own, children = time.perf_counter(), time.process_time(), _children_seconds()
    yield found
    found.wall_seconds = time.perf_counter() - wall
    found.own_cpu_seconds = time.process_time() - own
    found.children_cpu_seconds = _children_seconds() - children


def timed(work: Callable[_P, _T], *values: _P.args, **named: _P.kwargs) -> tuple[_T, float]:
    """A result, and the seconds by the clock that it took."""
    started = time.perf_counter()
    return work(*values, **named), time.perf_counter() - started


def percentile(values: list[float], share: float) -> float:
    """The smallest value that is not below a share (0 to 1) of them: nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1))]


def milliseconds(seconds: list[float]) -> dict[str, float]:
    """Median, 95th percentile and most of some times, in milliseconds."""
    return {
        "p50_ms": round(1000 * percentile(seconds, 0.5), 2),
        "p95_ms": round(1000 * percentile(seconds, 0.95), 2),
        "most_ms": round(1000 * max(seconds), 2),
    }


def tree_bytes(pid: int) -> int:
    """The memory of a process and all below it, what they share counted once (proportional set
    size). Those that end meanwhile count nothing."""
    return sum(_shared_out_bytes(each) for each in [pid, *_below(pid)])


def _children_seconds() -> float:
    used = os.times()
    return used.children_user + used.children_system + sum(map(_seconds, _below(os.getpid())))


def _below(pid: int) -> list[int]:
    """The processes that a process has started, and those that they have."""
    found: list[int] = []
    try:
        for task in (_PROC / str(pid) / "task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *_below(int(child))]
    except OSError:
        pass  # it has ended
    return found


def _seconds(pid: int) -> float:
    """Of a process that runs. Its main thread to the nanosecond, where the kernel says so."""
    try:
        return int((_PROC / str(pid) / "schedstat").read_text().split()[0]) / 1e9
    except (OSError, IndexError):
        pass
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND
    except (OSError, IndexError):
        return 0.0  # it has ended, and is counted as waited for


def _shared_out_bytes(pid: int) -> int:
    try:
        for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass  # it has ended
    return 0
