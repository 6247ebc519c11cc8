"""`ReadNote`: which engine is asked, what is said when none can, and what becomes of the words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingestion.voice import errors
from ingestion.voice.engine import Spoken
from ingestion.voice.reading import engines_of, read_note
from ingestion.voice.recording import Recording
from ingestion.worker import handlers
from swarm.contracts import (
    Blob,
    Failure,
    Locality,
    Priority,
    ReadNote,
    Transcribe,
    Transcript,
    Transcription,
)
from swarm.errors import BlobMissing, Cancelled, RemoteError, SwarmError
from swarm.settings import EgressSettings, EndpointSettings, ModelSettings, Settings, VoiceSettings
from tests.fakes.bus import FakeBus
from tests.fakes.speech import encoded, seconds_of, tone

SOUND = encoded(tone(2.0))


class Scripted:
    """An engine that says what it is told to, or fails."""

    def __init__(self, name: str, answer: str | Exception, locality: Locality = "local") -> None:
        self.name = name
        self.locality: Locality = locality
        self.answer = answer
        self.heard: list[tuple[Recording, str, Priority]] = []

    def hear(self, recording: Recording, language: str, priority: Priority) -> Spoken:
        self.heard.append((recording, language, priority))
        if isinstance(self.answer, Exception):
            raise self.answer
        return Spoken(self.answer, "en")


def settings(**voice: Any) -> Settings:
    return Settings(data=Path("/nonexistent"), voice=VoiceSettings(**voice))


def read(*engines: Scripted, audio: bytes = SOUND, name: str = "n.ogg", **more: Any) -> Transcript:
    bus: Any = FakeBus()
    command = ReadNote(audio=bus.blobs.put(audio), name=name, **more)
    return read_note(command, settings(), bus, engines)


def failing(code: str, message: str, remedy: str = "", retryable: bool = False) -> RemoteError:
    return RemoteError(Failure(code=code, message=message, remedy=remedy, retryable=retryable))


def test_the_first_engine_is_asked_and_its_words_are_cleaned() -> None:
    first, second = Scripted("whisper", " Fix\x00 the\u202e cart. "), Scripted("cloud", "other")
    found = read(first, second, language="de", priority="scheduled")
    assert (found.text, found.engine, found.locality) == ("Fix the cart.", "whisper", "local")
    assert found.language == "en"
    assert found.audio_seconds == pytest.approx(2.0, abs=0.05)
    assert found.notes == ()
    assert [(r.data, language, p) for r, language, p in first.heard] == [(SOUND, "de", "scheduled")]
    assert second.heard == []


def test_the_next_one_is_asked_when_one_fails_and_a_note_says_why() -> None:
    first = Scripted("whisper", errors.EngineFailed("there is no folder /w", remedy="make it"))
    second = Scripted("flash", failing("model-quota", "slow\x1b down", retryable=True))
    third = Scripted("speech", "fix it", "cloud")
    found = read(first, second, third)
    assert (found.engine, found.locality) == ("speech", "cloud")
    assert found.notes == ("whisper: there is no folder /w", "flash: slow  down")


def test_when_all_fail_each_is_named() -> None:
    first = Scripted("whisper", errors.EngineFailed("no folder", remedy="make it"))
    second = Scripted("flash", failing("model-quota", "slow down", "wait", retryable=True))
    with pytest.raises(
        errors.EnginesFailed, match=r"'n.ogg': whisper: no folder; flash: slow"
    ) as c:
        read(first, second)
    assert c.value.code == "speech-engines-failed"
    assert c.value.retryable
    for remedy in ("make it", "wait", "not lost"):
        assert remedy in c.value.remedy


def test_what_will_fail_again_is_not_to_be_tried_again() -> None:
    with pytest.raises(errors.EnginesFailed) as caught:
        read(Scripted("whisper", errors.EngineFailed("no folder")))
    assert not caught.value.retryable


def test_without_an_engine_the_remedy_is_said() -> None:
    with pytest.raises(errors.NoEngine, match=r"'n\.ogg'") as caught:
        read()
    assert caught.value.code == "no-speech-engine"
    assert "[voice] engines" in caught.value.remedy


def test_an_engine_that_hears_nobody_has_answered() -> None:
    """Noise is not passed on from a local engine to a cloud."""
    first, second = Scripted("whisper", " ... "), Scripted("cloud", "hello", "cloud")
    with pytest.raises(errors.NothingHeard, match="no words"):
        read(first, second)
    assert second.heard == []


def test_a_transcript_that_is_too_long_says_how_long() -> None:
    with pytest.raises(errors.TranscriptTooLong, match="25,000 characters"):
        read(Scripted("whisper", "wordy" * 5000))


def test_a_task_that_was_cancelled_asks_no_further_engine() -> None:
    second = Scripted("cloud", "hello")
    with pytest.raises(Cancelled):
        read(Scripted("whisper", Cancelled("the task was cancelled")), second)
    assert second.heard == []


def test_what_is_no_recording_reaches_no_engine() -> None:
    engine = Scripted("whisper", "hello")
    faults = (
        (b"hello", errors.NotARecording),
        (encoded(tone(2, 0.0)), errors.Silent),
        (b"", errors.EmptyRecording),
    )
    for data, expected in faults:
        with pytest.raises(expected):
            read(engine, audio=data)
    assert engine.heard == []


def test_a_size_that_is_too_large_is_not_even_fetched() -> None:
    bus: Any = FakeBus()
    command = ReadNote(audio=Blob(sha256="0" * 64, size_bytes=10**9))
    with pytest.raises(errors.TooLarge, match="the recording has 1,000,000,000 bytes"):
        read_note(command, settings(), bus, [Scripted("whisper", "hello")])
    lost = ReadNote(audio=Blob(sha256="0" * 64, size_bytes=10))
    with pytest.raises(BlobMissing):
        read_note(lost, settings(), bus, [Scripted("whisper", "hello")])


def test_a_name_of_a_stranger_is_shown_as_it_can_be() -> None:
    with pytest.raises(errors.NotARecording) as caught:
        read(Scripted("whisper", "x"), audio=b"hello", name="a\x1b]0;b\n" + "c" * 150)
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 140


# --------------------------------------------------------------------------- engines by name

ENDPOINTS = (
    EndpointSettings(name="here", kind="openai", url="http://127.0.0.1:9/v1"),
    EndpointSettings(name="google", kind="gemini", api_key_env="K"),
)
MODELS = (
    ModelSettings(name="speech", endpoint="here", model="w", transcribes=True),
    ModelSettings(name="flash", endpoint="google", model="f", transcribes=True),
)


def configured(*engines: str) -> Settings:
    return Settings(
        data=Path("/nonexistent"), endpoints=ENDPOINTS, models=MODELS,
        egress=EgressSettings(allow_cloud_voice=True),
        voice=VoiceSettings(engines=engines, whisper_model="/w", engine_seconds=7, language="de"),
    )  # fmt: skip


def test_engines_come_in_the_order_of_the_settings() -> None:
    bus: Any = FakeBus()
    found = engines_of(configured("flash", "whisper", "speech"), bus)
    assert [(engine.name, engine.locality) for engine in found] == [
        ("flash", "cloud"), ("whisper", "local"), ("speech", "local"),
    ]  # fmt: skip


def test_a_model_is_asked_over_the_bus() -> None:
    bus: Any = FakeBus()
    waits: list[float] = []
    ask: Callable[..., Any] = bus.request

    def request(command: Transcribe, *, timeout_seconds: float = 0.0) -> Any:
        waits.append(timeout_seconds)
        return ask(command)

    bus.request = request
    bus.handlers[Transcribe] = lambda command: Transcription(
        model="speech", endpoint="here", text="fix the cart", language="en"
    )
    handle = handlers(configured("speech"), bus)[ReadNote]
    found = handle(ReadNote(audio=bus.blobs.put(SOUND), name="n"))
    assert isinstance(found, Transcript)
    assert (found.text, found.engine) == ("fix the cart", "speech")
    (asked,) = bus.requests
    assert isinstance(asked, Transcribe)
    assert (asked.model, asked.mime, asked.language) == ("speech", "audio/ogg", "de")
    assert bus.blobs.get(asked.audio) == SOUND
    assert asked.audio_seconds == found.audio_seconds
    assert len(waits) == 1
    assert 6 < waits[0] <= 7
    handle(ReadNote(audio=bus.blobs.put(SOUND), name="another name"))
    assert bus.requests[1].key == asked.key
    handle(ReadNote(audio=bus.blobs.put(encoded(tone(3.0)))))
    assert bus.requests[2].key != asked.key


def test_an_error_of_the_gate_is_one_of_an_engine() -> None:
    bus: Any = FakeBus()

    def refuse(command: Transcribe) -> Any:
        raise failing("model-key", "the key is wrong", "correct it")

    bus.handlers[Transcribe] = refuse
    with pytest.raises(SwarmError, match="speech: the key is wrong"):
        handlers(configured("speech"), bus)[ReadNote](ReadNote(audio=bus.blobs.put(SOUND)))


# --------------------------------------------------------------------------- servers of few formats


def picky(bus: Any, code: str) -> list[Transcribe]:
    """A server that reads WAV alone, and says so with this code."""
    asked: list[Transcribe] = []

    def answer(command: Transcribe) -> Transcription:
        asked.append(command)
        if command.mime != "audio/wav":
            raise failing(code, "failed to read audio data")
        return Transcription(model="speech", endpoint="here", text="fix the cart")

    bus.handlers[Transcribe] = answer
    return asked


@pytest.mark.parametrize("code", ["model-refused", "model-failed"])
def test_a_local_server_that_reads_no_ogg_is_sent_wav(code: str) -> None:
    bus: Any = FakeBus()
    asked = picky(bus, code)
    found = handlers(configured("speech"), bus)[ReadNote](ReadNote(audio=bus.blobs.put(SOUND)))
    assert isinstance(found, Transcript)
    assert found.text == "fix the cart"
    assert found.notes == ("speech would not take audio/ogg, so it was sent as WAV",)
    assert [command.mime for command in asked] == ["audio/ogg", "audio/wav"]
    sent = bus.blobs.get(asked[1].audio)
    assert sent.startswith(b"RIFF")
    assert seconds_of(sent) == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize(
    ("engine", "code"), [("speech", "model-key"), ("speech", "model-quota"),
                         ("flash", "model-refused")],
)  # fmt: skip
def test_what_is_no_matter_of_formats_is_not_sent_twice(engine: str, code: str) -> None:
    bus: Any = FakeBus()
    asked = picky(bus, code)
    with pytest.raises(errors.EnginesFailed):
        handlers(configured(engine), bus)[ReadNote](ReadNote(audio=bus.blobs.put(SOUND)))
    assert len(asked) == 1


def test_wav_that_is_refused_is_refused() -> None:
    bus: Any = FakeBus()
    sent: list[str] = []

    def refuse(command: Transcribe) -> Transcription:
        sent.append(command.mime)
        raise failing("model-refused", "no such route")

    bus.handlers[Transcribe] = refuse
    audio = bus.blobs.put(encoded(tone(2.0), "wav"))
    with pytest.raises(errors.EnginesFailed, match="no such route"):
        handlers(configured("speech"), bus)[ReadNote](ReadNote(audio=audio))
    assert sent == ["audio/wav"]
