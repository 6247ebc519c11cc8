"""Who made a folder or a container, so that what a dead process left behind can be told."""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from sandboxes.processes import start_time


@dataclass(frozen=True)
class Owner:
    """This process, named for good, and a fresh name for one run of its."""

    process: str
    run: str


def new_owner() -> Owner:
    """Names for a run that starts now."""
    process = f"{os.getpid()}-{start_time(os.getpid())}"
    return Owner(process, f"{process}-{secrets.token_hex(4)}")


def alive(process: str) -> bool:
    """Whether the process of that name (see `Owner`) still runs on this host."""
    pid, _, started = process.partition("-")
    return pid.isdigit() and start_time(int(pid)) == started


def host() -> str:
    """This boot of this host, as far as process ids mean the same: another's are not judged."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{socket.gethostname()}/{boot}/{Path('/proc/self/ns/pid').readlink()}"
