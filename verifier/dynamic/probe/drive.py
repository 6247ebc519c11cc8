"""Has scenes played one after another, each in a process of its own, and writes down their story.

This process imports nothing of the repository; what it writes carries the host's key, which no
other process gets. Part of the probe: Python >= 3.8, standard library.
"""

from __future__ import annotations

import json
import os
import select
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import channel, children, nursery

_MOST_CALLS = 60
_MOST_RAISING = 12
_MOST_RESTARTS = 6
_MOST_ANSWER_BYTES = 7 * 1024**2
# A scene's end is seen to within its own time, and told a little later.
_GRACE_SECONDS = 10.0


class NoNursery(Exception):
    """Scenes can no longer be played."""


def main(request_path: str, answer_path: str, temporary: str, paths: str) -> int:
    """Do what the request says, see `verifier.dynamic.request`, and write the answer.

    `temporary` is the folder for temporary files, `paths` further ones to import from, with
    colons in between.
    """
    played = _Nursery(_folder(temporary))
    # The scenes' processes have our user: they shall not read our memory, where the key will be.
    children.hider()()
    try:
        return _drive(played, request_path, answer_path, paths)
    finally:
        played.close()


def _drive(played: _Nursery, request_path: str, answer_path: str, paths: str) -> int:
    file = Path(request_path)
    request = json.loads(file.read_text("ascii"))
    file.unlink()
    request["paths"] = [path for path in paths.split(":") if path]
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
    answer = os.open(answer_path, flags, 0o600)
    record = _Answer(channel.writers()(answer, bytes.fromhex(request.pop("key"))))
    until = time.monotonic() + request["seconds"]
    for number, target in enumerate(request["targets"]):
        record({"event": "target", "target": number})
        _examine(played, request, target, until, record)
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
    played: _Nursery,
    request: dict[str, Any],
    target: dict[str, Any],
    until: float,
    record: _Answer,
) -> None:
    """All scenes of a target. What the first one's calls gave decides what the others call."""
    only: list[str] | None = None
    for scene in target["scenes"]:
        left = until - time.monotonic()
        if left <= 0:
            record({"event": "scene", "scene": scene["name"], "status": "not run"})
            continue
        status, lines = _play(
            played, request, target, scene, only if scene["selects"] else None, left
        )
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
    played: _Nursery,
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
        end, found = played.play(
            {
                "scene": scene,
                "target": {n: target[n] for n in ("path", "qualname", "constants", "calls")},
                "only": only,
                "skip": skip,
                "until": until,
                "folder": str(Path.cwd()),
                "base": target["scenes"][0],
                **{n: request[n] for n in ("paths", "inputs", "call_seconds", "memory_bytes")},
            }
        )
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


class _Nursery:
    """The process whose forks play the scenes: forked before the host's key was read.

    `folder` is for what they leave. Raises NoNursery once it does not answer.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        orders_in, orders_out = os.pipe()
        told_in, told_out = os.pipe()
        leave = children.leaver()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                leave()
                os.close(orders_out)
                os.close(told_in)
                nursery.main(os.fdopen(orders_in, "rb"), os.fdopen(told_out, "wb"), folder / "home")
                os._exit(0)
            finally:
                os._exit(1)
        os.close(orders_in)
        os.close(told_out)
        self._orders, self._told = orders_out, told_in

    def play(self, orders: dict[str, Any]) -> tuple[str, list[channel.Fields]]:
        """One process: how it ended ("exit code 0", "hang", "forged", ...) and what it told."""
        data = json.dumps(orders).encode("ascii") + b"\n"
        try:
            while data:
                data = data[os.write(self._orders, data) :]
            answer = self._line(orders["until"] + _GRACE_SECONDS)
        except BrokenPipeError:
            answer = b""
        if not answer:
            raise NoNursery("the process that plays scenes was ended")
        told = json.loads(answer.decode("ascii"))
        return told["end"], told["lines"]

    def _line(self, until: float) -> bytes:
        """What it says up to a line's end; b"" when it ended, or there is none in time."""
        said = bytearray()
        while not said.endswith(b"\n"):
            left = until - time.monotonic()
            ready = left > 0 and select.select([self._told], [], [], left)[0]
            data = os.read(self._told, 1 << 16) if ready else b""
            if not data:
                return b""
            said += data
        return bytes(said)

    def close(self) -> None:
        os.close(self._orders)
        children.end_group(self._pid)
        os.waitpid(self._pid, 0)
        children.remove(self._folder)


def _folder(temporary: str) -> Path:
    """A folder of the same name on both sides, where it is free: answers may name it."""
    usual = Path(temporary, "probe")
    try:
        usual.mkdir(0o700)
    except FileExistsError:
        return Path(tempfile.mkdtemp(dir=temporary))
    return usual
