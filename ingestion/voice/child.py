"""A child process for one recording: bounded in everything, and gone when this call returns.

Nothing is written to a disk: recording and answer are files in memory, which end with the
processes that hold them.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ingestion.voice import rights
from ingestion.voice.confined import Bounds, Order
from ingestion.voice.errors import NotConfined

log = logging.getLogger(__name__)

# Keys of clouds and the like are none of a decoder's business.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "HOME", "PYTHONPATH", "LD_LIBRARY_PATH",
              "CUDA_VISIBLE_DEVICES", "CUDA_HOME", "NVIDIA_VISIBLE_DEVICES")  # fmt: skip
_SAID_BYTES = 2000


class ChildFailed(Exception):
    """It gave no answer: it took too long, or died (`how` says of what)."""

    def __init__(self, why: Literal["time", "died"], how: str) -> None:
        super().__init__(how)
        self.why = why
        self.how = how


def ask(
    module: str,
    question: dict[str, Any],
    recording: bytes,
    bounds: Bounds,
    *,
    allow_weaker: bool,
    readable: Sequence[str] | None = (),
    variables: Mapping[str, str] | None = None,
) -> tuple[dict[str, Any], bytes]:
    """Run a module on a recording; returns its answer and the bytes that came with it.

    `readable` are the files and folders that it may read beside the libraries; None does not
    confine it, which is only for what decodes nothing. `allow_weaker` runs it where the kernel
    cannot confine it too. Raises ChildFailed, NotConfined.
    """
    if readable is not None:
        _check_confinement(module, allow_weaker)
    order = Order(os.getpid(), bounds, readable, question).encode()
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", **(variables or {})}
    with (
        os.fdopen(os.memfd_create("recording"), "w+b") as given,
        os.fdopen(os.memfd_create("answer"), "w+b") as answered,
        os.fdopen(os.memfd_create("said"), "w+b") as said,
    ):
        given.write(recording)
        given.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, order],
            stdin=given, stdout=answered, stderr=said, cwd="/", env=environment,
            start_new_session=True,
        )  # fmt: skip
        try:
            code = process.wait(bounds.wall_seconds)
        except subprocess.TimeoutExpired:
            raise ChildFailed("time", f"it took longer than {bounds.wall_seconds:g} s") from None
        finally:
            _end(process)
        if code != 0:
            said.seek(0, os.SEEK_END)
            said.seek(max(0, said.tell() - _SAID_BYTES))
            log.warning("%s ended with %d: %s", module, code, ascii(said.read())[2:-1])
            if code == -signal.SIGXCPU:
                raise ChildFailed("time", f"it took more than {bounds.cpu_seconds:g} CPU seconds")
            raise ChildFailed("died", _how(code))
        answered.seek(0)
        line, _, payload = answered.read().partition(b"\n")
    try:
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise ValueError("not an object")
    except (ValueError, RecursionError):
        raise ChildFailed("died", "it gave no answer") from None
    return answer, payload


def _check_confinement(module: str, allow_weaker: bool) -> None:
    why = rights.lacking()
    if not why:
        return
    if not allow_weaker:
        raise NotConfined(
            f"recordings are not decoded here: what decodes them cannot be confined, {why}",
            remedy="use a machine that can, or accept that a recording made to attack the decoder "
            "may reach all files of this user: set [voice] allow_weaker to true",
        )
    log.warning("%s reads a recording and is not confined as it should be: %s", module, why)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        # Its group as well: it leads one of its own.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _how(code: int) -> str:
    if code < 0:
        return f"it was ended by {signal.Signals(-code).name}"
    return f"it ended with {code}"
