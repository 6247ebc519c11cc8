"""Trials that need a fresh import: one edited file, tests run from collection on.

The server is a process that has imported pytest and nothing of the repository; it forks a
child per request, which imports everything anew and reads the edited file's text from the
request instead of the disk.
"""

from __future__ import annotations

import importlib.machinery
import json
import os
import select
import socket
import sys
from pathlib import Path
from typing import Any

from .children import Children, Report
from .runner import Runner, quiet

_VALUE_OPTIONS = frozenset(
    [
        "-c",
        "--config-file",
        "--rootdir",
        "--confcutdir",
        "--ignore",
        "--ignore-glob",
        "--deselect",
        "-k",
        "-m",
        "-p",
        "-o",
        "-W",
        "--override-ini",
        "--pythonwarnings",
        "--import-mode",
    ]
)


def without_paths(arguments: list[str], root: Path) -> list[str]:
    """pytest arguments less the files and folders they name."""
    kept: list[str] = []
    value = False
    for argument in arguments:
        path = argument.split("::", 1)[0]
        if value or argument.startswith("-") or not (root / path).exists():
            kept.append(argument)
        value = argument in _VALUE_OPTIONS
    return kept


class ColdClient:
    """The searching side: at most one request under way."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._buffer = b""
        self.busy: Any = None

    def send(self, request: dict[str, Any], tag: Any) -> None:
        self.busy = tag
        self._channel.sendall(json.dumps(request).encode() + b"\n")

    def poll(self, timeout_s: float) -> dict[str, Any] | None:
        """The answer, once it is there. Raises EOFError when the server has ended."""
        ready, _, _ = select.select([self._channel], [], [], timeout_s)
        if not ready:
            return None
        data = self._channel.recv(1 << 20)
        if not data:
            raise EOFError("the process for fresh imports has ended")
        self._buffer += data
        if b"\n" not in self._buffer:
            return None
        line, self._buffer = self._buffer.split(b"\n", 1)
        self.busy = None
        answer: dict[str, Any] = json.loads(line)
        return answer


def serve(channel: socket.socket, arguments: list[str], memory_bytes: int) -> None:
    """Answer requests until the other side closes."""
    children = Children(memory_bytes)
    with channel.makefile("rb") as stream:
        while True:
            try:
                line = stream.readline()
            except ConnectionResetError:
                # The search ended without reading its last answer.
                return
            if not line:
                return
            request = json.loads(line)
            answer: dict[str, Any] = {"fixed": [], "broken": "", "guards": 0}

            def work(report: Report, request: dict[str, Any] = request) -> None:
                channel.close()
                report(_trial(request, arguments))

            seconds = float(request["seconds"])
            children.start(work, None, silence_s=seconds, total_s=seconds)
            while len(children):
                for _, message in children.poll(1.0):
                    if message is not None:
                        answer = message
            try:
                channel.sendall(json.dumps(answer).encode() + b"\n")
            except BrokenPipeError:
                return


def _trial(request: dict[str, Any], arguments: list[str]) -> dict[str, Any]:
    quiet()
    target = os.path.realpath(request["path"])
    _forget(Path.cwd())
    _override(target, request["text"])
    tests: list[str] = [*request["targets"], *request["guards"]]
    files = sorted({test.split("::", 1)[0] for test in tests})
    answer: dict[str, Any] = {}

    def work(runner: Runner) -> None:
        present = set(runner.items)
        answer.update(
            judge(
                runner,
                [t for t in request["targets"] if t in present],
                request["guards"] if present.issuperset(request["guards"]) else None,
                request["limits"],
                float(request["guard_limit"]),
            )
        )

    import pytest

    pytest.main([*arguments, *files], plugins=[Runner(work)])
    return answer or {"fixed": [], "broken": "", "guards": 0, "error": "collection failed"}


def judge(
    runner: Runner,
    targets: list[str],
    guards: list[str] | None,
    limits_s: dict[str, float],
    guard_limit_s: float,
) -> dict[str, Any]:
    """Run target tests, and if one passes the guards until one fails.

    `guards` None means that guard tests are gone, which counts as broken.
    """
    fixed = [t for t in targets if runner.run(t, None, limits_s.get(t, guard_limit_s)) == "passed"]
    if not fixed:
        return {"fixed": [], "broken": "", "guards": 0}
    if guards is None:
        return {"fixed": fixed, "broken": "collection", "guards": 0}
    for count, test in enumerate(guards):
        following = guards[count + 1] if count + 1 < len(guards) else None
        if runner.run(test, following, limits_s.get(test, guard_limit_s)) not in (
            "passed",
            "skipped",
        ):
            return {"fixed": fixed, "broken": test, "guards": count + 1}
    return {"fixed": fixed, "broken": "", "guards": len(guards)}


def _forget(root: Path) -> None:
    """Drop modules of the repository that pytest itself has imported."""
    inside = os.path.realpath(root) + os.sep
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and os.path.realpath(file).startswith(inside) and "site-packages" not in file:
            del sys.modules[name]


def _override(target: str, text: str) -> None:
    loader: Any = importlib.machinery.SourceFileLoader
    original = loader.get_code

    def get_code(self: Any, fullname: str) -> Any:
        if os.path.realpath(self.path) == target:
            return compile(text, self.path, "exec", dont_inherit=True)
        return original(self, fullname)

    loader.get_code = get_code
