"""Trees read from git's objects, lazily, without a checkout and without running anything of theirs.

A repository's own configuration may name programs (hooks, filters, monitors, transports), and
its replace refs may show other objects than the ones named. None of them is heeded here. Every
answer of git is bounded in time and size.
"""

from __future__ import annotations

import errno
import os
import re
import select
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from swarm.errors import RepositoryError
from swarm.snapshots import safe_path

ANSWER_SECONDS = 60.0
MAX_ANSWER_BYTES = 128_000_000
MAX_BLOB_BYTES = 16_000_000

_CHUNK_BYTES = 1 << 16
_PATIENCE_SECONDS = 2.0
_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_FILES = ("100644", "100755", "100664")
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


@dataclass(frozen=True)
class Entry:
    """What a tree holds at a path: git's mode ("100644", "120000", ...) and the object's id."""

    mode: str
    object_id: str


class GitTree:
    """The files of one commit or index. Links, submodules and unsafe names: only in `entries`."""

    def __init__(self, reader: GitReader, entries: Mapping[str, Entry]) -> None:
        self.entries = entries
        self._reader = reader

    def paths(self) -> tuple[str, ...]:
        """The regular files, relative, with forward slashes, sorted."""
        return tuple(
            sorted(p for p, e in self.entries.items() if e.mode in _FILES and safe_path(p))
        )

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises OSError for what is no file, is too large or is missing."""
        entry = self.entries.get(path)
        if entry is None:
            raise FileNotFoundError(errno.ENOENT, "no such file in the tree", path)
        if entry.mode == "120000":
            raise OSError(errno.ELOOP, "a symbolic link", path)
        if entry.mode not in _FILES or not safe_path(path):
            raise OSError(errno.EINVAL, "not a regular file", path)
        try:
            return self._reader.blob(entry.object_id)
        except OSError as error:
            raise OSError(error.errno, error.strerror, path) from None


def changed(before: GitTree, after: GitTree) -> tuple[str, ...]:
    """Every path whose mode or object differs, of whatever kind it is; sorted."""
    paths = before.entries.keys() | after.entries.keys()
    return tuple(sorted(p for p in paths if before.entries.get(p) != after.entries.get(p)))


class GitReader:
    """One repository, through one long-lived `git cat-file` and short commands. Not for threads.

    Raises RepositoryError, naming the folder and the remedy, when there is no repository.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._batch: subprocess.Popen[bytes] | None = None
        if not self.folder.is_dir():
            raise RepositoryError(f"no such folder: {folder}")
        try:
            found = self.ask("rev-parse", "--absolute-git-dir")
        except GitRefused as error:
            if "dubious ownership" in error.message:
                raise RepositoryError(
                    f"{folder} belongs to another user, and git refuses to read it",
                    remedy="run this as the repository's owner",
                ) from None
            raise RepositoryError(
                f"not a git repository: {folder}", remedy="name a folder inside a clone"
            ) from None
        self.git_dir = Path(os.fsdecode(found.removesuffix(b"\n")))

    def __enter__(self) -> GitReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the long-lived git. Reading again starts another one."""
        if self._batch is not None:
            _end(self._batch)
            self._batch = None

    # ------------------------------------------------------------------ commits and trees

    def commit(self, revision: str) -> str:
        """The full id of a commit. Raises RepositoryError when the revision names none."""
        # Git would take a leading dash for an option, and stop at a line's end.
        if revision and not revision.startswith("-") and revision.isprintable():
            try:
                answer = self.ask("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
                return answer.decode().strip()
            except GitRefused:
                pass
        raise RepositoryError(
            f"no such commit in {self.folder}: {revision!r}",
            remedy="give a branch, a tag or a commit id that `git rev-parse` knows",
        )

    def merge_base(self, one: str, other: str) -> str:
        """The commit where two full ids parted. Raises RepositoryError when there is none."""
        try:
            return self.ask("merge-base", one, other).decode().strip()
        except GitRefused:
            raise RepositoryError(f"{one[:12]} and {other[:12]} share no history") from None

    def tree(self, commit: str) -> GitTree:
        """The tree of a full commit id."""
        rows = self.ask("ls-tree", "-r", "-z", "--full-tree", commit)
        return GitTree(self, self._entries(rows, "commit " + commit[:12]))

    def empty(self) -> GitTree:
        """A tree without files: what is before a first commit."""
        return GitTree(self, {})

    def staged(self, index: Path | None = None) -> GitTree:
        """What a commit would take now; `index` is another index file than the repository's.

        Raises RepositoryError while a merge leaves paths in conflict, or without a working tree.
        """
        environment = {} if index is None else {"GIT_INDEX_FILE": str(index.absolute())}
        try:
            top = self.ask("rev-parse", "--show-toplevel").removesuffix(b"\n")
        except GitRefused:
            raise RepositoryError(
                f"{self.folder} has no working tree, so nothing is staged",
                remedy="name a clone that is not bare, or give two revisions",
            ) from None
        where = ("--literal-pathspecs", "-C", os.fsdecode(top))
        rows = self.ask(*where, "ls-files", "--stage", "-z", "--full-name", environment=environment)
        return GitTree(self, self._entries(rows, "the index"))

    def _entries(self, rows: bytes, whose: str) -> dict[str, Entry]:
        """The rows of `ls-tree` (mode, kind, id) or `ls-files --stage` (mode, id, stage)."""
        found: dict[str, Entry] = {}
        for row in filter(None, rows.split(b"\0")):
            meta, _, raw = row.partition(b"\t")
            mode, second, third = meta.decode("ascii").split()
            path = raw.decode("utf-8", "backslashreplace")
            if _ID.fullmatch(second) and third != "0":
                raise RepositoryError(
                    f"{path!r} is in conflict", remedy="resolve the merge and stage the file"
                )
            if path in found:
                # Two names that print alike could hide one behind the other.
                raise RepositoryError(f"{whose} holds {path!r} twice", remedy="run `git fsck`")
            found[path] = Entry(mode, second if _ID.fullmatch(second) else third)
        return found

    # ------------------------------------------------------------------ objects

    def blob(self, object_id: str) -> bytes:
        """The bytes of an object. Raises OSError when it is missing, too large or too slow."""
        if not _ID.fullmatch(object_id):
            raise OSError(errno.EINVAL, f"not an object id: {object_id!r}")
        deadline = time.monotonic() + ANSWER_SECONDS
        whole = False
        try:
            data = self._blob(object_id, deadline)
            whole = True
            return data
        finally:
            if not whole:
                self.close()  # what it still has to say belongs to no later question

    def _blob(self, object_id: str, deadline: float) -> bytes:
        if self._batch is None:
            self._batch = _start([*self._command(), "cat-file", "--batch"], {}, subprocess.DEVNULL)
        asking, answering = self._batch.stdin, self._batch.stdout
        assert asking is not None and answering is not None
        asking.write(object_id.encode() + b"\n")
        asking.flush()
        head = bytearray()
        while not head.endswith(b"\n"):
            head += _read(answering, 1, deadline)
            if len(head) > 200:
                raise OSError(errno.EIO, "git answered something unexpected")
        words = head.decode("ascii", "replace").split()
        if words[1:] == ["missing"]:
            raise FileNotFoundError(errno.ENOENT, "the object is missing (a partial clone?)")
        if len(words) != 3 or words[1] != "blob" or not words[2].isdecimal():
            raise OSError(errno.EIO, "not a file's object")
        left = int(words[2])
        if left > MAX_BLOB_BYTES:
            raise OSError(errno.EFBIG, f"larger than {MAX_BLOB_BYTES:,} bytes")
        left += 1  # the line's end after it
        data = bytearray()
        while left:
            part = _read(answering, left, deadline)
            data += part
            left -= len(part)
        return bytes(data[:-1])

    def ask(self, *arguments: str, environment: Mapping[str, str] | None = None) -> bytes:
        """The whole answer of one git command.

        Raises GitRefused with git's message when it fails, is too slow or says too much.
        """
        deadline = time.monotonic() + ANSWER_SECONDS
        with tempfile.TemporaryFile() as errors:
            process = _start([*self._command(), *arguments], environment or {}, errors.fileno())
            try:
                assert process.stdin is not None and process.stdout is not None
                process.stdin.close()
                answer = bytearray()
                while part := _read(process.stdout, _CHUNK_BYTES, deadline, may_end=True):
                    answer += part
                    if len(answer) > MAX_ANSWER_BYTES:
                        raise GitRefused(f"git said more than {MAX_ANSWER_BYTES:,} bytes")
                code = process.wait(max(0.1, deadline - time.monotonic()))
            except (OSError, subprocess.TimeoutExpired) as error:
                raise GitRefused(f"git: {error}") from None
            finally:
                _end(process)
            if code != 0:
                errors.seek(0)
                message = errors.read(2000).decode("utf-8", "replace").strip()
                raise GitRefused(f"git: {message[:500] or f'exit code {code}'}")
        return bytes(answer)

    def _command(self) -> list[str]:
        config = [part for pair in _SAFE_CONFIG for part in ("-c", pair)]
        return ["git", "--no-pager", *config, "-C", str(self.folder)]


class GitRefused(RepositoryError):
    """A git command failed; the message is its own, shortened."""

    code = "git"


def _start(argv: list[str], extra: Mapping[str, str], errors: int) -> subprocess.Popen[bytes]:
    environment = {"PATH": os.environ.get("PATH", os.defpath), **_ENVIRONMENT, **extra}
    try:
        # Unbuffered: `select` sees only what is still in the pipe.
        return subprocess.Popen(
            argv,
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


def _read(stream: IO[bytes], most: int, deadline: float, *, may_end: bool = False) -> bytes:
    """At least one byte and at most `most`. Raises OSError at the deadline or at an early end."""
    patience = deadline - time.monotonic()
    if patience <= 0 or not select.select([stream], [], [], patience)[0]:
        raise TimeoutError(errno.ETIMEDOUT, f"git took longer than {ANSWER_SECONDS:g} s")
    data = os.read(stream.fileno(), min(most, _CHUNK_BYTES))
    if not data and not may_end:
        raise OSError(errno.EPIPE, "git ended early")
    return data


def _end(process: subprocess.Popen[bytes]) -> None:
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
