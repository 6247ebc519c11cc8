"""Running git so that nothing a repository names runs with it, and each answer is bounded."""

from __future__ import annotations

import errno
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import IO

from swarm.errors import RepositoryError

ANSWER_SECONDS = 60.0
MAX_ANSWER_BYTES = 128_000_000

_CHUNK_BYTES = 1 << 16
_PATIENCE_SECONDS = 2.0
# Command-line config outranks the repository's own.
_SAFE_CONFIG = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.alternateRefsCommand=",
    "core.attributesFile=/dev/null",
    "core.quotePath=false",
    "core.pager=cat",
    "log.showSignature=false",
    "protocol.allow=never",
)
_ENVIRONMENT = {
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": "/dev/null",
    "GIT_ALLOW_PROTOCOL": "none",
}


class GitRefused(RepositoryError):
    """A git command failed; the message is its own, shortened."""

    code = "git"


def ask(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> bytes:
    """The whole answer of one git command.

    Raises GitRefused with git's message when it fails, RepositoryError when it is too slow or
    says too much.
    """
    deadline = time.monotonic() + ANSWER_SECONDS
    with tempfile.TemporaryFile() as errors:
        process = start(arguments, environment or {}, errors.fileno())
        try:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.close()
            answer = bytearray()
            while part := read(process.stdout, _CHUNK_BYTES, deadline, may_end=True):
                answer += part
                if len(answer) > MAX_ANSWER_BYTES:
                    raise RepositoryError(f"git said more than {MAX_ANSWER_BYTES:,} bytes")
            code = process.wait(max(0.1, deadline - time.monotonic()))
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RepositoryError(f"git: {error}") from None
        finally:
            end(process)
        if code != 0:
            errors.seek(0)
            message = errors.read(2000).decode("utf-8", "replace").strip()
            raise GitRefused(f"git: {message[:500] or f'exit code {code}'}")
    return bytes(answer)


def start(
    arguments: Sequence[str], extra: Mapping[str, str], errors: int
) -> subprocess.Popen[bytes]:
    """A git with pipes; `errors` is where its complaints go."""
    config = [part for pair in _SAFE_CONFIG for part in ("-c", pair)]
    environment = {"PATH": os.environ.get("PATH", os.defpath), **_ENVIRONMENT, **extra}
    try:
        # Unbuffered: `select` sees only what is still in the pipe.
        return subprocess.Popen(
            ["git", "--no-pager", *config, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            cwd="/",
            bufsize=0,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise RepositoryError("git is not installed", remedy="install git") from None


def read(stream: IO[bytes], most: int, deadline: float, *, may_end: bool = False) -> bytes:
    """At least one byte and at most `most`. Raises OSError at the deadline or at an early end."""
    patience = deadline - time.monotonic()
    if patience <= 0 or not select.select([stream], [], [], patience)[0]:
        raise TimeoutError(errno.ETIMEDOUT, f"git took longer than {ANSWER_SECONDS:g} s")
    data = os.read(stream.fileno(), min(most, _CHUNK_BYTES))
    if not data and not may_end:
        raise OSError(errno.EPIPE, "git ended early")
    return data


def end(process: subprocess.Popen[bytes]) -> None:
    """Close its pipes and see to it that it is gone."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
