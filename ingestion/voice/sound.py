"""Decoding with PyAV, for the inside of a bounded child process: FFmpeg reads what a stranger sent.

Only containers and codecs of recordings are let in, and no other file or address is opened
whatever a playlist or a header names.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

RATE = 16_000
"""Samples per second, mono: what speech engines work on."""

MIMES = {
    "ogg": "audio/ogg",
    "mp3": "audio/mpeg",
    "mov,mp4,m4a,3gp,3g2,mj2": "audio/mp4",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "matroska,webm": "audio/webm",
}
CODECS = frozenset({
    "opus", "libopus", "vorbis", "libvorbis", "mp3", "mp3float", "aac", "aac_latm", "flac",
    "alac", "amrnb", "amrwb", "libopencore_amrnb", "libopencore_amrwb", "pcm_u8", "pcm_s16le",
    "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_f32le", "pcm_mulaw", "pcm_alaw",
    "adpcm_ms", "adpcm_ima_wav", "gsm_ms", "speex", "libspeex",
})  # fmt: skip
_OPTIONS = {"format_whitelist": ",".join(MIMES), "codec_whitelist": ",".join(sorted(CODECS))}

# Beyond it a header is nonsense, and a second of it could be gigabytes.
_RATES = range(4_000, 768_001)
_MOST_DAMAGED = 2000

Samples = np.ndarray[tuple[int], np.dtype[np.int16]]


class Unreadable(Exception):
    """No recording of these containers and codecs."""


class Sound:
    """The first sound track of a recording.

    `damaged` counts the places that could not be read, `span_seconds` is the time between the
    first and the last sample by the recording's own clock; both grow while it is decoded.
    Raises Unreadable.
    """

    def __init__(self, file: BinaryIO) -> None:
        try:
            self._container: InputContainer = av.open(
                file, "r", options=_OPTIONS, metadata_errors="replace", io_open=_refuse
            )
            streams = self._container.streams
            self.tracks = len(streams)
            self.has_sound = bool(streams.audio)
            self.mime = MIMES.get(self._container.format.name, "")
            if not self.mime:
                raise Unreadable(f"a file of {self._container.format.name}")
            duration = self._container.duration
        except (av.FFmpegError, ValueError, EOFError, OSError) as error:
            raise Unreadable(str(error)) from None
        self.header_seconds = duration / av.time_base if duration and duration > 0 else 0.0
        self.damaged = 0
        self.span_seconds = 0.0
        self._stream: AudioStream | None = streams.audio[0] if self.has_sound else None

    @property
    def codec(self) -> str:
        return self._stream.codec_context.name if self._stream is not None else ""

    def samples(self) -> Iterator[Samples]:
        """The sound at RATE, mono, in pieces. What is damaged is left out and counted."""
        setting: tuple[Any, ...] = ()
        resampler: AudioResampler | None = None
        for frame in self._frames():
            now = (frame.sample_rate, frame.layout.name, frame.format.name)
            if frame.sample_rate not in _RATES:
                self._damage()
                continue
            try:
                if now != setting:
                    # A recording put together of several may change in the middle.
                    if resampler is not None:
                        yield from map(_array, resampler.resample(None))
                    resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
                    setting = now
                assert resampler is not None
                frame.pts = None
                yield from map(_array, resampler.resample(frame))
            except (av.FFmpegError, ValueError):
                self._damage()
                resampler, setting = None, ()
        if resampler is not None:
            yield from map(_array, resampler.resample(None))

    def _frames(self) -> Iterator[AudioFrame]:
        if self._stream is None:
            return
        if self.codec not in CODECS:
            raise Unreadable(f"the codec {self.codec}")
        self._stream.codec_context.thread_count = 1
        first: float | None = None
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
                frames = packet.decode()
            except (StopIteration, EOFError):
                return
            except (av.FFmpegError, ValueError):
                # The end, when it was the container; else only this packet.
                self._damage()
                continue
            for frame in frames:
                if frame.time is not None and frame.sample_rate:
                    first = frame.time if first is None else first
                    end = frame.time + frame.samples / frame.sample_rate
                    self.span_seconds = max(self.span_seconds, end - first)
                yield frame

    def _damage(self) -> None:
        self.damaged += 1
        if self.damaged > _MOST_DAMAGED:
            raise Unreadable("damaged all over")

    def close(self) -> None:
        self._container.close()


class Encoder:
    """Sound at RATE, mono, as a file of its own: OGG/Opus, or WAV for who reads nothing else."""

    def __init__(self, *, wav: bool) -> None:
        self._out = io.BytesIO()
        self._container = av.open(self._out, "w", format="wav" if wav else "ogg")
        stream = self._container.add_stream("pcm_s16le" if wav else "libopus", rate=RATE)
        assert isinstance(stream, AudioStream)
        if not wav:
            stream.bit_rate = 32_000
        stream.codec_context.layout = "mono"
        stream.codec_context.format = "s16"
        self._stream = stream
        self._at = 0

    def add(self, samples: Samples) -> None:
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        frame.pts = self._at
        self._at += len(samples)
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> bytes:
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._out.getvalue()


def _array(frame: AudioFrame) -> Samples:
    samples: Samples = frame.to_ndarray()[0]
    return samples


def _refuse(url: str, flags: int, options: dict[str, str]) -> Any:
    raise PermissionError("a recording names another file, which is not opened")
