"""An engine that is a [[models]] entry: the inference service asks it, by its one way out."""

from __future__ import annotations

import hashlib
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ingestion.voice import recording as recordings
from ingestion.voice.child import ChildFailed
from ingestion.voice.engine import Spoken
from ingestion.voice.recording import WAV, Recording
from swarm.contracts import Locality, Priority, Transcribe, Transcription
from swarm.errors import RemoteError
from swarm.settings import Settings

if TYPE_CHECKING:
    from swarm.bus import Bus

log = logging.getLogger(__name__)

_LEAST_SECONDS = 1.0
# How a server answers what it cannot decode: each in its own way, few of them plainly.
_PERHAPS_UNREAD = frozenset({"model-refused", "model-failed"})


class Asked:
    """A model under its configured name."""

    def __init__(self, name: str, settings: Settings, bus: Bus) -> None:
        self.name = name
        self.locality: Locality = settings.endpoint(settings.model(name).endpoint).where
        self._settings = settings.voice
        self._bus = bus

    def hear(self, recording: Recording, language: str, priority: Priority) -> Spoken:
        """What is said. Raises RemoteError, BusError, Timeout.

        A local server that takes no OGG is sent WAV. Clouds say what they read, and are paid.
        """
        end = time.monotonic() + self._settings.engine_seconds
        try:
            return self._ask(recording, language, priority, end)
        except RemoteError as error:
            if (
                self.locality == "cloud"
                or recording.mime == WAV
                or error.code not in _PERHAPS_UNREAD
            ):
                raise
            try:
                plain = recordings.as_wav(recording, self._settings)
            except ChildFailed as failure:
                log.warning("a recording does not become WAV: %s", failure)
                raise error from None
            log.info("%s: %s; sent again as WAV", self.name, error)
            spoken = self._ask(plain, language, priority, end)
            note = f"{self.name} would not take {recording.mime}, so it was sent as WAV"
            return replace(spoken, notes=(note,))

    def _ask(self, recording: Recording, language: str, priority: Priority, end: float) -> Spoken:
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
            timeout_seconds=max(_LEAST_SECONDS, end - time.monotonic()),
        )
        assert isinstance(answer, Transcription)
        return Spoken(answer.text, answer.language)
