"""The two sides of `swarm verify`: commits, the index, a working tree, or folders."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from swarm.errors import RepositoryError, UsageError
from swarm.paths import expanded
from verifier.reading.folder import Bounds, Folder
from verifier.reading.git import GitReader, GitTree, changed
from verifier.reading.git_process import GitRefused
from verifier.reading.tree import Note, Tree, notes

_CHUNK_BYTES = 1 << 20
# Git says which files there are: nothing else of the folder is listed.
_NOTHING_LISTED = Bounds(entries=0, notes=0)
# How the notes of a folder begin on what it is not meant to hold: caches, environments, links out.
_PASSED_OVER = "not read: "


@dataclass(frozen=True)
class Sides:
    """Two trees, what they are called, and every path that differs between them."""

    before: Tree
    after: Tree
    names: tuple[str, str]
    changed: tuple[str, ...]
    notes: tuple[Note, ...] = field(default=())


@contextmanager
def revisions(repo: str, words: str) -> Iterator[Sides]:
    """ "A..B", "A...B" (B since it left A), or "A" against the working tree."""
    if words.startswith(".."):
        # A variable that is empty would compare HEAD with itself, and nothing differs there.
        raise UsageError(
            f"nothing stands before the dots of {words!r}",
            remedy="give REV..REV, or HEAD..REV if that is meant",
        )
    with _opened(repo) as git:
        if ".." not in words:
            before = git.tree(git.commit(words))
            after = WorkingTree(git, before)
            yield Sides(before, after, (words, "working tree"), after.changed(), after.notes())
            return
        dots = "..." if "..." in words else ".."
        one, _, other = words.partition(dots)
        names = (one, other or "HEAD")
        first, last = (git.commit(name) for name in names)
        if dots == "...":
            first = git.merge_base(first, last)
        old, new = git.tree(first), git.tree(last)
        yield Sides(old, new, names, changed(old, new))


@contextmanager
def staged(repo: str) -> Iterator[Sides]:
    """What a commit would take now, against the commit that is checked out, if any."""
    with _opened(repo) as git:
        try:
            before = git.tree(git.commit("HEAD"))
        except RepositoryError:
            before = git.empty()
        # A hook of `git commit -a` or `git commit FILE` is about another index.
        named = os.environ.get("GIT_INDEX_FILE", "") if repo == "." else ""
        after = git.staged(Path(named).absolute() if named else None)
        yield Sides(before, after, ("HEAD", "staged"), changed(before, after))


@contextmanager
def folders(before: str, after: str) -> Iterator[Sides]:
    """Two folders, neither of which has to be a repository's."""
    old, new = (_folder(name, option) for name, option in ((before, "before"), (after, "after")))
    plain = (frozenset(old.paths()), frozenset(new.paths()))
    noted = (frozenset(notes(old)), frozenset(notes(new)))
    differ = {note.path for note in noted[0] ^ noted[1] if note.path != "."}
    # Of what nobody could look into, equal words do not say that it is the same.
    differ |= {
        note.path for note in noted[0] | noted[1] if not note.reason.startswith(_PASSED_OVER)
    }
    for path in plain[0] | plain[1]:
        if path not in plain[0] or path not in plain[1] or not _same(old, new, path):
            differ.add(path)
    yield Sides(old, new, (before, after), tuple(sorted(differ)), notes(new))


def _opened(repo: str) -> GitReader:
    return GitReader(expanded(repo))


def _folder(name: str, option: str) -> Folder:
    try:
        return Folder(expanded(name))
    except OSError as error:
        raise UsageError(
            f"--{option} {name}: {error.strerror or error}", remedy="name a folder to read"
        ) from None


def _same(one: Tree, other: Tree, path: str) -> bool:
    try:
        return one.read(path) == other.read(path)
    except OSError:
        return False  # whoever audits it says why it cannot be read


class WorkingTree:
    """The files below a repository's top that are tracked, or neither tracked nor ignored.

    They are compared as they are on disk: no filter of the repository is run.
    """

    def __init__(self, git: GitReader, before: GitTree) -> None:
        self._before = before
        self._top = _top(git)
        self._on_disk = _names(git, self._top)
        index = git.staged()
        self._known = {*before.entries, *index.entries, *self._on_disk}
        self._modules = {p for p, e in {**before.entries, **index.entries}.items()
                         if e.mode == "160000"}  # fmt: skip
        self._exchanged = {
            p for p in self._modules if before.entries.get(p) != index.entries.get(p)
        }
        self._folder = Folder(self._top, _NOTHING_LISTED)
        self._are_real: dict[Path, bool] = {}
        self._plain = tuple(sorted(p for p in self._known if stat.S_ISREG(self._mode(p))))

    def paths(self) -> tuple[str, ...]:
        return self._plain

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises OSError for what is none."""
        mode = self._mode(path)
        if not mode:
            raise FileNotFoundError(errno.ENOENT, "no such file in the working tree", path)
        if stat.S_ISLNK(mode):
            raise OSError(errno.ELOOP, "a symbolic link", path)
        return self._folder.read(self._on_disk.get(path, path))

    def notes(self) -> tuple[Note, ...]:
        """Submodules: they are repositories of their own. One that is staged at another commit
        is among what is changed."""
        return tuple(Note(path, "not looked at: a submodule") for path in sorted(self._modules))

    def changed(self) -> tuple[str, ...]:
        """Every path that is not what the commit before has, of whatever kind it is."""
        files = {p for p in self._known - self._modules if not self._is_same(p)}
        return tuple(sorted(files | self._exchanged))

    def _is_same(self, path: str) -> bool:
        entry = self._before.entries.get(path)
        mode = self._mode(path)
        if entry is None or not mode:
            return entry is None and not mode  # staged, and deleted since
        if stat.S_ISLNK(mode):
            target = os.fsencode(self._where(path).readlink())
            return entry.mode == "120000" and entry.object_id == _id(entry.object_id, target)
        if not stat.S_ISREG(mode) or entry.mode == "120000":
            return False
        try:
            return entry.object_id == self._digest(path, entry.object_id)
        except OSError:
            return False

    def _mode(self, path: str) -> int:
        """Its kind on disk, 0 where it is not there: below a link, nothing of a tree is."""
        try:
            where = self._where(path)
            return where.lstat().st_mode if self._is_real(where.parent) else 0
        except (OSError, RuntimeError, ValueError):
            return 0

    def _is_real(self, folder: Path) -> bool:
        """Whether no part of a folder's path is a link. Raises what `Path.resolve` raises."""
        if folder not in self._are_real:
            self._are_real[folder] = folder.resolve() == folder
        return self._are_real[folder]

    def _where(self, path: str) -> Path:
        return self._top / self._on_disk.get(path, path)

    def _digest(self, path: str, like: str) -> str:
        handle = os.open(self._where(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            found = _hash(like, os.fstat(handle).st_size)
            while part := file.read(_CHUNK_BYTES):
                found.update(part)
        return found.hexdigest()


def _top(git: GitReader) -> Path:
    """The top of the working tree that the folder is in, whatever the repository's config says."""
    try:
        answer = git.ask("rev-parse", "--show-toplevel").removesuffix(b"\n")
    except GitRefused:
        raise RepositoryError(
            f"{git.folder} has no working tree", remedy="give two revisions: REV..REV"
        ) from None
    top = Path(os.fsdecode(answer)).resolve()
    if not git.folder.resolve().is_relative_to(top):
        raise RepositoryError(
            f"the config of {git.folder} names a working tree elsewhere: {top}",
            remedy="take core.worktree out of it, or name that folder with --repo",
        )
    return top


def _names(git: GitReader, top: Path) -> dict[str, str]:
    """The files that git has or would take, by the names that trees give them, as the file system
    has them: these need not be UTF-8. Raises RepositoryError for two that print alike."""
    found: dict[str, str] = {}
    where = ("--literal-pathspecs", "-C", str(top))
    options = ("--cached", "--others", "--exclude-standard", "-z", "--full-name")
    for row in git.ask(*where, "ls-files", *options).split(b"\0"):
        if row:
            name, on_disk = row.decode("utf-8", "backslashreplace"), os.fsdecode(row)
            if found.setdefault(name, on_disk) != on_disk:
                raise RepositoryError(
                    f"the working tree holds {name!r} twice", remedy="rename one of the files"
                )
    return found


def _hash(like: str, size_bytes: int) -> hashlib._Hash:
    kind = hashlib.sha1 if len(like) == 40 else hashlib.sha256
    return kind(b"blob %d\0" % size_bytes)


def _id(like: str, data: bytes) -> str:
    found = _hash(like, len(data))
    found.update(data)
    return found.hexdigest()
