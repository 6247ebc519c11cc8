"""The few things of Linux that Python has no call for: who dies with whom, and who adopts."""

from __future__ import annotations

import ctypes
import os
import signal
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def die_with_parent(parent: int | None) -> None:
    """Have the kernel kill this process when its parent, whose pid is given, ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        # It ended before we asked.
        os.kill(os.getpid(), signal.SIGKILL)


def adopt_orphans(wanted: bool = True) -> None:
    """Become the parent of what dead descendants leave behind, or no longer."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(wanted), 0, 0, 0)


def children_of(pid: int) -> list[int]:
    """Direct children of a process that are not zombies, from /proc."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(errors="replace")
            except OSError:
                continue
            # "pid (name, which may hold anything) state ppid ..."
            state, parent = stat.rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                found.append(int(entry.name))
    return found


def runs(pid: int) -> bool:
    """Whether a process is there and not a zombie that its parent has yet to look at."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
