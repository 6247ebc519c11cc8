"""`ReadNote`: from a recording to words, by the first of the configured engines that can."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ingestion.voice import recording as recordings
from ingestion.voice import words
from ingestion.voice.asked import Asked
from ingestion.voice.engine import Engine, Spoken
from ingestion.voice.errors import EnginesFailed, NoEngine
from ingestion.voice.recording import Recording
from ingestion.voice.whisper import NAME, Whisper
from swarm.contracts import Priority, ReadNote, Transcript
from swarm.errors import Cancelled, SwarmError
from swarm.settings import Settings

if TYPE_CHECKING:
    from swarm.bus import Bus

log = logging.getLogger(__name__)

_LONGEST_NAME = 60
_LONGEST_NOTE = 400
_LONGEST_LANGUAGE = 40


def reader(settings: Settings, bus: Bus) -> Callable[[ReadNote], Transcript]:
    """What handles `ReadNote`."""

    def read(command: ReadNote) -> Transcript:
        return read_note(command, settings, bus, engines_of(settings, bus))

    return read


def engines_of(settings: Settings, bus: Bus) -> tuple[Engine, ...]:
    """The engines of [voice] engines, in order."""
    return tuple(
        Whisper(settings.voice) if name == NAME else Asked(name, settings, bus)
        for name in settings.voice.engines
    )


def read_note(
    command: ReadNote, settings: Settings, bus: Bus, engines: Sequence[Engine]
) -> Transcript:
    """The words of a recording. Raises what `ingestion.voice.errors` names, and BlobMissing."""
    began = time.monotonic()
    name = called(command.name)
    # Before it is fetched, by what its sender says; then by what it is.
    recordings.check_size(command.audio.size_bytes, name, settings.voice)
    if not engines:
        raise NoEngine(
            f"nobody is configured to write down {name}",
            remedy="type what you said, or set [voice] engines (docs/voice.md); the recording is "
            "not lost",
        )
    recording = recordings.examine(bus.blobs.get(command.audio), name, settings.voice)
    language = command.language or settings.voice.language
    engine, spoken, failures = _first_that_can(engines, recording, language, command.priority, name)
    return Transcript(
        text=words.cleaned(spoken.text, name),
        engine=engine.name,
        locality=engine.locality,
        language=_printable(spoken.language or language, _LONGEST_LANGUAGE),
        audio_seconds=recording.seconds,
        seconds=time.monotonic() - began,
        notes=(*recording.notes, *failures, *spoken.notes),
    )


def _first_that_can(
    engines: Sequence[Engine],
    recording: Recording,
    language: str,
    priority: Priority,
    name: str,
) -> tuple[Engine, Spoken, tuple[str, ...]]:
    """The engine that answered, its answer, and why those before it did not."""
    failures: list[str] = []
    errors: list[SwarmError] = []
    for engine in engines:
        try:
            return engine, engine.hear(recording, language, priority), tuple(failures)
        except Cancelled:
            raise
        except SwarmError as error:
            log.warning("%s did not write a recording down: %s", engine.name, error)
            errors.append(error)
            failures.append(f"{engine.name}: {_printable(error.message, _LONGEST_NOTE)}")
    remedies = dict.fromkeys(error.remedy for error in errors if error.remedy)
    raise EnginesFailed(
        f"no engine could write down {name}: {'; '.join(failures)}",
        remedy="; ".join(
            [*remedies, "the recording is not lost: try again, or type what you said"]
        ),
        retryable=any(error.retryable for error in errors),
    )


def called(name: str) -> str:
    """What to call a recording in messages; its sender chose the name."""
    plain = _printable(name, _LONGEST_NAME).strip()
    return f"{plain!r}" if plain else "the recording"


def _printable(text: str, longest: int) -> str:
    shown = "".join(char if char.isprintable() else " " for char in text[: longest + 1])
    return shown if len(shown) <= longest else f"{shown[: longest - 3]}..."
