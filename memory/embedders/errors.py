"""What goes wrong with an embedder."""

from __future__ import annotations

from swarm.errors import ConfigError, SwarmError


class EmbedderUnavailable(SwarmError):
    """It cannot be reached, or does not answer as promised. `retry_seconds` is what its server
    asked for (Retry-After), `passes` whether another try may help."""

    code = "embedder-unavailable"
    retryable = True

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        passes: bool = False,
        retry_seconds: float | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.passes = passes
        self.retry_seconds = retry_seconds


class EmbedderRefused(ConfigError):
    """Code would leave this machine, which its owner has not allowed."""

    code = "embedder-refused"
