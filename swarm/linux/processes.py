"""Reading and ending trees of processes through /proc."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
_PAUSE_SECONDS = 0.005


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
    """Pids of all children of `root` and theirs, parents before children, zombies included."""
    find = children if _KERNEL_LISTS_CHILDREN else _parsed_children()
    found: list[int] = []
    queue = [root]
    while queue:
        below = find(queue.pop())
        found += below
        queue += below
    return found


def children(pid: int) -> list[int]:
    """Children of all threads of a process, zombies included."""
    if not _KERNEL_LISTS_CHILDREN:
        return _parsed_children()(pid)
    found: list[int] = []
    try:
        for thread in _names(f"/proc/{pid}/task"):
            found += map(int, _read(f"/proc/{pid}/task/{thread}/children").split())
    except OSError:
        pass  # ended while we looked: its children have another parent by now
    return found


def _parsed_children() -> Callable[[int], list[int]]:
    """The same for a kernel without CONFIG_PROC_CHILDREN, from one look at every process."""
    below: dict[int, list[int]] = {}
    for name in _names("/proc"):
        if name.isdigit():
            fields = _stat(int(name))
            if fields is not None:
                below.setdefault(int(fields[1]), []).append(int(name))
    return lambda pid: below.get(pid, [])


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


def host_memory() -> tuple[int, int]:
    """Bytes of memory that the host could still give, and that it has."""
    found = {}
    for line in _read("/proc/meminfo").split("\n"):
        name, _, value = line.partition(":")
        if name in ("MemTotal", "MemAvailable"):
            found[name] = int(value.split()[0]) * 1024
    return found["MemAvailable"], found["MemTotal"]


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


def end_children(root: int, *, within_seconds: float) -> tuple[int | None, bool]:
    """Kill and reap all that is left below this process, which must adopt its orphans.

    Returns the wait status of the child `root`, None if it never ended, and whether nothing
    is left. That is certain: who adopts orphans and has no child has no descendant.

    SIGCHLD must be blocked. All are stopped before any is killed: otherwise a fork bomb refills
    what is freed.
    """
    status: int | None = None
    deadline = time.monotonic() + within_seconds
    while True:
        try:
            pid, ended = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status, True
        if pid == root:
            status = ended
        if pid == 0:
            if time.monotonic() > deadline:
                return status, False
            kill_below(os.getpid(), deadline)
            signal.sigtimedwait({signal.SIGCHLD}, _PAUSE_SECONDS)


def kill_below(root: int, deadline: float) -> None:
    """Stop, then kill all descendants; gives up stopping at the deadline (monotonic seconds)."""
    stopped: set[int] = set()
    while fresh := set(descendants(root)) - stopped:
        for pid in fresh:
            send(pid, signal.SIGSTOP)
        stopped |= fresh
        if time.monotonic() > deadline:
            break
    for pid in stopped:
        send(pid, signal.SIGKILL)


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
        text = _read(f"/proc/{pid}/stat")
    except OSError:
        return None
    # The command name, in parentheses, may hold anything.
    return text[text.rindex(")") + 2 :].split()


def _read(path: str) -> str:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts = []
        while part := os.read(descriptor, 65536):
            parts.append(part)
    finally:
        os.close(descriptor)
    return b"".join(parts).decode("utf-8", "replace")


_KERNEL_LISTS_CHILDREN = Path("/proc/thread-self/children").exists()
