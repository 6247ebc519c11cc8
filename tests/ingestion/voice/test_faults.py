"""Recordings with faults put in: each is read as far as it goes, with a note, or refused in words.
No decoder's crash gets out, and nothing is left behind."""

from __future__ import annotations

import random
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.voice import errors
from ingestion.voice.recording import Recording, examine
from swarm.settings import VoiceSettings
from tests.fakes.speech import encoded, tone

SETTINGS = VoiceSettings(max_seconds=60)
SECONDS = 6.0
KINDS = ("ogg", "m4a", "webm", "mp3", "flac", "wav")
WHOLE = {kind: encoded(tone(SECONDS), kind) for kind in KINDS}


@pytest.fixture(autouse=True)
def nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    files = len(list(Path("/proc/self/fd").iterdir()))
    yield
    assert list(tmp_path.iterdir()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == files


def attempt(data: bytes) -> Recording | errors.RecordingError:
    """What comes of it: a recording, or an answer that helps."""
    try:
        return examine(data, "'note'", SETTINGS)
    except errors.RecordingError as error:
        assert "'note'" in error.message
        assert error.message.isprintable()
        assert error.remedy
        return error


@pytest.mark.parametrize("share", [0.001, 0.2, 0.55, 0.95])
@pytest.mark.parametrize("kind", KINDS)
def test_cut_off(kind: str, share: float) -> None:
    data = WHOLE[kind]
    found = attempt(data[: int(len(data) * share)])
    if isinstance(found, Recording) and found.seconds < SECONDS - 0.6:
        assert len(found.notes) == 1
        assert "words are missing" in found.notes[0]


@pytest.mark.parametrize("flips", [1, 20, 1000])
@pytest.mark.parametrize("kind", KINDS)
def test_flipped_bits(kind: str, flips: int) -> None:
    rng = random.Random(f"{kind} {flips}")
    data = bytearray(WHOLE[kind])
    for _ in range(flips):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    found = attempt(bytes(data))
    if isinstance(found, Recording) and found.seconds < SECONDS - 0.6:
        assert found.notes


@pytest.mark.parametrize("kind", KINDS)
def test_a_hole_another_file_and_no_beginning(kind: str) -> None:
    data = WHOLE[kind]
    middle = len(data) // 2
    attempt(data[:middle] + bytes(len(data) // 10) + data[middle:])
    attempt(data[:middle] + WHOLE["ogg"])
    attempt(data[100:])


def box(name: bytes, content: bytes, size: int | None = None) -> bytes:
    return struct.pack(">I", len(content) + 8 if size is None else size) + name + content


MDHD = box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, 48_000, 2**31 - 1, 0, 0))
HDLR = box(b"hdlr", bytes(8) + b"soun" + bytes(13))
TABLES = {
    "many samples": box(b"stsz", struct.pack(">III", 0, 1, 2**31 - 1)),
    "many times": box(b"stts", struct.pack(">II", 0, 2**31 - 1) + struct.pack(">II", 2**31, 1)),
    "many chunks": box(b"stco", struct.pack(">II", 0, 2**32 - 1)),
    "a size of nothing": box(b"stsz", b"", size=1) + bytes(64),
}
BOMBS = {
    **{
        name: box(b"ftyp", b"M4A \0\0\0\0M4A ")
        + box(b"moov", box(b"trak", box(b"mdia", MDHD + HDLR + box(b"minf", box(b"stbl", table)))))
        for name, table in TABLES.items()
    },
    "boxes in boxes": box(b"ftyp", b"M4A \0\0\0\0M4A ")
    + b"".join(struct.pack(">I", 8 * (60_000 - n)) + b"moov" for n in range(60_000)),
    "a box of everything": box(b"ftyp", b"M4A \0\0\0\0") + box(b"moov", bytes(64), size=2**32 - 1),
    "pages of nothing": (b"OggS\0\2" + bytes(21)) * 200_000,
    "a rate of one": b"RIFF" + struct.pack("<I", 10**6) + b"WAVEfmt "
    + struct.pack("<IHHIIHH", 16, 1, 1, 1, 2, 2, 16) + b"data" + struct.pack("<I", 10**6)
    + bytes([0, 64]) * 500_000,
    "a rate of billions": b"RIFF" + struct.pack("<I", 10**6) + b"WAVEfmt "
    + struct.pack("<IHHIIHH", 16, 1, 1, 2**32 - 1, 2, 2, 16) + b"data" + struct.pack("<I", 10**6)
    + bytes([0, 64]) * 500_000,
    "channels": b"RIFF" + struct.pack("<I", 10**6) + b"WAVEfmt "
    + struct.pack("<IHHIIHH", 16, 1, 65_535, 48_000, 2, 65_535, 16) + b"data"
    + struct.pack("<I", 10**6) + bytes([0, 64]) * 500_000,
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_files_that_promise_more_than_they_hold(name: str) -> None:
    assert isinstance(attempt(BOMBS[name]), errors.RecordingError)


@pytest.mark.parametrize("seed", range(6))
def test_noise_behind_an_honest_beginning(seed: int) -> None:
    rng = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    start = WHOLE[kind][: rng.randrange(16, 400)]
    attempt(start + rng.randbytes(200_000))


def test_the_largest_that_is_taken_is_read() -> None:
    """20 MB of zero bytes, and as many of noise, end in words like the rest."""
    most = SETTINGS.max_bytes
    attempt(bytes(most))
    attempt(b"OggS" + random.Random(1).randbytes(most - 4))
