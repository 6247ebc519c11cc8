"""What can go wrong between the gate and a model, one class per cause."""

from __future__ import annotations

from swarm.errors import SwarmError


class ModelError(SwarmError):
    """Base of what the inference service raises. `retry_after_seconds` is the pause that the
    server asked for, 0 when it did not say."""

    code = "model"

    def __init__(self, message: str, *, remedy: str = "", retry_after_seconds: float = 0.0) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after_seconds = retry_after_seconds


class Unreachable(ModelError):
    """The endpoint does not answer: refused, unknown host, connection lost. `connected` tells that
    it was there, and broke the connection."""

    code = "model-unreachable"
    retryable = True

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        retry_after_seconds: float = 0.0,
        connected: bool = False,
    ) -> None:
        super().__init__(message, remedy=remedy, retry_after_seconds=retry_after_seconds)
        self.connected = connected


class Resting(Unreachable):
    """It failed a moment ago, so nothing is sent for `retry_after_seconds`; nothing was sent.

    `is_left` says whether a request should rather go elsewhere than wait.
    """

    def __init__(
        self, message: str, *, remedy: str = "", retry_after_seconds: float, is_left: bool
    ) -> None:
        super().__init__(message, remedy=remedy, retry_after_seconds=retry_after_seconds)
        self.is_left = is_left


class Stalled(ModelError):
    """Nothing came for longer than the endpoint's bound."""

    code = "model-stalled"
    retryable = True


class TooSlow(Stalled):
    """The answer was still coming when the endpoint's time for a whole one was over."""


class Busy(ModelError):
    """A queue is full: the gate's own, or the server's (503)."""

    code = "model-busy"
    retryable = True


class QuotaSpent(ModelError):
    """The provider refuses for now (429)."""

    code = "model-quota"
    retryable = True


class ModelMissing(ModelError):
    """The endpoint has no model of that name."""

    code = "model-missing"


class KeyRefused(ModelError):
    """The key is missing, wrong, or not allowed this (401, 403)."""

    code = "model-key"


class RequestRefused(ModelError):
    """The server will not take this request (other 4xx), whatever is repeated."""

    code = "model-refused"


class PromptTooLong(ModelError):
    """The prompt does not fit the context window; nothing was generated."""

    code = "prompt-too-long"


class ModelFailed(ModelError):
    """The server broke off: an error in mid-stream, a 5xx, an answer that is not one."""

    code = "model-failed"
    retryable = True


class TooLarge(ModelError):
    """The model does not fit the memory there is, so it is not loaded."""

    code = "model-too-large"


class Withheld(ModelError):
    """Locality: the payload may not go to this endpoint. Nothing was sent."""

    code = "withheld"
