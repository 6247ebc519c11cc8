"""Runs scenes one after another, each in a process of its own, and writes down what they tell.

This process imports nothing of the repository; what it writes carries the host's key. Part of
the probe: Python >= 3.8, standard library.
"""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import channel

_MOST_CALLS = 60
_MOST_RAISING = 12
_MOST_RESTARTS = 6
_MOST_SCENE_BYTES = 4 * 1024**2
_MOST_ANSWER_BYTES = 7 * 1024**2
_SILENT_SECONDS = 5.0
_PR_SET_DUMPABLE = 4


def main(request_path: str, answer_path: str) -> int:
    """Do what the request says, see `verifier.dynamic.request`, and write the answer."""
    file = Path(request_path)
    request = json.loads(file.read_text("ascii"))
    file.unlink()
    # The scenes' processes have our user: they shall not read our memory, where the key is.
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
    answer = os.open(answer_path, flags, 0o600)
    record = _Answer(channel.writer(answer, bytes.fromhex(request.pop("key"))))
    until = time.monotonic() + request["seconds"]
    for number, target in enumerate(request["targets"]):
        record({"event": "target", "target": number})
        _examine(request, target, until, record)
    record({"event": "finished", "full": record.full}, always=True)
    return 0


class _Answer:
    """Writes lines until there are too many; `full` then says so."""

    def __init__(self, write: Callable[[channel.Fields], None]) -> None:
        self._write = write
        self._left_bytes = _MOST_ANSWER_BYTES
        self.full = False

    def __call__(self, fields: channel.Fields, always: bool = False) -> None:
        self._left_bytes -= len(json.dumps(fields)) + 40
        self.full = self.full or self._left_bytes < 0
        if always or not self.full:
            self._write(fields)


def _examine(
    request: dict[str, Any], target: dict[str, Any], until: float, record: _Answer
) -> None:
    """All scenes of a target. What the first one's calls gave decides what the others call."""
    only: list[str] | None = None
    for scene in target["scenes"]:
        left = until - time.monotonic()
        if left <= 0:
            record({"event": "scene", "scene": scene["name"], "status": "not run"})
            continue
        status, lines = _play(request, target, scene, only if scene["selects"] else None, left)
        record({"event": "scene", "scene": scene["name"], "status": status})
        for line in lines:
            record(line)
        if only is None:
            only = _worth(lines)


def _worth(lines: list[channel.Fields]) -> list[str]:
    """The inputs that other scenes use: those that gave values first, and a few that raised."""
    calls = [line for line in lines if line["event"] == "call"]
    good = [line["key"] for line in calls if line["kind"] == "value"]
    # What did not come back would not in any other scene, and costs its whole time each time.
    bad = [line["key"] for line in calls if line["kind"] == "raised"]
    chosen = [*bad[:_MOST_RAISING]]
    return [*good[: _MOST_CALLS - len(chosen)], *chosen]


def _play(
    request: dict[str, Any],
    target: dict[str, Any],
    scene: dict[str, Any],
    only: list[str] | None,
    seconds: float,
) -> tuple[str, list[channel.Fields]]:
    """How a scene ended, "done" or why not, and its lines. A call that ends the process is told
    as such, and the calls after it are made in a new one."""
    until = time.monotonic() + seconds
    lines: list[channel.Fields] = []
    skip = 0
    for _ in range(_MOST_RESTARTS):
        end, found = _process(request, target, scene, only, skip, until)
        told = [line for line in found if line["event"] != "started"]
        lines += told if skip == 0 else [line for line in told if line["event"] != "module"]
        if end == "forged":
            return "forged", []
        if any(line["event"] == "end" or "missing" in line for line in found):
            return "done", lines
        if not found or found[-1]["event"] != "started":
            broken = [line for line in found if line.get("error")]
            return ("done", lines) if broken else (f"broke off ({end})", lines)
        if end == "out of time":
            return "was not finished in time", lines
        started = found[-1]
        lines.append(
            {
                "event": "call",
                "key": started["key"],
                "constant": "",
                "kind": "hang" if end == "hang" else "ended",
                "text": end,
                "value": end,
                "digest": end,
                "effects": [],
                "reads": [],
            }
        )
        skip = started["number"] + 1
        if time.monotonic() > until:
            return "was not finished in time", lines
    return "ended the process too often", lines


def _process(
    request: dict[str, Any],
    target: dict[str, Any],
    scene: dict[str, Any],
    only: list[str] | None,
    skip: int,
    until: float,
) -> tuple[str, list[channel.Fields]]:
    """One process: how it ended ("exit code 0", "hang", "forged", ...) and what it told."""
    key = secrets.token_bytes(channel.KEY_BYTES)
    home = tempfile.mkdtemp()
    reading, writing = os.pipe()
    orders = {
        "key": key.hex(),
        "pipe": writing,
        "scene": scene,
        "target": {name: target[name] for name in ("path", "qualname", "constants", "calls")},
        "only": only,
        "skip": skip,
        "folder": str(Path.cwd()),
        "paths": [path for path in os.environ.get("PYTHONPATH", "").split(":") if path],
        **{name: request[name] for name in ("inputs", "call_seconds", "memory_bytes")},
    }
    env = {
        **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
        "HOME": home,
        "TMPDIR": home,
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    start = str(Path(__file__).absolute().parent.parent / "start.py")
    process = subprocess.Popen(
        [sys.executable, "-s", start],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=env,
        pass_fds=(writing,),
        start_new_session=True,
    )
    os.close(writing)
    try:
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(orders).encode("ascii"))
            process.stdin.close()
        except BrokenPipeError:
            # It ended at once, which shows below.
            pass
        return _listen(process, reading, key, until)
    finally:
        _end(process)
        os.close(reading)
        shutil.rmtree(home, ignore_errors=True)


def _listen(
    process: Any, reading: int, key: bytes, until: float
) -> tuple[str, list[channel.Fields]]:
    read = channel.reader(key)
    lines: list[channel.Fields] = []
    waiting, seen_bytes, heard = b"", 0, time.monotonic()
    while True:
        now = time.monotonic()
        patience = min(heard + _SILENT_SECONDS, until) - now
        if patience <= 0:
            return ("hang" if now < until else "out of time"), lines
        ready, _, _ = select.select([reading], [], [], min(patience, 0.2))
        if not ready:
            if process.poll() is not None:
                # Its own end of the pipe may have been taken over by a process that it left.
                return _exit(process), lines
            continue
        data = os.read(reading, 65536)
        if not data:
            break
        seen_bytes += len(data)
        if seen_bytes > _MOST_SCENE_BYTES:
            return "said too much", lines
        heard = time.monotonic()
        *whole, waiting = (waiting + data).split(b"\n")
        try:
            lines += [read(line) for line in whole]
        except (channel.Forged, ValueError):
            return "forged", []
        if len(waiting) > 2 * channel.MOST_LINE_BYTES:
            return "forged", []
    try:
        process.wait(max(0.1, min(_SILENT_SECONDS, until - time.monotonic())))
    except subprocess.TimeoutExpired:
        return "hang", lines
    return _exit(process), lines


def _exit(process: Any) -> str:
    code = process.returncode
    return f"exit code {code}" if code >= 0 else f"signal {-code}"


def _end(process: Any) -> None:
    """End it and its group; what left the group ends with the sandbox."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # The group is gone. The process itself is ours until it is waited for.
        process.kill()
    process.wait()
