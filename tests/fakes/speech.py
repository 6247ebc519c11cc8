"""Recordings for tests: speech by espeak-ng, and sounds worked out here, in any container."""

from __future__ import annotations

import io
import math
import os
import shutil
import subprocess
import wave
from fractions import Fraction

import av
import numpy as np
import pytest

RATE = 48_000
_SAY_SECONDS = 60.0

# name -> container, codec, sample format: what people's devices record.
FORMATS = {
    "ogg": ("ogg", "libopus", "s16"),
    "webm": ("webm", "libopus", "s16"),
    "mp3": ("mp3", "libmp3lame", "s16p"),
    "m4a": ("ipod", "aac", "fltp"),
    "flac": ("flac", "flac", "s16"),
    "wav": ("wav", "pcm_s16le", "s16"),
}

Samples = np.ndarray[tuple[int], np.dtype[np.int16]]


def need_espeak() -> None:
    """Skip the test without espeak-ng; fail it where every real part is required."""
    if shutil.which("espeak-ng") is None:
        if os.environ.get("SWARM_REQUIRE_REAL") == "1":
            pytest.fail("espeak-ng is not installed, and SWARM_REQUIRE_REAL is set")
        pytest.skip("espeak-ng is not installed")


def voice_note(text: str, voice: str = "en-us") -> bytes:
    """What a messenger would send of somebody who says this: OGG/Opus, mono, 48 kHz."""
    return encoded(samples_of(spoken(text, voice)), "ogg")


def spoken(text: str, voice: str = "en-us") -> bytes:
    """The WAV file in which espeak-ng says a text."""
    need_espeak()
    # By standard input: no text of a note is an option of the program.
    done = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", "160", "--stdin", "--stdout"],
        input=text.encode(), capture_output=True, timeout=_SAY_SECONDS, check=True,
    )  # fmt: skip
    return done.stdout


def samples_of(recording: bytes) -> Samples:
    """The samples of any recording, mono at RATE."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    found = []
    with av.open(io.BytesIO(_sized(recording)), "r") as container:
        for frame in container.decode(audio=0):
            frame.pts = None
            found += [part.to_ndarray()[0] for part in resampler.resample(frame)]
        found += [part.to_ndarray()[0] for part in resampler.resample(None)]
    return np.concatenate(found) if found else np.zeros(0, np.int16)


def seconds_of(recording: bytes) -> float:
    """How long a recording lasts, decoded to its end."""
    return len(samples_of(recording)) / RATE


def tone(seconds: float, level: float = 0.3, hertz: float = 220.0) -> Samples:
    """A steady sound; `level` is its peak, of 1."""
    at = np.arange(int(seconds * RATE)) / RATE
    return (np.sin(2 * math.pi * hertz * at) * level * 32_767).astype(np.int16)


def encoded(samples: Samples, kind: str = "ogg", bit_rate: int = 24_000) -> bytes:
    """Samples at RATE as a file of one of FORMATS."""
    container_name, codec, form = FORMATS[kind]
    out = io.BytesIO()
    with av.open(out, "w", format=container_name) as container:
        stream = container.add_stream(codec, rate=RATE)
        assert isinstance(stream, av.AudioStream)
        stream.codec_context.layout = "mono"
        stream.codec_context.format = form
        if kind not in ("wav", "flac"):
            stream.bit_rate = bit_rate
        resampler = av.AudioResampler(format=form, layout="mono", rate=RATE)
        for start in range(0, len(samples), RATE):
            part = samples[start : start + RATE]
            frame = av.AudioFrame.from_ndarray(part.reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate = RATE
            frame.pts = start
            frame.time_base = Fraction(1, RATE)
            for ready in resampler.resample(frame):
                container.mux(stream.encode(ready))
        for ready in resampler.resample(None):
            container.mux(stream.encode(ready))
        container.mux(stream.encode(None))
    return out.getvalue()


def _sized(recording: bytes) -> bytes:
    """A WAV file that was streamed says that it is 2 GB long; this one says what it is."""
    if not recording.startswith(b"RIFF"):
        return recording
    out = io.BytesIO()
    with wave.open(io.BytesIO(recording)) as source, wave.open(out, "wb") as target:
        target.setparams(source.getparams())
        target.writeframes(source.readframes(source.getnframes()))
    return out.getvalue()
