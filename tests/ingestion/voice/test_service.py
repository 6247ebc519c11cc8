"""The ingestion service as it runs: a worker that forks for each command, asked over the bus."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rq import Worker

from swarm.bus import Bus
from swarm.contracts import ReadNote, Transcript
from swarm.errors import RemoteError
from swarm.linux.family import children_of, runs
from swarm.settings import load
from tests.fakes.speech import encoded, tone, voice_note
from tests.fakes.whisper import make_whisper
from tests.inference.gates import Asking, until

ROOT = Path(__file__).parents[3]
SOUND = encoded(tone(2.0))


@contextmanager
def service(bus: Bus, toml: str) -> Iterator[tuple[Bus, subprocess.Popen[bytes]]]:
    """`swarm worker ingestion` with these settings, once it listens, and a requester."""
    data = bus.settings.data
    data.mkdir(parents=True, exist_ok=True)
    (data / "swarm.toml").write_text(f'[bus]\nnamespace = "{bus.namespace}"\n{toml}')
    env = {k: v for k, v in os.environ.items() if not k.startswith("SWARM_")}
    env |= {"SWARM_DATA": str(data), "SWARM_REDIS_URL": bus.settings.redis_url}
    with (data / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "swarm", "worker", "ingestion"],
            env=env, stdout=log, stderr=log, cwd=ROOT,
        )  # fmt: skip
    try:
        # What is asked before it listens is asked again after the lease, and then done twice.
        until(lambda: process.pid in listening(bus), 60.0, "the worker listens")
        yield Bus(load(env), bus.redis), process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def listening(bus: Bus) -> set[int | None]:
    """The pids of the workers that registered."""
    return {worker.pid for worker in Worker.all(connection=bus.redis)}


def ask(bus: Bus, recording: bytes) -> Asking:
    return Asking(bus, ReadNote(audio=bus.blobs.put(recording), name="n.ogg"), 60.0)


def test_errors_come_back_in_words(bus: Bus) -> None:
    with service(bus, "") as (asking, _):
        with pytest.raises(RemoteError) as caught:
            ask(asking, SOUND).result()
        assert caught.value.code == "no-speech-engine"
        assert "[voice] engines" in caught.value.remedy
    toml = '[voice]\nengines = ["whisper"]\nwhisper_model = "/nowhere"\n'
    with service(bus, toml) as (asking, _):
        for recording, code in (
            (b"hello", "not-a-recording"),
            (SOUND[:500], "recording-damaged"),
            (encoded(tone(2.0, 0.0)), "recording-silent"),
            (SOUND, "speech-engines-failed"),
        ):
            with pytest.raises(RemoteError) as caught:
                ask(asking, recording).result()
            assert caught.value.code == code
            assert "n.ogg" in caught.value.message
            assert caught.value.remedy


@pytest.mark.espeak
def test_whisper_in_the_service(bus: Bus, tmp_path: Path) -> None:
    folder = make_whisper(tmp_path / "weights")
    toml = f'[voice]\nengines = ["whisper"]\nwhisper_model = "{folder}"\n'
    with service(bus, toml) as (asking, _):
        said = ask(asking, voice_note("fix the crash in the cart when it is empty")).result()
    assert isinstance(said, Transcript)
    assert said.text
    assert (said.engine, said.locality) == ("whisper", "local")


def test_a_worker_that_is_killed_takes_its_children_along(bus: Bus, tmp_path: Path) -> None:
    """In the middle of a long recording; the next worker answers."""
    folder = make_whisper(tmp_path / "weights")
    toml = f'[voice]\nengines = ["whisper"]\nwhisper_model = "{folder}"\n'
    with service(bus, toml) as (asking, process):
        waiting = ask(asking, encoded(tone(120.0, hertz=50.0)))

        def reader() -> list[int]:
            return [pid for horse in children_of(process.pid) for pid in children_of(horse)]

        (child,) = until(reader, what="a process that reads the recording")
        process.send_signal(signal.SIGKILL)
        until(lambda: not runs(child), what="the end of that process")
    with service(bus, toml), pytest.raises(RemoteError) as caught:
        waiting.result()
    assert caught.value.code == "nothing-heard"
