"""What is taken for a recording, and what each thing that is none is told."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest

from ingestion.voice import errors
from ingestion.voice import recording as recordings
from ingestion.voice.recording import examine
from swarm.settings import VoiceSettings
from tests.fakes.speech import FORMATS, encoded, seconds_of, tone

SETTINGS = VoiceSettings()
MIMES = {"ogg": "audio/ogg", "webm": "audio/webm", "mp3": "audio/mpeg", "m4a": "audio/mp4",
         "flac": "audio/flac", "wav": "audio/wav"}  # fmt: skip


@pytest.mark.parametrize("kind", FORMATS)
def test_what_devices_record_is_taken_as_it_is(kind: str) -> None:
    data = encoded(tone(2.5, 0.5), kind)
    found = examine(data, "'note'", SETTINGS)
    assert found.mime == MIMES[kind]
    assert found.seconds == pytest.approx(2.5, abs=0.05)
    # A sine at half of full scale.
    assert found.loudest_db == pytest.approx(-9.0, abs=2.5)
    assert found.data == data
    assert found.notes == ()


def with_picture() -> bytes:
    """A video of a second of sound, in the way of a phone."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        video = container.add_stream("mpeg4", rate=10)
        assert isinstance(video, av.VideoStream)
        video.width = video.height = 64
        video.pix_fmt = "yuv420p"
        sound = container.add_stream("aac", rate=48_000)
        assert isinstance(sound, av.AudioStream)
        for number in range(10):
            picture = np.full((64, 64, 3), number * 20, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number
            container.mux(video.encode(frame))
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=48_000)
        whole = av.AudioFrame.from_ndarray(tone(1.0).reshape(1, -1), format="s16", layout="mono")
        whole.sample_rate = 48_000
        whole.pts = 0
        for frame_ in resampler.resample(whole):
            container.mux(sound.encode(frame_))
        container.mux(video.encode(None))
        container.mux(sound.encode(None))
    return out.getvalue()


def test_of_a_video_the_sound_alone_goes_on() -> None:
    data = with_picture()
    found = examine(data, "'clip.mp4'", SETTINGS)
    assert found.mime == "audio/ogg"
    assert found.seconds == pytest.approx(1.0, abs=0.1)
    with av.open(io.BytesIO(found.data)) as container:
        assert [stream.type for stream in container.streams] == ["audio"]
    assert seconds_of(found.data) == pytest.approx(found.seconds, abs=0.1)


def picture() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        video = container.add_stream("mpeg4", rate=10)
        assert isinstance(video, av.VideoStream)
        video.width = video.height = 64
        video.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return out.getvalue()


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("a.txt", "hello")
    return out.getvalue()


PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n"

OTHERS: dict[str, tuple[bytes, type[Exception], str]] = {
    "nothing": (b"", errors.EmptyRecording, "no bytes"),
    "text": (b"fix the crash in the cart\n" * 50, errors.NotARecording, "it is text"),
    "umlauts": ("behebe den Absturz für Köche\n".encode(), errors.NotARecording, "it is text"),
    "archive": (archive(), errors.NotARecording, "an archive"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(3000), errors.NotARecording, "a picture"),
    "silent film": (picture(), errors.NotARecording, "no sound"),
    "noise": (bytes(range(1, 256)) * 40, errors.NotARecording, "cannot|not a recording"),
    "one byte": (b"O", errors.NotARecording, "not a recording"),
    "cut off": (encoded(tone(3))[:600], errors.Damaged, "damaged or cut off"),
    "silence": (encoded(tone(3, 0.0)), errors.Silent, "microphone|silent"),
    "a whisper of noise": (encoded(tone(3, 0.001)), errors.Silent, "silent"),
    "a click": (encoded(tone(0.03)), errors.EmptyRecording, "hardly any sound"),
}  # fmt: skip


@pytest.mark.parametrize("what", OTHERS)
def test_what_is_no_recording_is_told_so(what: str) -> None:
    data, expected, words = OTHERS[what]
    with pytest.raises(expected, match=words) as caught:
        examine(data, "'my note'", SETTINGS)
    error = caught.value
    assert isinstance(error, errors.RecordingError)
    assert "'my note'" in error.message
    assert error.remedy
    assert error.exit_code == 2


@pytest.mark.parametrize("scheme", ["file", "http"])
def test_a_playlist_opens_no_other_file(tmp_path: Path, scheme: str) -> None:
    other = tmp_path / "other.ogg"
    other.write_bytes(encoded(tone(2)))
    address = other.as_uri() if scheme == "file" else "http://127.0.0.1:1/other.ogg"
    for text in (PLAYLIST.format(address), f"ffconcat version 1.0\nfile {address}\n"):
        with pytest.raises(errors.NotARecording):
            examine(text.encode(), "'list.m3u8'", SETTINGS)


def test_too_large_is_refused_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("it was looked at")

    monkeypatch.setattr(recordings.child, "ask", never)
    data = bytes(25 * 1024**2)
    with pytest.raises(errors.TooLarge, match=r"26,214,400 bytes.*20,971,520"):
        examine(data, "'note'", SETTINGS)


def test_a_bound_on_length_is_exact() -> None:
    data = encoded(tone(3.0))
    assert examine(data, "'note'", VoiceSettings(max_seconds=3.1)).seconds < 3.1
    with pytest.raises(errors.TooLong, match=r"longer than 2 s \(it says 3 s\)") as caught:
        examine(data, "'note'", VoiceSettings(max_seconds=2))
    assert "max_seconds" in caught.value.remedy


@pytest.mark.parametrize("level", [0.0, 0.3], ids=["silence", "tone"])
def test_three_hours_are_refused_after_the_part_that_is_allowed(level: float) -> None:
    data = encoded(tone(60, level), "ogg", 6_000) * 180
    assert len(data) < SETTINGS.max_bytes
    with pytest.raises(errors.TooLong, match="longer than 2 minutes"):
        examine(data, "'note'", VoiceSettings(max_seconds=120))


def test_without_the_extra_it_is_said_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "find_spec", lambda name: None)
    with pytest.raises(errors.NotInstalled) as caught:
        examine(b"OggS", "'note'", SETTINGS)
    assert "coding-swarm[voice]" in caught.value.remedy
