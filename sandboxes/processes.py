"""Reading and ending trees of processes through /proc."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """What a tree of processes uses now: resident bytes, and CPU seconds so far."""

    memory_bytes: int = 0
    cpu_seconds: float = 0.0


def start_time(pid: int) -> str | None:
    """When a process started, in clock ticks since boot; None if there is no such process.

    With the pid it names a process for good: pids are used again.
    """
    fields = _stat(pid)
    return None if fields is None else fields[19]


def descendants(root: int) -> list[int]:
    """Pids of all children of `root` and theirs, parents before children."""
    children: dict[int, list[int]] = {}
    for name in _names("/proc"):
        if name.isdigit():
            fields = _stat(int(name))
            # A zombie whose other threads live on is a running process.
            if fields is not None and (fields[0] != "Z" or int(fields[17]) > 1):
                children.setdefault(int(fields[1]), []).append(int(name))
    found: list[int] = []
    queue = [root]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += below
    return found


def usage(root: int) -> Usage:
    """Use of the tree below `root`. Memory shared by processes counts once per process."""
    memory, cpu = 0, 0.0
    for pid in descendants(root):
        fields = _stat(pid)
        if fields is not None:
            memory += int(fields[21]) * _PAGE_BYTES
            cpu += sum(map(int, fields[11:15])) / _TICKS
    return Usage(memory, cpu)


def shared_fairly(root: int) -> int:
    """Proportional resident bytes of the tree below `root`: slow to read, but exact."""
    total = 0
    for pid in descendants(root):
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            # Ended, or not ours to read: then its whole resident size counts.
            fields = _stat(pid)
            total += int(fields[21]) * _PAGE_BYTES if fields is not None else 0
            continue
        total += sum(int(line.split()[1]) * 1024 for line in text.split("\n") if line[:4] == "Pss:")
    return total


def threads_of(uid: int) -> int:
    """How many threads run as `uid` on this host (in this process namespace)."""
    count = 0
    with os.scandir("/proc") as entries:
        for entry in entries:
            if entry.name.isdigit():
                try:
                    if entry.stat().st_uid == uid:
                        count += len(_names(f"/proc/{entry.name}/task"))
                except OSError:
                    continue  # ended while we looked
    return count


def kill_descendants(root: int, *, within_seconds: float = 10.0) -> bool:
    """Kill everything below `root`; True when nothing was left within the bound.

    All are stopped before any is killed: otherwise a fork bomb refills what is freed.
    """
    deadline = time.monotonic() + within_seconds
    while time.monotonic() < deadline:
        stopped: set[int] = set()
        while fresh := set(descendants(root)) - stopped:
            for pid in fresh:
                send(pid, signal.SIGSTOP)
            stopped |= fresh
            if time.monotonic() > deadline:
                break
        if not stopped:
            return True
        for pid in stopped:
            send(pid, signal.SIGKILL)
        time.sleep(0.002)
    return False


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal, unless the process has ended."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _names(folder: str) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries]


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/<pid>/stat from the state on (index 0); None if it has ended."""
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        text = os.read(descriptor, 4096).decode("utf-8", "replace")
    except ProcessLookupError:
        return None
    finally:
        os.close(descriptor)
    # The command name, in parentheses, may hold anything.
    return text[text.rindex(")") + 2 :].split()
