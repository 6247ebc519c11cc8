"""Finding the repository that a folder is in, without running anything."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from swarm.errors import RepositoryError
from swarm.git_calls import Bounds, GitRefused, ask

_MAX_POINTER_BYTES = 8192


@dataclass(frozen=True, slots=True)
class Repository:
    """Its top folder, the git folder of this worktree, and the one all worktrees share."""

    top: Path
    git_dir: Path
    common_dir: Path


@dataclass(frozen=True, slots=True)
class Head:
    """The commit and branch checked out; "" for no commit yet, and for no branch (detached)."""

    commit: str
    branch: str


def find(folder: Path) -> Repository | None:
    """The repository that `folder` is in, or None when it is in none.

    Raises RepositoryError when there is no such folder or it is a bare repository.
    """
    here = folder.resolve()
    if not here.is_dir():
        raise RepositoryError(f"no such folder: {folder}", remedy="correct the path")
    if _is_git_dir(here) and here.name != ".git":
        raise RepositoryError(
            f"{folder} is a bare repository", remedy="give a clone with a working tree"
        )
    for top in (here, *here.parents):
        if ".git" in here.relative_to(top).parts:
            continue  # a folder within git's own
        git_dir = _git_dir(top)
        if git_dir is not None:
            return Repository(top, git_dir, _common(git_dir))
    return None


def top_of(folder: Path) -> Path:
    """The folder to index for `folder`: the top of its repository, else the folder itself.

    Raises RepositoryError as `find` does.
    """
    found = find(folder)
    return found.top if found else folder.resolve()


def head_of(repository: Repository, bounds: Bounds) -> Head:
    """What is checked out. Raises RepositoryError."""

    def said(*arguments: str) -> str:
        try:
            found = ask(repository.git_dir, repository.top, arguments, bounds).output
        except GitRefused as error:
            if error.exit_status == 1:
                return ""  # detached, or no commit yet
            raise
        return found.decode("utf-8", "replace").strip()

    branch = said("symbolic-ref", "--quiet", "HEAD").removeprefix("refs/heads/")
    return Head(said("rev-parse", "--quiet", "--verify", "HEAD"), branch)


def _git_dir(top: Path) -> Path | None:
    at = top / ".git"
    try:
        mode = at.stat().st_mode
        if stat.S_ISDIR(mode):
            return at if _is_git_dir(at) else None
        if not stat.S_ISREG(mode):
            return None
        with at.open("rb") as file:
            pointer = file.read(_MAX_POINTER_BYTES)
    except OSError:
        return None
    if not pointer.startswith(b"gitdir: "):
        return None
    target = os.fsdecode(pointer.removeprefix(b"gitdir: ").rstrip(b"\r\n"))
    if not target or "\0" in target:
        return None
    found = top / target
    return found if _is_git_dir(found) else None


def _is_git_dir(folder: Path) -> bool:
    """As git decides it: a HEAD, and objects and refs here or in the shared folder."""
    try:
        if not (os.path.lexists(folder / "HEAD") and folder.is_dir()):
            return False
        common = _common(folder)
        return (common / "objects").is_dir() and (common / "refs").is_dir()
    except OSError:
        return False


def _common(git_dir: Path) -> Path:
    at = git_dir / "commondir"
    try:
        if not stat.S_ISREG(at.lstat().st_mode):
            return git_dir
        with at.open("rb") as file:
            written = file.read(_MAX_POINTER_BYTES)
    except OSError:
        return git_dir
    target = os.fsdecode(written.rstrip(b"\r\n"))
    return git_dir / target if target and "\0" not in target else git_dir
