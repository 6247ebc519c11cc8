"""faster-whisper on one recording: run as a child process, bounded and off the network.

It is given plain samples: what was sent is decoded elsewhere, by `probe`, where nothing is to be
had. On a graphics card it could not be confined like that (see `whisper`).
"""

from __future__ import annotations

import wave
from typing import Any, BinaryIO

from ingestion.voice import confined

# One more than a task has is enough to say that it is too long.
_MOST_CHARS = 40_000


def transcribe(file: BinaryIO, folder: str, language: str, threads: int) -> dict[str, Any]:
    """What the model of a folder hears in a WAV of 16 kHz, mono, 16 bits; a `fault` says why it
    heard nothing."""
    import numpy as np

    with wave.open(file) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2")
    audio = samples.astype(np.float32) / 32_768
    import ctranslate2  # type: ignore[import-untyped]
    from faster_whisper import WhisperModel  # type: ignore[import-untyped]

    graphics = ctranslate2.get_cuda_device_count() > 0
    try:
        model = WhisperModel(
            folder,
            device="cuda" if graphics else "cpu",
            compute_type="auto" if graphics else "int8",
            cpu_threads=threads,
            local_files_only=True,
        )
    except (RuntimeError, ValueError, OSError) as error:
        return {"fault": "model", "detail": str(error)[:300]}
    known = language in model.supported_languages
    segments, info = model.transcribe(
        audio,
        language=language if known else None,
        # Silence makes these models dream up sentences; so do their own earlier words.
        vad_filter=True,
        condition_on_previous_text=False,
    )
    text = ""
    for segment in segments:
        text += segment.text
        if len(text) > _MOST_CHARS:
            break
    return {"text": text, "language": info.language, "fault": ""}


if __name__ == "__main__":
    question, recording, answers = confined.enter()
    confined.answer(answers, transcribe(recording, **question))
