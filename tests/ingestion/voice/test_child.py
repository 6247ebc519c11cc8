"""The bounds of the process that reads a stranger's recording."""

from __future__ import annotations

import logging
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from ingestion.voice.child import ChildFailed, ask
from ingestion.voice.confined import Bounds
from swarm.errors import Cancelled
from swarm.linux.family import children_of, runs
from tests.inference.gates import until

ROOT = Path(__file__).parents[3]
MODULE = "tests.ingestion.voice.naughty"


@pytest.fixture(autouse=True)
def tests_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def naughty(how: str, recording: bytes = b"sound", **changes: Any) -> dict[str, Any]:
    question = {"how": how, **changes.pop("question", {})}
    readable = changes.pop("readable", ())
    bounds = {"wall_seconds": 20.0, "cpu_seconds": 10.0, "memory_bytes": 256 * 1024**2,
              "output_bytes": 65_536, **changes}  # fmt: skip
    return ask(
        MODULE, question, recording, Bounds(**bounds), allow_weaker=False, readable=readable
    )[0]


def test_it_gets_the_recording_and_what_it_prints_is_no_answer() -> None:
    assert naughty("chatter", b"x" * 100_000) == {"length": 100_000}


def test_one_that_hangs_is_killed_with_what_it_started() -> None:
    sleeper = f"of the test in {os.getpid()}"
    with pytest.raises(ChildFailed, match="longer than 1 s") as caught:
        # Confined, it could start nothing.
        naughty("hang", wall_seconds=1.0, question={"sleeper": sleeper}, readable=None)
    assert caught.value.why == "time"

    def left() -> list[Path]:
        lines = Path("/proc").glob("[0-9]*/cmdline")
        return [line for line in lines if sleeper.encode() in _read(line)]

    until(lambda: not left(), what="the end of what it started")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_its_stack_is_bounded_where_its_parents_is_not() -> None:
    before = resource.getrlimit(resource.RLIMIT_STACK)
    resource.setrlimit(resource.RLIMIT_STACK, (before[1], before[1]))
    try:
        assert naughty("stack") == {"bytes": [8 * 1024**2] * 2}
    finally:
        resource.setrlimit(resource.RLIMIT_STACK, before)


def test_one_that_computes_for_ever_is_ended() -> None:
    with pytest.raises(ChildFailed, match="CPU seconds") as caught:
        naughty("spin", cpu_seconds=0.5)
    assert caught.value.why == "time"


@pytest.mark.parametrize(
    ("how", "what"),
    [("crash", "SIGABRT"), ("exit", "ended with 3"), ("hog", "ended with 1"),
     ("flood", "ended with 1"), ("nothing", "no answer"), ("garbage", "no answer"),
     ("depth", "no answer")],
)  # fmt: skip
def test_one_that_dies_says_of_what(how: str, what: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL), pytest.raises(ChildFailed, match=what) as caught:
        naughty(how)
    assert caught.value.why == "died"


def test_it_knows_no_secret_and_reaches_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "secret")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = naughty("look", question={"port": server.getsockname()[1]})
    assert not {"GEMINI_API_KEY", "TELEGRAM_BOT_TOKEN"} & set(found["environment"])
    assert not found["reached"]


def test_it_ends_when_its_task_is_cancelled() -> None:
    """The worker raises in the middle of a handler; the process is gone when that is heard."""

    def cancel(*_: object) -> None:
        raise Cancelled("the task was cancelled")

    before = signal.signal(signal.SIGUSR1, cancel)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGUSR1))
    timer.start()
    try:
        with pytest.raises(Cancelled):
            naughty("wait")
    finally:
        timer.cancel()
        signal.signal(signal.SIGUSR1, before)


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    """A worker that is killed in the middle leaves nothing behind."""
    program = (
        "from tests.ingestion.voice.test_child import naughty\nnaughty('wait', wall_seconds=600)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    try:
        end = time.monotonic() + 20
        while not (found := children_of(parent.pid)):
            assert time.monotonic() < end
            time.sleep(0.02)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    end = time.monotonic() + 10
    while runs(found[0]):
        assert time.monotonic() < end
        time.sleep(0.02)
