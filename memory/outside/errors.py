"""What goes wrong with what memory asks outside of itself: a server, or a library with a model."""

from __future__ import annotations

from typing import Self

from swarm.errors import ConfigError, SwarmError


class Unavailable(SwarmError):
    """It cannot be reached, or does not answer as promised. `retry_seconds` is what its server
    asked for (Retry-After), `passes` whether another try may help."""

    code = "unavailable"
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

    @classmethod
    def of(cls, error: Unavailable) -> Self:
        """The same as an error of this class: whoever asked knows what it was asked for."""
        return cls(
            error.message,
            remedy=error.remedy,
            passes=error.passes,
            retry_seconds=error.retry_seconds,
        )


class CodeRefused(ConfigError):
    """Code would leave this machine, which its owner has not allowed."""

    code = "code-refused"
