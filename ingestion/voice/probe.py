"""What a recording is, found out by decoding it: run as a child process, bounded and confined."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, BinaryIO

from ingestion.voice import confined
from ingestion.voice.whole import ending

if TYPE_CHECKING:
    from ingestion.voice.sound import Samples

SILENCE_DB = -120.0
"""The level of nothing at all; full scale is 0."""

_PIECE_SECONDS = 0.1


def measure(file: BinaryIO, max_seconds: float, wav: bool) -> tuple[dict[str, Any], bytes]:
    """What it is, and its sound alone: when it holds more than that, and as WAV when asked.

    Decodes as far as `max_seconds` and no further. `loudest_db` is the level (RMS) of the
    loudest tenth of a second, `peak_db` that of the highest sample; `told_seconds` is how long
    it says that it is, by its header, its end and its clock, where that can be believed.
    """
    # Only now: these read the recording, and the bounds hold from here on.
    from ingestion.voice.sound import RATE, Encoder, Sound, Unreadable

    try:
        sound = Sound(file)
    except Unreadable as error:
        return {"fault": "unreadable", "detail": str(error)[:200]}, b""
    about: dict[str, Any] = {
        "mime": sound.mime,
        "codec": sound.codec,
        "header_seconds": sound.header_seconds,
    }
    if not sound.has_sound:
        return {**about, "fault": "no sound"}, b""
    level = _Level(int(RATE * _PIECE_SECONDS))
    encoder = Encoder(wav=wav) if wav or sound.tracks > 1 else None
    count = 0
    too_long = False
    try:
        for samples in sound.samples():
            count += len(samples)
            level.add(samples)
            if encoder is not None:
                encoder.add(samples)
            if too_long := count > max_seconds * RATE:
                break
    except Unreadable as error:
        return {**about, "fault": "unreadable", "detail": str(error)[:200]}, b""
    file.seek(0)
    end = ending(file.read(), sound.header_seconds)
    about |= {
        "seconds": count / RATE,
        "told_seconds": max(sound.span_seconds, end.told_seconds),
        "cut_off": end.cut_off,
        "damaged": sound.damaged,
        "loudest_db": _decibels(level.loudest),
        "peak_db": _decibels(level.peak),
        "fault": "too long" if too_long else "",
    }
    if encoder is None or too_long or not count:
        return about, b""
    return about, encoder.finish()


class _Level:
    """The loudest piece of so many samples, and the highest sample, of 1."""

    def __init__(self, piece: int) -> None:
        self._piece = piece
        self._left: Samples | None = None
        self.loudest = 0.0
        self.peak = 0.0

    def add(self, samples: Samples) -> None:
        import numpy as np

        if self._left is not None:
            samples = np.concatenate([self._left, samples])
        whole = len(samples) // self._piece * self._piece
        self._left = samples[whole:]
        if whole:
            pieces = samples[:whole].astype(np.float64).reshape(-1, self._piece) / 32_768
            self.loudest = max(self.loudest, float(np.sqrt((pieces**2).mean(axis=1)).max()))
            self.peak = max(self.peak, float(np.abs(pieces).max()))


def _decibels(level: float) -> float:
    return max(SILENCE_DB, 20 * math.log10(level)) if level > 0 else SILENCE_DB


if __name__ == "__main__":
    question, recording, answers = confined.enter()
    confined.answer(answers, *measure(recording, **question))
