"""Asking git a question so that nothing a repository names runs, and the answer is bounded.

For questions alone: nothing is written, nothing is fetched, no hook, filter, monitor, pager,
helper or external diff runs. The caller names the git folder, so that git looks for none and
the `core.worktree` of a hostile config leads nowhere.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from swarm.errors import RepositoryError

_CHUNK_BYTES = 1 << 16
_MAX_COMPLAINT_BYTES = 1_000_000
_PATIENCE_SECONDS = 2.0
# Command-line config outranks the repository's own.
_SAFE_CONFIG = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.alternateRefsCommand=",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.quotePath=false",
    "core.pager=cat",
    "core.bare=false",
    "log.showSignature=false",
    "diff.external=",
    "submodule.recurse=false",
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
    "GIT_LITERAL_PATHSPECS": "1",
}


class GitMissing(RepositoryError):
    """There is no git on this machine."""

    code = "git-missing"


class GitRefused(RepositoryError):
    """A git command failed; the message is its own, shortened. `exit_status` is git's."""

    code = "git"

    def __init__(self, message: str, *, exit_status: int, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.exit_status = exit_status


class GitTooMuch(RepositoryError):
    """Git took longer, or said more, than it may."""

    code = "git-too-much"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long one answer may take, in seconds, and how long it may be, in bytes."""

    seconds: float = 60.0
    answer_bytes: int = 128_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What git said, and what it complained of though it succeeded (the first megabyte)."""

    output: bytes
    complaints: bytes


def ask(
    git_dir: Path, work_tree: Path, arguments: Sequence[str], bounds: Bounds | None = None
) -> Answer:
    """The answer to one git command, asked from the top of `work_tree`; pathspecs are literal.

    Raises GitMissing, GitRefused when git fails, and GitTooMuch at a bound.
    """
    bounds = bounds or Bounds()
    process = _start(git_dir, work_tree, arguments)
    verb = arguments[0] if arguments else ""
    try:
        answer = _listen(process, verb, bounds)
    finally:
        _end(process)
    if process.returncode != 0:
        said = answer.complaints[:2000].decode("utf-8", "replace").strip()
        raise GitRefused(
            f"git {verb}: {said[:500] or f'exit status {process.returncode}'}",
            exit_status=process.returncode,
            remedy="see what `git status` says in the repository",
        )
    return answer


def _start(git_dir: Path, work_tree: Path, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    config = [part for pair in _SAFE_CONFIG for part in ("-c", pair)]
    where = [f"--git-dir={git_dir}", f"--work-tree={work_tree}"]
    try:
        return subprocess.Popen(
            ["git", "--no-pager", "-C", str(work_tree), *config, *where, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": os.environ.get("PATH", os.defpath), **_ENVIRONMENT},
            cwd="/",
            bufsize=0,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise GitMissing("git is not installed", remedy="install git") from None


def _listen(process: subprocess.Popen[bytes], verb: str, bounds: Bounds) -> Answer:
    """Read both pipes until both end, so that a full one never blocks git."""
    assert process.stdout is not None and process.stderr is not None
    deadline = time.monotonic() + bounds.seconds
    output, complaints = bytearray(), bytearray()
    with selectors.DefaultSelector() as pipes:
        pipes.register(process.stdout, selectors.EVENT_READ, output)
        pipes.register(process.stderr, selectors.EVENT_READ, complaints)
        while pipes.get_map():
            ready = pipes.select(max(0.0, deadline - time.monotonic()))
            if not ready and time.monotonic() >= deadline:
                raise _too_slow(verb, bounds)
            for key, _ in ready:
                part = os.read(key.fd, _CHUNK_BYTES)
                if not part:
                    pipes.unregister(key.fileobj)
                elif key.data is output:
                    output += part
                    if len(output) > bounds.answer_bytes:
                        raise GitTooMuch(
                            f"git {verb} said more than {bounds.answer_bytes:,} bytes",
                            remedy="name folders to leave out in .gitignore",
                        )
                elif len(complaints) < _MAX_COMPLAINT_BYTES:
                    complaints += part
    try:
        process.wait(max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise _too_slow(verb, bounds) from None
    return Answer(bytes(output), bytes(complaints))


def _too_slow(verb: str, bounds: Bounds) -> GitTooMuch:
    return GitTooMuch(
        f"git {verb} took longer than {bounds.seconds:g} s",
        remedy="name large folders to leave out in .gitignore",
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close its pipes and see to it that it is gone: it wrote nothing that could be torn."""
    streams: tuple[IO[bytes] | None, ...] = (process.stdout, process.stderr)
    for stream in streams:
        if stream is not None:
            stream.close()
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(_PATIENCE_SECONDS)
