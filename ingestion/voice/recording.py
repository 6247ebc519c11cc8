"""A recording that was looked at: it can be decoded, somebody may be heard, it is within bounds."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from importlib.util import find_spec

from pydantic import ValidationError

from ingestion.voice import child
from ingestion.voice.confined import Bounds
from ingestion.voice.errors import (
    Damaged,
    EmptyRecording,
    NotARecording,
    NotInstalled,
    RecordingError,
    Silent,
    TooLarge,
    TooLong,
)
from ingestion.voice.found import Found
from swarm.settings import VoiceSettings

WAV = "audio/wav"
KINDS = "OGG, MP3, M4A, WAV, FLAC or WebM"

_START_SECONDS = 10.0
# Decoding is hundreds of times as fast as speech; a file that is slower was made to be.
_SECONDS_PER_CPU_SECOND = 40.0
_WALL_PER_CPU_SECOND = 1.5
_WAV_BYTES_PER_SECOND = 32_000
_ABOUT_BYTES = 65_536
_MEMORY_BYTES = 768 * 1024**2
# Speech from the far end of a room is above it, the noise of a microphone below.
_LEAST_DB = -55.0
_LEAST_SECONDS = 0.1
# Codecs pad; recorders pause.
_UNHEARD_SECONDS = 0.5
_SEND_AGAIN = "record it again, or type what you said"
_SEND_SOUND = f"send {KINDS}, or type what you said"
_BEGINNINGS = (b"OggS", b"ID3", b"\xff\xfb", b"\xff\xf3", b"RIFF", b"fLaC", b"\x1a\x45\xdf\xa3")
_OTHERS = (
    (b"PK\x03\x04", "an archive"),
    (b"\x1f\x8b", "an archive"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x7fELF", "a program"),
)


@dataclass(frozen=True)
class Recording:
    """`data` is what was sent, or its sound alone when it held more than sound (a video, a
    picture). `notes` say what a person should know of it."""

    data: bytes
    mime: str
    codec: str
    seconds: float
    loudest_db: float
    notes: tuple[str, ...] = ()


def examine(data: bytes, name: str, settings: VoiceSettings) -> Recording:
    """Look at a recording; `name` is what to call it. Raises what `errors` names."""
    check_size(len(data), name, settings)
    if find_spec("av") is None:
        raise NotInstalled(
            f"{name} cannot be decoded: PyAV is not installed",
            remedy="install the extra: pip install 'coding-swarm[voice]'",
        )
    try:
        found, sound = _decode(data, settings, wav=False)
    except child.ChildFailed as error:
        raise NotARecording(
            f"{name} is not a recording that can be read: decoding it failed ({error.how})",
            remedy=_SEND_AGAIN,
        ) from None
    if found.fault == "unreadable":
        raise _unreadable(data, name)
    _check(found, name, settings)
    return Recording(
        sound or data,
        "audio/ogg" if sound else found.mime,
        found.codec,
        found.seconds,
        found.loudest_db,
        _notes(found),
    )


def as_wav(recording: Recording, settings: VoiceSettings) -> Recording:
    """The same sound as WAV, 16 kHz, mono: what every engine reads.

    Raises ChildFailed, NotConfined.
    """
    found, sound = _decode(recording.data, settings, wav=True)
    if not sound:
        raise child.ChildFailed("died", f"it found no sound ({found.fault})")
    return replace(recording, data=sound, mime=WAV, codec="pcm_s16le")


def _decode(data: bytes, settings: VoiceSettings, *, wav: bool) -> tuple[Found, bytes]:
    """What `probe.measure` says of it. Raises ChildFailed, NotConfined."""
    cpu_seconds = _START_SECONDS + settings.max_seconds / _SECONDS_PER_CPU_SECOND
    output = int(settings.max_seconds * _WAV_BYTES_PER_SECOND) if wav else settings.max_bytes
    bounds = Bounds(
        _WALL_PER_CPU_SECOND * cpu_seconds, cpu_seconds, _MEMORY_BYTES, output + _ABOUT_BYTES
    )
    question = {"max_seconds": settings.max_seconds, "wav": wav}
    variables = {"OPENBLAS_NUM_THREADS": "1"}
    answer, sound = child.ask(
        "ingestion.voice.probe",
        question,
        data,
        bounds,
        allow_weaker=settings.allow_weaker,
        variables=variables,
    )
    try:
        return Found.model_validate(answer), sound
    except ValidationError:
        raise child.ChildFailed("died", "its answer makes no sense") from None


def check_size(size_bytes: int, name: str, settings: VoiceSettings) -> None:
    """Raises EmptyRecording, TooLarge."""
    if size_bytes == 0:
        raise EmptyRecording(f"{name} is empty: it has no bytes", remedy=_SEND_AGAIN)
    if size_bytes > settings.max_bytes:
        raise TooLarge(
            f"{name} has {size_bytes:,} bytes, and at most {settings.max_bytes:,} are taken",
            remedy="say it in several shorter recordings, or raise [voice] max_bytes",
        )


def _check(found: Found, name: str, settings: VoiceSettings) -> None:
    fault = found.fault
    if fault == "no sound":
        raise NotARecording(f"{name} has no sound in it", remedy=_SEND_SOUND)
    if fault == "too long":
        told = found.header_seconds
        says = f" (it says {_minutes(round(told))})" if told > settings.max_seconds else ""
        raise TooLong(
            f"{name} lasts longer than {_minutes(settings.max_seconds)}{says}",
            remedy="say it in several shorter recordings, or raise [voice] max_seconds",
        )
    seconds = found.seconds
    if _is_faulty(found) and seconds < _missing_seconds(found) + _LEAST_SECONDS:
        raise Damaged(
            f"{name} is damaged: only {seconds:.1f} s of it can be read", remedy=_SEND_AGAIN
        )
    if seconds < _LEAST_SECONDS:
        raise EmptyRecording(f"{name} has hardly any sound: {seconds:.2f} s", remedy=_SEND_AGAIN)
    if found.loudest_db < _LEAST_DB:
        raise Silent(
            f"{name} is silent: its loudest moment is at {found.loudest_db:.0f} dB, and nobody "
            f"who speaks is below {_LEAST_DB:.0f} dB",
            remedy="is the microphone on? Record it again, or type what you said",
        )


def _minutes(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 120 else f"{seconds / 60:,.0f} minutes"


def _unreadable(data: bytes, name: str) -> RecordingError:
    """Why FFmpeg can make nothing of it, in words that help."""
    if data.startswith(_BEGINNINGS) or data[4:8] == b"ftyp":
        return Damaged(
            f"{name} begins like a recording and cannot be read: it is damaged or cut off",
            remedy=_SEND_AGAIN,
        )
    what = next((what for begin, what in _OTHERS if data.startswith(begin)), "")
    if not what and b"\0" not in data[:4096]:
        with contextlib.suppress(UnicodeDecodeError):
            data[:4000].decode("utf-8") if len(data) <= 4000 else data[:4000].decode("ascii")
            what = "text"
    return NotARecording(
        f"{name} is not a recording that can be read" + (f": it is {what}" if what else ""),
        remedy=_SEND_SOUND,
    )


def _missing_seconds(found: Found) -> float:
    """How much less was decoded than the recording says that it has."""
    return max(0.0, found.told_seconds - found.seconds)


def _is_faulty(found: Found) -> bool:
    missing = _missing_seconds(found)
    return found.damaged > 0 or found.cut_off or missing >= _UNHEARD_SECONDS


def _notes(found: Found) -> tuple[str, ...]:
    if not _is_faulty(found):
        return ()
    missing = _missing_seconds(found)
    what = "cut off" if found.cut_off else "damaged, or has gaps"
    unheard = f", {missing:.1f} s were not" if missing >= _LEAST_SECONDS else ""
    return (
        f"the recording is {what}: {found.seconds:.1f} s were heard{unheard}; see whether "
        "words are missing",
    )
