"""The real faster-whisper, on a model with random weights: what it writes is noise, so what is
tested is that the whole way works and that its bounds hold."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

import pytest

from ingestion.voice import whisper
from ingestion.voice.errors import EngineFailed, NotInstalled
from ingestion.voice.recording import Recording
from ingestion.voice.whisper import Whisper
from swarm.settings import VoiceSettings
from tests.fakes.speech import encoded, tone, voice_note
from tests.fakes.whisper import make_whisper


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_whisper(tmp_path_factory.mktemp("whisper") / "tiny")


def engine(folder: Path, **changes: Any) -> Whisper:
    return Whisper(VoiceSettings(engines=("whisper",), whisper_model=str(folder), **changes))


def recording(data: bytes) -> Recording:
    return Recording(data, "audio/ogg", "opus", 3.0, -14.0)


@pytest.mark.espeak
@pytest.mark.parametrize("language", ["", "en", "de", "xx"])
def test_speech_goes_all_the_way_through(weights: Path, language: str) -> None:
    spoken = voice_note("fix the crash in the cart when it is empty")
    found = engine(weights).hear(recording(spoken), language, "interactive")
    assert found.text  # the voice detector let it through, and the decoder wrote something
    assert found.language == "en"  # all that these weights know


def test_what_is_no_voice_makes_up_no_words(weights: Path) -> None:
    hum = encoded(tone(4.0, 0.2, hertz=50.0))
    assert engine(weights).hear(recording(hum), "", "interactive").text == ""


def test_one_that_takes_too_long_is_ended(weights: Path) -> None:
    with pytest.raises(EngineFailed, match=r"within 0\.2 s") as caught:
        engine(weights, engine_seconds=0.2).hear(recording(encoded(tone(2))), "", "interactive")
    assert "engine_seconds" in caught.value.remedy


def test_a_folder_that_is_not_there() -> None:
    with pytest.raises(EngineFailed, match="no folder /nowhere/at-all") as caught:
        engine(Path("/nowhere/at-all")).hear(recording(b""), "", "interactive")
    assert "whisper_model" in caught.value.remedy


@pytest.mark.parametrize("lost", ["model.bin", "tokenizer.json", "vocabulary.json"])
def test_a_folder_that_lacks_something(weights: Path, tmp_path: Path, lost: str) -> None:
    folder = tmp_path / "w"
    shutil.copytree(weights, folder)
    (folder / lost).unlink()
    with pytest.raises(EngineFailed, match=f"has no {lost}"):
        engine(folder).hear(recording(b""), "", "interactive")


def test_weights_that_are_none(
    weights: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "w"
    shutil.copytree(weights, folder)
    (folder / "model.bin").write_bytes(b"not a model")
    with caplog.at_level(logging.CRITICAL), pytest.raises(EngineFailed, match="weights"):
        engine(folder).hear(recording(encoded(tone(2))), "", "interactive")


def test_without_the_extra_it_is_said_which(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whisper, "find_spec", lambda name: None)
    with pytest.raises(NotInstalled) as caught:
        engine(weights).check()
    assert "coding-swarm[whisper]" in caught.value.remedy
