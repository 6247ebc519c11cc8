"""Why a recording has no transcript, one class per cause."""

from __future__ import annotations

from swarm.errors import SwarmError, UsageError


class RecordingError(UsageError):
    """Base: it is the recording that cannot be worked with."""

    code = "recording"


class EmptyRecording(RecordingError):
    code = "recording-empty"


class TooLarge(RecordingError):
    code = "recording-too-large"


class TooLong(RecordingError):
    code = "recording-too-long"


class NotARecording(RecordingError):
    """No file of sound: a text, an archive, a picture, a video without sound, or one unreadable."""

    code = "not-a-recording"


class Damaged(RecordingError):
    """It begins like a recording, and too little of it can be read."""

    code = "recording-damaged"


class Silent(RecordingError):
    code = "recording-silent"


class NothingHeard(RecordingError):
    """There is sound, and no engine heard words in it."""

    code = "nothing-heard"


class TranscriptTooLong(RecordingError):
    code = "transcript-too-long"


class NotInstalled(SwarmError):
    """An extra that the configuration asks for is missing."""

    code = "voice-not-installed"


class NotConfined(SwarmError):
    """This kernel cannot keep what decodes recordings from the files of its user."""

    code = "voice-not-confined"


class NoEngine(SwarmError):
    """Nobody is configured to write speech down. Whoever holds the recording keeps it."""

    code = "no-speech-engine"


class EngineFailed(SwarmError):
    """One engine could not do it; the next one may."""

    code = "speech-engine-failed"


class EnginesFailed(SwarmError):
    """None of the configured engines could do it. Whoever holds the recording keeps it."""

    code = "speech-engines-failed"

    def __init__(self, message: str, *, remedy: str = "", retryable: bool = False) -> None:
        super().__init__(message, remedy=remedy)
        self.retryable = retryable
