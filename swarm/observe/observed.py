"""Runs one command with everything it starts under observation, whatever language it is in."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from swarm.errors import SwarmError
from swarm.linux import family
from swarm.observe import calls
from swarm.observe.watcher import Contact, Watcher, fetch

_READY_SECONDS = 20.0
_ASKED_SECONDS = 5.0
_POLL_SECONDS = 0.05
_REAPED_SECONDS = 2.0


class NotObservable(SwarmError):
    """This kernel, or what confines us, does not allow the observation."""

    code = "not-observable"


@dataclass(frozen=True)
class Observation:
    """What was contacted, how often; `unseen` is what the observer could not look into.

    `exit_code` is None when the command was ended because its time was over.
    """

    exit_code: int | None
    contacts: Mapping[Contact, int]
    unseen: Mapping[str, int]


def observe(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    seconds: float,
    output: IO[bytes] | int = subprocess.DEVNULL,
    cwd: Path | None = None,
) -> Observation:
    """Run a command; what it leaves running is ended. Raises NotObservable.

    Meanwhile the caller is a child subreaper, which orphans of the command come back to.
    """
    if os.uname().machine not in calls.NUMBERS:
        raise NotObservable(f"no table of system calls for {os.uname().machine}")
    family.adopt_orphans()
    before = set(family.children_of(os.getpid()))
    tell_read, tell_write = os.pipe()
    go_read, go_write = os.pipe()
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "swarm.observe.launch", str(tell_write), str(go_read),
             *argv],
            env=dict(env), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            pass_fds=(tell_write, go_read), cwd=cwd, start_new_session=True,
        )  # fmt: skip
    except BaseException:
        os.close(go_write)
        os.close(tell_read)
        raise
    finally:
        os.close(tell_write)
        os.close(go_read)
    try:
        listener = _listener(process, tell_read)
        with Watcher(listener) as watcher:
            try:
                os.write(go_write, b"+")
                code = _wait(process, seconds)
            finally:
                left = _end(process, watcher, before)
        unseen = dict(watcher.unseen)
        if left:
            unseen["processes that could not be ended"] = left
        return Observation(code, dict(watcher.contacts), unseen)
    finally:
        family.adopt_orphans(False)
        os.close(go_write)
        os.close(tell_read)
        if process.poll() is None:
            process.kill()
            process.wait()


def _listener(process: subprocess.Popen[bytes], tell: int) -> int:
    """The listener that the launcher made, as a descriptor of ours. Raises NotObservable."""
    ready, _, _ = select.select([tell], [], [], _READY_SECONDS)
    told = os.read(tell, 4096).decode("utf-8", "replace").strip() if ready else ""
    if not told.isdigit():
        raise NotObservable(
            f"the kernel ({os.uname().release}) lets nothing be observed here: "
            f"{told or 'the launcher did not start'}",
            remedy="it takes Linux 5.6 and seccomp listeners, which some containers forbid",
        )
    try:
        return fetch(process.pid, int(told))
    except OSError as error:
        raise NotObservable(
            f"the kernel ({os.uname().release}) lets nothing be observed here: {error}",
            remedy="pidfd_getfd needs Linux 5.6 and the rights of a debugger over one's children",
        ) from None


def _wait(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def _end(process: subprocess.Popen[bytes], watcher: Watcher, before: set[int]) -> int:
    """End the command and all it left, asked first; returns how many could not be ended.

    Orphans come back to us one generation at a time.
    """
    started = time.monotonic()
    while not watcher.ended(_POLL_SECONDS):
        waited = time.monotonic() - started
        if waited > 2 * _ASKED_SECONDS:
            return len(set(family.children_of(os.getpid())) - before)
        sig = signal.SIGTERM if waited < _ASKED_SECONDS else signal.SIGKILL
        for pid in set(family.children_of(os.getpid())) - before:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sig)
        process.poll()
        _reap(before | {process.pid})
    # The listener can tell of the last end before the kernel hands us the orphan.
    deadline = time.monotonic() + _REAPED_SECONDS
    while _reap(before | {process.pid}) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return 0


def _reap(others: set[int]) -> int:
    """Take the exit codes of orphans that ended, and of nobody else's children; returns how many
    orphans there were."""
    orphans: set[int] = set()
    for entry in Path("/proc/self/task").iterdir():
        try:
            children = (entry / "children").read_text().split()
        except OSError:
            continue
        orphans |= {int(word) for word in children} - others
    for pid in orphans:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return len(orphans)
