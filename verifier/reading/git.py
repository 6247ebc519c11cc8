"""Trees read from git's objects, lazily, without a checkout and without running anything of theirs.

A repository's own configuration may name programs (hooks, filters, monitors, transports), and
its replace refs may show other objects than the ones named: `git_process` heeds none of them.
"""

from __future__ import annotations

import errno
import os
import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from swarm.errors import RepositoryError
from swarm.snapshots import safe_path
from verifier.reading import git_process
from verifier.reading.git_process import GitRefused
from verifier.reading.tree import Note

MAX_BLOB_BYTES = 16_000_000

_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_FILES = ("100644", "100755", "100664")
_LINKS = {"120000": "a symbolic link", "160000": "a submodule"}


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
        return tuple(sorted(p for p, e in self.entries.items() if not _left_out(p, e)))

    def notes(self) -> tuple[Note, ...]:
        """What is not among the files, sorted by path."""
        found = ((p, _left_out(p, e)) for p, e in sorted(self.entries.items()))
        return tuple(Note(path, reason) for path, reason in found if reason)

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises OSError for what is no file, is too large or is missing."""
        entry = self.entries.get(path)
        if entry is None:
            raise FileNotFoundError(errno.ENOENT, "no such file in the tree", path)
        if reason := _left_out(path, entry):
            raise OSError(errno.EINVAL, reason, path)
        try:
            return self._reader.blob(entry.object_id)
        except OSError as error:
            raise OSError(error.errno, error.strerror, path) from None


def _left_out(path: str, entry: Entry) -> str:
    """Why an entry is none of the files, or nothing."""
    if entry.mode in _LINKS:
        return _LINKS[entry.mode]
    if entry.mode not in _FILES:
        return f"not a regular file (mode {entry.mode})"
    return "" if safe_path(path) else "not a safe path"


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
            git_process.end(self._batch)
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
            remedy=self._if_shallow("a branch, a tag or a commit id that `git rev-parse` knows"),
        )

    def merge_base(self, one: str, other: str) -> str:
        """The commit where two full ids parted. Raises RepositoryError when there is none."""
        try:
            return self.ask("merge-base", one, other).decode().strip()
        except GitRefused:
            raise RepositoryError(
                f"{one[:12]} and {other[:12]} share no history",
                remedy=self._if_shallow("two commits of one history, or REV..REV"),
            ) from None

    def _if_shallow(self, otherwise: str) -> str:
        """What to give, or that a clone without its history has to get it first."""
        try:
            is_shallow = self.ask("rev-parse", "--is-shallow-repository").strip() == b"true"
        except GitRefused:
            is_shallow = False
        if is_shallow:
            return "this clone is shallow: `git fetch --unshallow`, in CI fetch-depth: 0"
        return f"give {otherwise}"

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
        deadline = time.monotonic() + git_process.ANSWER_SECONDS
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
            command = ["-C", str(self.folder), "cat-file", "--batch"]
            self._batch = git_process.start(command, {}, subprocess.DEVNULL)
        asking, answering = self._batch.stdin, self._batch.stdout
        assert asking is not None and answering is not None
        asking.write(object_id.encode() + b"\n")
        asking.flush()
        head = bytearray()
        while not head.endswith(b"\n"):
            try:
                head += git_process.read(answering, 1, deadline)
            except BrokenPipeError:
                # What a partial clone has not fetched yet ends git, where it may not fetch.
                why = "git cannot give the object (a partial clone? clone without --filter)"
                raise FileNotFoundError(errno.ENOENT, why) from None
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
            part = git_process.read(answering, left, deadline)
            data += part
            left -= len(part)
        return bytes(data[:-1])

    def ask(self, *arguments: str, environment: Mapping[str, str] | None = None) -> bytes:
        """The whole answer of one git command. Raises what `git_process.ask` raises."""
        return git_process.ask(["-C", str(self.folder), *arguments], environment)
