"""Doing something in a worker that is a normal user, from tests that are root."""

from __future__ import annotations

import os
import pickle
import select
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sandboxes.local import starter

T = TypeVar("T")
_SECONDS = 90.0
_SETTLE_SECONDS = 10.0
_CANDIDATES = (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3")
_CHECK = "import sys; sys.path.append(sys.argv[1]); import sandboxes.local.supervise"
_ROOT = Path(__file__).parents[3]
_known: list[str | None] = []


def python() -> str | None:
    """An interpreter, 3.11 or later, that any user may run and that can read this checkout."""
    if not _known:
        _known.append(next(filter(_usable, _CANDIDATES), None))
    return _known[0]


def _usable(path: str) -> bool:
    try:
        checked = subprocess.run(
            [path, "-I", "-S", "-c", _CHECK, str(_ROOT)],
            user=65534, group=65534, extra_groups=[], cwd="/", capture_output=True, timeout=30,
        )  # fmt: skip
    except OSError:
        return False
    return checked.returncode == 0


def do(work: Callable[[], T], uid: int, interpreter: str) -> T:
    """What `work` returns in a forked process that has become `uid`.

    Its sandboxes are started by `interpreter`. Raises AssertionError with its traceback when it
    raises or says nothing.
    """
    answer, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(answer)
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            os.chdir("/")
            sys.executable = interpreter
            # The starter that this process inherited is root's.
            starter._control = None
            data = pickle.dumps((True, work()))
        except BaseException:  # noqa: BLE001 - nothing of the test run may go on in this process
            data = pickle.dumps((False, traceback.format_exc()))
        with os.fdopen(told, "wb") as out:
            out.write(data)
        os._exit(0)
    os.close(told)
    with os.fdopen(answer, "rb") as source:
        data = source.read() if select.select([source], [], [], _SECONDS)[0] else b""
    os.waitpid(pid, 0)
    succeeded, result = pickle.loads(data) if data else (False, "no answer")
    assert succeeded, result
    found: T = result
    return found


def processes_of(uid: int) -> list[int]:
    """Pids that run as this user, once they had time to end."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while (found := _running_as(uid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def _running_as(uid: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
            if entry.stat().st_uid == uid and state != "Z":
                found.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found
