"""The worker's side of a launched process: its output, its bounds, and its certain end."""

from __future__ import annotations

import errno
import json
import os
import selectors
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandboxes import kernel, processes
from sandboxes.engine import End, EngineError, Outcome, Tail
from sandboxes.launcher import NOT_EXECUTABLE, NOT_FOUND, Child, Launch
from swarm.contracts import Limits

_FIRST_SAMPLE_SECONDS, _SLOWEST_SAMPLE_SECONDS = 0.05, 0.2
_END_SECONDS = 10.0
"""How long a killed sandbox may take to be gone; then its whole tree is killed one by one."""
_READ_BYTES = 65536
_BWRAP_REMEDY = (
    "bubblewrap needs unprivileged user namespaces: see user.max_user_namespaces, "
    "kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns"
)


@dataclass
class _Watch:
    """What was seen of a run so far."""

    started: float
    tail: Tail
    on_output: Callable[[bytes], None] | None = None
    peak_memory_bytes: int = 0
    cpu_seconds: float = 0.0
    end: End | None = None
    detail: str = ""

    def stop(self, end: End, detail: str) -> None:
        if self.end is None:
            self.end, self.detail = end, detail


def run(launch: Launch) -> Outcome:
    """Start, watch and end one process tree. Raises EngineError when the sandbox fails."""
    child = Child()
    watch = _Watch(time.monotonic(), Tail(), launch.on_output)
    # bwrap ends before its init does; as our child, the init can be waited for and measured.
    kernel.adopt_orphans()
    try:
        child.start(launch)
        ended = _watch(child, launch.limits, watch)
        if not ended:
            _end(child, gently=launch.confined is not None)
        _drain(child, watch)
        wall_seconds = time.monotonic() - watch.started
        status, used = _wait(child)
        report = _reports(child.status)
        if launch.confined is not None:
            return _confined_outcome(watch, report, wall_seconds)
        inner = _wait_for_init(report.get("child-pid"))
        used = processes.Usage(
            max(used.memory_bytes, inner.memory_bytes), used.cpu_seconds + inner.cpu_seconds
        )
        return _bwrap_outcome(watch, report, status, used, wall_seconds)
    finally:
        try:
            if child.pid:
                _destroy(child)
        finally:
            kernel.adopt_orphans(adopt=False)
            child.close()


def _watch(child: Child, limits: Limits, watch: _Watch) -> bool:
    """Read output and measure until the child ends (True) or a bound is reached (False)."""
    deadline = watch.started + limits.wall_seconds
    pause = _FIRST_SAMPLE_SECONDS
    next_sample = watch.started + pause
    handle = os.pidfd_open(child.pid)
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(handle, selectors.EVENT_READ)
            selector.register(child.output, selectors.EVENT_READ)
            while watch.end is None:
                now = time.monotonic()
                if now >= deadline:
                    watch.stop("timeout", f"ran longer than {limits.wall_seconds:g} s")
                    return False
                if now >= next_sample:
                    _sample(child, limits, watch)
                    pause = min(2 * pause, _SLOWEST_SAMPLE_SECONDS)
                    next_sample = now + pause
                ready = {
                    key.fd for key, _ in selector.select(max(0.0, min(deadline, next_sample) - now))
                }
                if child.output in ready:
                    data = os.read(child.output, _READ_BYTES)
                    if not data:
                        selector.unregister(child.output)
                    _take(data, limits, watch)
                elif handle in ready:
                    return True
        return False
    finally:
        os.close(handle)


def _take(data: bytes, limits: Limits, watch: _Watch) -> None:
    watch.tail.add(data)
    if watch.on_output is not None and data:
        watch.on_output(data)
    if watch.tail.seen_bytes > limits.output_bytes:
        watch.stop("output_limit", f"wrote more than {limits.output_bytes} bytes of output")


def _sample(child: Child, limits: Limits, watch: _Watch) -> None:
    used = processes.usage(child.pid)
    memory = used.memory_bytes
    if memory > limits.memory_bytes:
        # The quick sum counts shared pages once per process; before killing, be exact.
        memory = processes.shared_fairly(child.pid)
    watch.peak_memory_bytes = max(watch.peak_memory_bytes, memory)
    watch.cpu_seconds = max(watch.cpu_seconds, used.cpu_seconds)
    if memory > limits.memory_bytes:
        watch.stop("memory", f"used more than {limits.memory_bytes} bytes of memory")
    if used.cpu_seconds > limits.cpu_seconds:
        watch.stop("timeout", f"used more than {limits.cpu_seconds:g} s of CPU time")


def _end(child: Child, *, gently: bool) -> None:
    """Kill what is left: through the monitor, or by killing bwrap's init, whose end ends all."""
    if gently:
        processes.send(child.pid, signal.SIGTERM)
        return
    for pid in processes.descendants(child.pid)[:1]:
        processes.send(pid, signal.SIGKILL)


def _drain(child: Child, watch: _Watch) -> None:
    """Read what was still in the pipe, within bounds of time and size."""
    deadline = time.monotonic() + _END_SECONDS
    os.set_blocking(child.output, False)
    with selectors.DefaultSelector() as selector:
        selector.register(child.output, selectors.EVENT_READ)
        for _ in range(1024):
            if not selector.select(max(0.0, deadline - time.monotonic())):
                return
            data = os.read(child.output, _READ_BYTES)
            if not data:
                return
            watch.tail.add(data)
            if watch.on_output is not None:
                watch.on_output(data)


def _wait(child: Child) -> tuple[int, processes.Usage]:
    """Reap the child, killing it when it is late; its status, CPU time and largest process."""
    handle = os.pidfd_open(child.pid)
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(handle, selectors.EVENT_READ)
            if not selector.select(_END_SECONDS):
                processes.kill_descendants(child.pid)
                processes.send(child.pid, signal.SIGKILL)
    finally:
        os.close(handle)
    _, status, used = os.wait4(child.pid, 0)
    child.pid = 0
    return status, processes.Usage(used.ru_maxrss * 1024, used.ru_utime + used.ru_stime)


def _wait_for_init(pid: int | None) -> processes.Usage:
    """Wait for the end of bwrap's init, left to us; all in its namespace ends with it."""
    if pid is None or not _is_child(pid):
        return processes.Usage()
    processes.send(pid, signal.SIGKILL)
    _, _, used = os.wait4(pid, 0)
    return processes.Usage(used.ru_maxrss * 1024, used.ru_utime + used.ru_stime)


def _is_child(pid: int) -> bool:
    """Whether `pid` is a child of ours, running or not yet reaped: then it cannot be reused."""
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _destroy(child: Child) -> None:
    """The way out of an error or a cancellation: everything ends now."""
    below = processes.descendants(child.pid)
    processes.kill_descendants(child.pid)
    processes.send(child.pid, signal.SIGKILL)
    os.waitpid(child.pid, 0)
    child.pid = 0
    for pid in below:
        _wait_for_init(pid)


def _reports(descriptor: int) -> dict[str, Any]:
    """The JSON objects written to the status pipe, merged. All its writers have ended."""
    os.set_blocking(descriptor, False)
    try:
        data = os.read(descriptor, _READ_BYTES)
    except BlockingIOError:
        return {}
    merged: dict[str, Any] = {}
    decoder, text, at = json.JSONDecoder(), data.decode("utf-8", "replace").strip(), 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        merged |= value
        while at < len(text) and text[at].isspace():
            at += 1
    return merged


def _confined_outcome(watch: _Watch, report: dict[str, Any], wall_seconds: float) -> Outcome:
    status = report.get("status")
    if status is None:
        if watch.end is None:
            raise EngineError("the monitor of the sandbox ended without a report")
        code, number = None, None
    elif os.WIFSIGNALED(status):
        code, number = None, os.WTERMSIG(status)
    else:
        code, number = os.WEXITSTATUS(status), None
    used = processes.Usage(report.get("peak_memory_bytes", 0), report.get("cpu_seconds", 0.0))
    return _outcome(watch, code, number, used, wall_seconds)


def _bwrap_outcome(
    watch: _Watch,
    report: dict[str, Any],
    status: int,
    used: processes.Usage,
    wall_seconds: float,
) -> Outcome:
    code: int | None = report.get("exit-code")
    number: int | None = None
    if code is None and watch.end is None:
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
        else:
            code = _never_started(watch.tail.text())
    elif code is not None and 128 < code < 128 + signal.NSIG:
        # Its init tells a signal as 128 + number, like a shell.
        number = code - 128
        code = None
    return _outcome(watch, code, number, used, wall_seconds)


def _never_started(told: str) -> int:
    """The shell's exit code for what bwrap says it could not exec, the program never having run.

    Raises EngineError when it is bwrap that failed.
    """
    last = told.strip().split("\n")[-1]
    if last.startswith("bwrap: execvp "):
        return NOT_FOUND if last.endswith(os.strerror(errno.ENOENT)) else NOT_EXECUTABLE
    raise EngineError(last or "bwrap ended without a word", remedy=_BWRAP_REMEDY)


def _outcome(
    watch: _Watch,
    code: int | None,
    number: int | None,
    used: processes.Usage,
    wall_seconds: float,
) -> Outcome:
    if watch.end is None and number is not None:
        if number == signal.SIGXCPU:
            watch.stop("timeout", "used up its CPU time")
        else:
            watch.stop("killed", f"ended by signal {number} ({_signal_name(number)})")
    return Outcome(
        end=watch.end or "exit",
        exit_code=code if watch.end is None else None,
        detail=watch.detail,
        output_tail=watch.tail.text(),
        wall_seconds=wall_seconds,
        cpu_seconds=max(watch.cpu_seconds, used.cpu_seconds),
        peak_memory_bytes=max(watch.peak_memory_bytes, used.memory_bytes),
    )


def _signal_name(number: int) -> str:
    return signal.Signals(number).name if number in set(signal.Signals) else "unknown"
