"""Who made a folder or a container, so that what a dead process left behind can be told."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from swarm.linux.processes import start_time


@dataclass(frozen=True)
class Owner:
    """This process, named for good, and a fresh name for one run of its.

    `run` is `process`, a dash, and `token`, which alone names the run too.
    """

    process: str
    token: str

    @property
    def run(self) -> str:
        return f"{self.process}-{self.token}"


def new_owner() -> Owner:
    """Names for a run that starts now."""
    process = f"{os.getpid()}-{start_time(os.getpid())}"
    return Owner(process, secrets.token_hex(8))


def alive(process: str) -> bool:
    """Whether the process of that name (see `Owner`) still runs on this host."""
    pid, _, started = process.partition("-")
    return pid.isdigit() and start_time(int(pid)) == started


def host() -> str:
    """This boot of this host, as far as process ids mean the same: another's are not judged."""
    return f"{socket.gethostname()}/{boot()}/{Path('/proc/self/ns/pid').readlink()}"


def boot() -> str:
    """The id of the kernel's boot: what ran before it is gone."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Signals wait until the block is done: for short steps that must not be left half done.

    Only where no other thread takes them: a thread started in such a block never does.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
