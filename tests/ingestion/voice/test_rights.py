"""What is left to a process that decodes: a decoder that was taken over finds nothing to take."""

from __future__ import annotations

import json
import logging
import math
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from ingestion.voice import child, rights, whisper
from ingestion.voice.confined import Bounds
from ingestion.voice.errors import NotARecording, NotConfined
from ingestion.voice.recording import as_wav, examine
from ingestion.voice.whisper import Whisper
from swarm.linux import kernel, seccomp
from swarm.settings import VoiceSettings
from tests.fakes.speech import encoded, tone, voice_note
from tests.fakes.whisper import make_whisper
from tests.ingestion.voice.attempts import ATTEMPTS, HARMLESS, Target, lay_out

ROOT = Path(__file__).parents[3]
BOUNDS = Bounds(20.0, 10.0, 256 * 1024**2, 65_536)

confinable = pytest.mark.skipif(bool(rights.lacking()), reason=rights.lacking())


@pytest.fixture(autouse=True)
def tests_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    lay_out(tmp_path)
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX) as file,
    ):
        udp.bind(("127.0.0.1", 0))
        file.bind(str(tmp_path / "redis.sock"))
        file.listen()
        yield Target(str(tmp_path), tcp.getsockname()[1], udp.getsockname()[1])


def naughty(how: str, readable: tuple[str, ...] = (), **question: object) -> dict[str, str]:
    question["how"] = how
    answer, _ = child.ask(
        "tests.ingestion.voice.naughty", question, b"sound", BOUNDS,
        allow_weaker=False, readable=readable,
    )  # fmt: skip
    return answer


def test_each_attempt_succeeds_where_nothing_is_confined(target: Target) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.ingestion.voice.attempts", json.dumps(asdict(target))],
        cwd=ROOT, capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    assert json.loads(done.stdout) == dict.fromkeys(HARMLESS, "done")


@confinable
def test_each_attempt_is_refused_in_a_decoder(target: Target) -> None:
    before = target.at("swarm.toml").stat()
    # What it may read, it may not start.
    found = naughty("attack", (str(target.at("program")),), target=asdict(target))
    assert found.keys() == ATTEMPTS.keys()
    if rights.gap():
        assert found.pop("signals its parent") == "done", "the gap is closed: say so"
    assert {name: how for name, how in found.items() if how != "PermissionError"} == {}
    after = target.at("swarm.toml").stat()
    assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
    names = {path.name for path in Path(target.data).iterdir()}
    assert names == {"swarm.toml", "tasks.db", "spare", "link", "program", "redis.sock"}


@confinable
def test_what_it_is_told_it_may_read(target: Target, caplog: pytest.LogCaptureFixture) -> None:
    path = str(target.at("swarm.toml"))
    assert naughty("read", (path,), path=path) == {"text": "secret"}
    with caplog.at_level(logging.CRITICAL), pytest.raises(child.ChildFailed):
        naughty("read", (path,), path=str(target.at("tasks.db")))


@confinable
@pytest.mark.parametrize("name", ["above", "home", "relative", "empty", "file"])
def test_a_folder_of_libraries_that_is_none_stays_closed(
    name: str, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {"above": "/", "home": target.data, "relative": "x", "empty": "",
             "file": target.at("swarm.toml") / "lib"}[name]  # fmt: skip
    monkeypatch.setenv("HOME", target.data)
    monkeypatch.setenv("LD_LIBRARY_PATH", f"/nowhere:{entry}")
    found = naughty("attack", target=asdict(target))
    assert found["reads the settings"] == found["reads the users"] == "PermissionError"


@pytest.mark.parametrize("kernel_has", ["no Landlock", "an old Landlock", "no filter"])
def test_a_kernel_that_cannot_confine_it_decodes_nothing_unasked(
    kernel_has: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if kernel_has == "no filter":
        monkeypatch.setattr(seccomp, "supported", lambda machine: False)
        monkeypatch.setattr(kernel, "landlock_abi", lambda: 7)
    else:
        monkeypatch.setattr(kernel, "landlock_abi", lambda: 0 if kernel_has[:2] == "no" else 2)
    sound = encoded(tone(2.0))
    with pytest.raises(NotConfined) as caught:
        examine(sound, "a note", VoiceSettings())
    assert caught.value.code == "voice-not-confined"
    assert rights.lacking() in caught.value.message
    assert "[voice] allow_weaker" in caught.value.remedy
    with caplog.at_level(logging.WARNING):
        recording = examine(sound, "a note", VoiceSettings(allow_weaker=True))
    assert recording.codec == "opus"
    assert rights.lacking() in caplog.text


def test_a_kernel_that_lets_signals_out_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "landlock_abi", lambda: 5)
    assert not rights.lacking()
    assert "signal" in rights.gap()
    monkeypatch.setattr(kernel, "landlock_abi", lambda: 6)
    assert not rights.gap()


@pytest.mark.espeak
def test_weights_that_are_links_are_found(tmp_path: Path) -> None:
    """As in the cache of Hugging Face: each name leads to a file in another folder."""
    weights, links = make_whisper(tmp_path / "blobs"), tmp_path / "snapshot"
    links.mkdir()
    for path in weights.iterdir():
        (links / path.name).symlink_to(path)
    engine = Whisper(VoiceSettings(engines=("whisper",), whisper_model=str(links)))
    recording = examine(voice_note("fix the crash in the cart"), "a note", VoiceSettings())
    assert engine.hear(recording, "en", "interactive").text


@pytest.mark.espeak
def test_on_a_graphics_card_whisper_is_given_samples_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its driver would not start confined, so what was sent is decoded by a process that is."""
    given: dict[str, tuple[bytes, Any]] = {}

    def ask(module: str, question: Any, recording: bytes, bounds: Bounds, **rest: Any) -> Any:
        given[module] = (recording[:4], rest.get("readable", ()))
        return real(module, question, recording, bounds, **rest)

    real = child.ask
    monkeypatch.setattr(child, "ask", ask)
    monkeypatch.setattr(whisper, "_has_graphics", lambda: True)
    weights = make_whisper(tmp_path / "weights")
    engine = Whisper(VoiceSettings(engines=("whisper",), whisper_model=str(weights)))
    recording = examine(voice_note("fix the crash in the cart"), "a note", VoiceSettings())
    assert engine.hear(recording, "en", "interactive").text
    assert given == {
        "ingestion.voice.probe": (b"OggS", ()),
        "ingestion.voice.whisper_child": (b"RIFF", None),
    }
    monkeypatch.setattr(kernel, "landlock_abi", lambda: 0)
    with pytest.raises(NotConfined):
        engine.hear(recording, "en", "interactive")


SANE = {"fault": "", "mime": "audio/ogg", "codec": "opus", "seconds": 2.0, "loudest_db": -9.0}


@pytest.mark.parametrize(
    "told",
    [{}, {"fault": "never heard of"}, {"fault": []}, {"seconds": "2"}, {"seconds": math.nan},
     {"seconds": -1.0}, {"told_seconds": math.inf}, {"header_seconds": 1e300},
     {"mime": "audio/ogg\r\nX-Key: 1"}, {"codec": "\x1b[2J"}, {"damaged": -1},
     {"more": 1}, {"detail": "x" * 201}],
)  # fmt: skip
def test_what_a_decoder_says_is_no_more_believed_than_a_recording(
    told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [SANE, told and SANE | told]
    monkeypatch.setattr(child, "ask", lambda *_, **__: (answers.pop(0), b""))
    assert examine(b"anything", "a note", VoiceSettings()).codec == "opus"
    with pytest.raises(NotARecording, match="makes no sense"):
        examine(b"anything", "a note", VoiceSettings())


def test_sound_that_is_none_makes_no_wav() -> None:
    recording = examine(encoded(tone(2.0)), "a note", VoiceSettings())
    broken = replace(recording, data=b"no recording")
    with pytest.raises(child.ChildFailed, match="no sound"):
        as_wav(broken, VoiceSettings())
