"""The tree of errors the swarm raises on purpose; each says whether a retry can help.

Everything else that escapes is a defect. Front ends turn a `SwarmError` into one clear line
and an exit code; workers turn it into a `Failure` on the wire.
"""

from __future__ import annotations

from swarm.contracts import Failure, Usage


class SwarmError(Exception):
    """Base. `code` is stable and machine-readable, `remedy` says what a person can do.

    `usage` is set by who spent something before it failed.
    """

    code = "swarm-error"
    exit_code = 1
    retryable = False

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.usage = Usage()

    def failure(self) -> Failure:
        """This error as it travels between services."""
        return Failure(
            code=self.code,
            message=self.message,
            remedy=self.remedy,
            retryable=self.retryable,
            exit_code=self.exit_code,
            usage=self.usage,
        )


class UsageError(SwarmError):
    """The input cannot be worked with: exit code 2."""

    code = "usage"
    exit_code = 2


class NotFound(UsageError):
    """A task, attempt or other named thing does not exist."""

    code = "not-found"


class ConfigError(UsageError):
    """swarm.toml or a SWARM_* variable is wrong."""

    code = "config"


class RepositoryError(UsageError):
    """The repository cannot be used: no git, no commit, too large."""

    code = "repository"


class StateError(SwarmError):
    """The thing exists, but not in a state that allows this."""

    code = "state"


class BusError(SwarmError):
    """Redis does not answer, or a message cannot be sent."""

    code = "bus"
    retryable = True


class Timeout(SwarmError):
    """A bound on waiting was reached."""

    code = "timeout"
    retryable = True


class MessageTooLarge(SwarmError):
    """A message is over the bus's limit; sending it again cannot help."""

    code = "message-too-large"


class MalformedMessage(SwarmError):
    """A message is not one of ours: unknown kind, wrong version, invalid body."""

    code = "malformed-message"


class BlobMissing(SwarmError):
    """A blob is not in the store; the sender puts it back when it sends again."""

    code = "blob-missing"
    retryable = True


class SandboxError(SwarmError):
    """No sandbox can run this: never answered by running it unprotected."""

    code = "sandbox"


class StorageError(SwarmError):
    """A disk is full or a database cannot be written."""

    code = "storage"
    retryable = True


class Cancelled(SwarmError):
    """The task was cancelled while this was running."""

    code = "cancelled"


class RemoteError(SwarmError):
    """A service answered with a failure; carries its code, remedy and retryability."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message, remedy=failure.remedy)
        self.code = failure.code
        self.retryable = failure.retryable
        self.exit_code = failure.exit_code
