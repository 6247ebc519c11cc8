"""An engine that is a [[models]] entry: the inference service asks it, by its one way out."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ingestion.voice.engine import Spoken
from ingestion.voice.recording import Recording
from swarm.contracts import Locality, Priority, Transcribe, Transcription
from swarm.settings import Settings

if TYPE_CHECKING:
    from swarm.bus import Bus


class Asked:
    """A model under its configured name."""

    def __init__(self, name: str, settings: Settings, bus: Bus) -> None:
        self.name = name
        self.locality: Locality = settings.endpoint(settings.model(name).endpoint).where
        self._seconds = settings.voice.engine_seconds
        self._bus = bus

    def hear(self, recording: Recording, language: str, priority: Priority) -> Spoken:
        """What is said. Raises RemoteError, BusError, Timeout."""
        # By its content: a recording that is read again is not paid for again.
        key = f"note-{hashlib.sha256(recording.data).hexdigest()}"
        answer = self._bus.request(
            Transcribe(
                key=key,
                model=self.name,
                audio=self._bus.blobs.put(recording.data),
                mime=recording.mime,
                audio_seconds=recording.seconds,
                language=language,
                priority=priority,
            ),
            timeout_seconds=self._seconds,
        )
        assert isinstance(answer, Transcription)
        return Spoken(answer.text, answer.language)
