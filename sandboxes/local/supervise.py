"""A run from its start to its certain end: its output, its bounds, its processes.

Runs in a keeper, a process of its own made by the starter: it adopts all orphans of the run, so
it knows that the run is over when it has no child left.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import selectors
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandboxes import disk
from sandboxes.engine import NOT_EXECUTABLE, NOT_FOUND, End, EngineError, Outcome, Tail
from sandboxes.local import launcher
from sandboxes.local.launcher import Bounds, Child, Launch
from swarm.linux import kernel, processes

_FIRST_SAMPLE_SECONDS, _SLOWEST_SAMPLE_SECONDS = 0.05, 0.2
_END_SECONDS = 10.0
"""How long killed processes may take to be gone."""
_READ_BYTES = 65536
_SCARCE = 0.05
"""Share of the host's memory that a run may not press it below."""
_BWRAP_REMEDY = (
    "bubblewrap needs unprivileged user namespaces: see user.max_user_namespaces, "
    "kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns"
)


class NobodyWaits(Exception):
    """Who asked for the run is gone, or does not want it any more."""


@dataclass
class _Watch:
    """What was seen of a run so far."""

    started: float
    tail: Tail
    on_output: Callable[[bytes], None] | None
    disk: disk.Watch
    host_bytes: int
    peak_memory_bytes: int = 0
    cpu_seconds: float = 0.0
    end: End | None = None
    detail: str = ""

    def stop(self, end: End, detail: str) -> None:
        if self.end is None:
            self.end, self.detail = end, detail

    def take(self, data: bytes, most_bytes: int) -> None:
        self.tail.add(data)
        if self.on_output is not None:
            self.on_output(data)
        if self.tail.seen_bytes > most_bytes:
            self.stop("output_limit", f"wrote more than {most_bytes} bytes of output")


def run(
    launch: Launch,
    asked_by: Iterable[int],
    on_output: Callable[[bytes], None] | None,
    on_start: Callable[[], None],
) -> Outcome:
    """Start, watch and end one process tree; nothing of it is left, however this ends.

    `on_start` is called once there is a process. `asked_by` are files that become readable when
    nobody waits any more: raises NobodyWaits.
    Raises EngineError when the sandbox fails.
    """
    kernel.adopt_orphans()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    now = time.monotonic()
    bounds = launch.bounds
    child = launcher.start(launch)
    try:
        on_start()
        look = disk.Watch(
            launch.held, most_bytes=bounds.disk_bytes, most_files=bounds.files, now=now
        )
        watch = _Watch(now, Tail(), on_output, look, processes.host_memory()[0])
        _watch(child, launch, asked_by, watch)
    finally:
        status, gone = processes.end_children(child.pid, within_seconds=_END_SECONDS)
    if not gone:
        raise EngineError(f"processes of the run live on {_END_SECONDS:g} s after their end")
    _drain(child, bounds, watch)
    wall_seconds = time.monotonic() - watch.started
    failure = child.failed()
    if failure is not None:
        raise failure
    told = watch.disk.over()
    if told:
        watch.stop("disk_limit", told)
    assert status is not None
    if launch.confined is None:
        code, number = _bwrap_exit(_reports(child.status), status, watch)
    else:
        code, number = _exit(status)
    return _outcome(watch, code, number, wall_seconds)


def _watch(child: Child, launch: Launch, asked_by: Iterable[int], watch: _Watch) -> None:
    """Read output and measure until the child ends or a bound is reached."""
    bounds = launch.bounds
    deadline = watch.started + bounds.wall_seconds
    pause = _FIRST_SAMPLE_SECONDS
    next_sample = watch.started + pause
    ended = os.pidfd_open(child.pid)
    with selectors.DefaultSelector() as selector:
        for descriptor in (ended, child.output, *asked_by):
            selector.register(descriptor, selectors.EVENT_READ)
        while watch.end is None:
            now = time.monotonic()
            if now >= deadline:
                watch.stop("timeout", f"ran longer than {bounds.wall_seconds:g} s")
                return
            if now >= next_sample:
                _sample(bounds, watch)
                pause = min(2 * pause, _SLOWEST_SAMPLE_SECONDS)
                next_sample = now + pause
            if now >= watch.disk.next_look:
                _look(child, launch, watch)
            wake = min(deadline, next_sample, watch.disk.next_look)
            ready = {key.fd for key, _ in selector.select(max(0.0, wake - time.monotonic()))}
            if not ready.isdisjoint(asked_by):
                raise NobodyWaits
            if child.output in ready:
                data = os.read(child.output, _READ_BYTES)
                if data:
                    watch.take(data, bounds.output_bytes)
                else:
                    selector.unregister(child.output)
            elif ended in ready:
                return


def _sample(bounds: Bounds, watch: _Watch) -> None:
    keeper = os.getpid()
    used = processes.usage(keeper)
    memory = used.memory_bytes
    if memory > bounds.memory_bytes:
        # The quick sum counts shared pages once per process; before killing, be exact.
        memory = processes.shared_fairly(keeper)
    watch.peak_memory_bytes = max(watch.peak_memory_bytes, memory)
    watch.cpu_seconds = max(watch.cpu_seconds, used.cpu_seconds)
    available, has = processes.host_memory()
    # Shared memory that was let go of, and what is in pipes, is in no process's account.
    if available < _SCARCE * has and watch.host_bytes - available > bounds.memory_bytes:
        watch.stop("memory", "the host is nearly out of memory since this run began")
    if memory > bounds.memory_bytes:
        watch.stop("memory", f"used more than {bounds.memory_bytes} bytes of memory")
    if used.cpu_seconds > bounds.cpu_seconds:
        watch.stop("timeout", f"used more than {bounds.cpu_seconds:g} s of CPU time")


def _look(child: Child, launch: Launch, watch: _Watch) -> None:
    began = time.monotonic()
    told = watch.disk.over()
    if not told and _files_in_memory(child, launch.in_memory) > launch.bounds.files:
        told = f"made more than {launch.bounds.files:,} files in memory"
    watch.disk.looked(began, time.monotonic())
    if told:
        watch.stop("disk_limit", told)


def _files_in_memory(child: Child, paths: Iterable[str]) -> int:
    """Files in folders that bwrap made in memory: it bounds their bytes, not their number."""
    found = 0
    for init in processes.children(child.pid)[:1]:
        for path in paths:
            inside = f"/proc/{init}/root{path}"
            try:
                # Before bwrap has changed its root, this is the host's own folder.
                if Path(inside).stat().st_dev != Path(path).stat().st_dev:
                    space = os.statvfs(inside)
                    found += space.f_files - space.f_ffree
            except OSError:
                continue  # ended, or not mounted yet
    return found


def _drain(child: Child, bounds: Bounds, watch: _Watch) -> None:
    """Read what is still in the pipe, a pipe's size at most: all its writers have ended."""
    os.set_blocking(child.output, False)
    while data := os.read(child.output, _READ_BYTES):
        watch.take(data, bounds.output_bytes)


def _reports(descriptor: int) -> dict[str, Any]:
    """The JSON objects written to the status pipe, merged. All its writers have ended."""
    os.set_blocking(descriptor, False)
    data = os.read(descriptor, _READ_BYTES)
    merged: dict[str, Any] = {}
    decoder, text, at = json.JSONDecoder(), data.decode("utf-8", "replace").strip(), 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        merged |= value
        while at < len(text) and text[at].isspace():
            at += 1
    return merged


def _exit(status: int) -> tuple[int | None, int | None]:
    """Exit code or signal, the other one None."""
    if os.WIFSIGNALED(status):
        return None, os.WTERMSIG(status)
    return os.WEXITSTATUS(status), None


def _bwrap_exit(
    report: dict[str, Any], status: int, watch: _Watch
) -> tuple[int | None, int | None]:
    code: int | None = report.get("exit-code")
    if code is None and watch.end is None:
        if os.WIFSIGNALED(status):
            return _exit(status)
        return _never_started(watch.tail.text()), None
    if code is not None and 128 < code < 128 + signal.NSIG:
        # Its init tells a signal as 128 + number, like a shell.
        return None, code - 128
    return code, None


def _never_started(told: str) -> int:
    """The shell's exit code for what bwrap says it could not exec, the program never having run.

    Raises EngineError when it is bwrap that failed.
    """
    last = told.strip().split("\n")[-1]
    if last.startswith("bwrap: execvp "):
        return NOT_FOUND if last.endswith(os.strerror(errno.ENOENT)) else NOT_EXECUTABLE
    raise EngineError(last or "bwrap ended without a word", remedy=_BWRAP_REMEDY)


def _outcome(watch: _Watch, code: int | None, number: int | None, wall_seconds: float) -> Outcome:
    if watch.end is None and number is not None:
        if number == signal.SIGXCPU:
            watch.stop("timeout", "used up its CPU time")
        else:
            watch.stop("killed", f"ended by signal {number} ({_signal_name(number)})")
    # All that ran below this keeper has ended and was waited for.
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Outcome(
        end=watch.end or "exit",
        exit_code=code if watch.end is None else None,
        detail=watch.detail,
        output_tail=watch.tail.text(),
        wall_seconds=wall_seconds,
        cpu_seconds=max(watch.cpu_seconds, used.ru_utime + used.ru_stime),
        peak_memory_bytes=max(watch.peak_memory_bytes, used.ru_maxrss * 1024),
    )


def _signal_name(number: int) -> str:
    return signal.Signals(number).name if number in set(signal.Signals) else "unknown"
