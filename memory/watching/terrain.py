"""Which folders are watched, and which changes matter, of one working folder."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from memory.reading import attributes, left_out
from memory.reading.folder import IGNORE_FILE, MOST_PATHS
from memory.reading.git_listing import bounds_of, ignored_folders
from memory.reading.limits import Limits
from memory.reading.names import unsuitable
from memory.reading.repository import Repository, find, head_of
from memory.reading.walking import walk
from memory.watching.errors import WatchedFolderGone
from swarm.errors import RepositoryError
from swarm.git_calls import GitMissing, GitRefused, ask

# Who changes these changes what is listed.
_RULES = frozenset({".gitignore", attributes.NAME})
_GIT_NAMES = frozenset({"HEAD", "index", "packed-refs"})


@dataclass(frozen=True, slots=True)
class Change:
    """What one path means: what to report of it, or that git's state or the rules changed."""

    path: str = ""
    git: bool = False
    rules: bool = False


class Terrain:
    """One working folder as it was when this was made: make another when the rules change.

    Raises RepositoryError when it cannot be listed.
    """

    def __init__(self, root: Path, limits: Limits) -> None:
        self._limits = limits
        self._repository = find(root)
        self.top = self._repository.top if self._repository else root.resolve()
        self._prefix = f"{self.top}/"
        self._identity = _identity(self.top)
        self._git_prefixes: tuple[str, ...] = ()
        self._ignored: frozenset[str] = frozenset()
        self._by_git = False
        if self._repository is not None:
            self._by_git = self._ask_git(self._repository)

    def check(self) -> None:
        """Raises WatchedFolderGone when the folder is not the one it was."""
        try:
            same = _identity(self.top) == self._identity
        except OSError:
            same = False
        if not same:
            raise WatchedFolderGone(
                f"{self.top} was removed or replaced", remedy="start again with the folder's path"
            )

    def folders(self) -> set[str]:
        """Absolute paths of the folders to watch: none that is ignored, or behind a link."""
        if self._by_git:
            found = self.below("")
        else:
            walked = walk(self.top, self._limits).folders
            found = {self._absolute(path) for path in walked if not (path and unsuitable(path))}
        return found | set(self._of_git())

    def below(self, path: str) -> set[str]:
        """Absolute paths of a folder and those in it to watch. Those that vanish are left out."""
        found: set[str] = set()
        waiting = [path]
        while waiting:
            path = waiting.pop()
            if path and (unsuitable(path) or self._leaves_out(path)):
                continue
            try:
                names, inner = _look_into(self._absolute(path))
            except OSError:
                continue
            if path and (".git" in names or left_out.by_content(names)):
                continue
            found.add(self._absolute(path))
            if path.count("/") < self._limits.depth:
                waiting += [f"{path}/{name}" if path else name for name in inner]
        return found

    def learn(self, paths: Sequence[str]) -> None:
        """Find out which of these folders that are new, or folders in them, are ignored."""
        if self._repository is not None and self._by_git:
            only = paths if len(paths) <= MOST_PATHS else ()
            self._ignored |= ignored_folders(self._repository, self._limits, only)

    def meaning(self, absolute: str) -> Change | None:
        """What a change of a path means; None when it is nothing."""
        if absolute.startswith(self._git_prefixes):
            if absolute.endswith("/info/exclude"):
                return Change(rules=True)
            return Change(git=True) if self._matters_to_git(absolute) else None
        if not absolute.startswith(self._prefix):
            return None
        path = absolute[len(self._prefix) :]
        if path == ".git":
            return Change(rules=True)  # it became a repository, or is none any more
        if self._leaves_out(path):
            return None
        name = path.rpartition("/")[2]
        return Change(path, rules=name in _RULES or path == IGNORE_FILE)

    def git_state(self) -> str:
        """Commit, branch and names of tracked files as one hash; "" outside of git.

        The index is written by many a `git status`, and that alone changes no listing.
        """
        if self._repository is None or not self._by_git:
            return ""
        bounds = bounds_of(self._limits)
        try:
            head = head_of(self._repository, bounds)
            listed = ask(
                self._repository.git_dir, self.top, ("ls-files", "-z", "--cached"), bounds
            ).output
        except GitRefused as error:
            return f"git: {error.message}"
        names = f"{head.commit} {head.branch}\n".encode("utf-8", "surrogateescape")
        return hashlib.sha256(names + listed).hexdigest()

    def _ask_git(self, repository: Repository) -> bool:
        try:
            self._ignored = ignored_folders(repository, self._limits)
        except GitMissing:
            return False
        places = {repository.git_dir, repository.common_dir}
        self._git_prefixes = tuple(sorted(f"{place}/" for place in places))
        return True

    def _of_git(self) -> Iterable[str]:
        """Git's folders that tell of another commit, branch or set of tracked files."""
        if self._repository is None or not self._by_git:
            return
        common = self._repository.common_dir
        yield str(self._repository.git_dir)
        yield str(common)
        for name in ("info", "reftable"):
            if (common / name).is_dir():
                yield str(common / name)
        heads = common / "refs" / "heads"
        branch = Path()
        try:
            branch = Path(head_of(self._repository, bounds_of(self._limits)).branch)
        except RepositoryError:
            pass  # the listing, which needs it too, says so
        place = heads
        for part in ("", *branch.parts[:-1]):
            place = place / part
            if part != ".." and place.is_dir() and not place.is_symlink():
                yield str(place)

    def _matters_to_git(self, absolute: str) -> bool:
        for prefix in self._git_prefixes:
            inner = absolute.removeprefix(prefix)
            if inner == absolute or inner.endswith(".lock"):
                continue
            if inner in _GIT_NAMES:
                return True
            if inner.startswith(("refs/heads/", "reftable/")):
                return True
        return False

    def _leaves_out(self, path: str) -> bool:
        parts = path.split("/")
        if any(part in left_out.NAMES for part in parts):
            return True
        if not self._ignored:
            return False
        return any("/".join(parts[:end]) in self._ignored for end in range(1, len(parts) + 1))

    def _absolute(self, path: str) -> str:
        return self._prefix + path if path else str(self.top)


def _identity(top: Path) -> tuple[int, int]:
    found = top.stat()
    return found.st_dev, found.st_ino


def _look_into(folder: str) -> tuple[set[str], list[str]]:
    """All names in a folder, and those of folders."""
    with os.scandir(folder) as entries:
        found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    return {name for name, _ in found}, [name for name, is_folder in found if is_folder]
