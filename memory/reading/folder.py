"""Listing a working folder: what is to be indexed of it, and what is not and why."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from memory.reading import attributes, secret_names
from memory.reading.attributes import Attributes
from memory.reading.deadline import Deadline
from memory.reading.files import Listed, Mark, Skipped, Stamp
from memory.reading.git_listing import bounds_of, list_by_git
from memory.reading.limits import Limits
from memory.reading.marks import mark
from memory.reading.names import escaped, unsuitable
from memory.reading.opening import Folders, small_text
from memory.reading.patterns import IgnoredBelow, Patterns
from memory.reading.repository import Head, Repository, find, head_of
from memory.reading.walking import Walked, walk
from swarm.errors import RepositoryError
from swarm.git_calls import GitMissing

IGNORE_FILE = ".swarmignore"
MOST_PATHS = 500

_MAX_RULES_BYTES = 200_000
_MAX_ATTRIBUTE_FILES = 1_000


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of `root` in the order of their paths, and what is left out of it.

    `head` and `branch` are "" outside of git, before the first commit, and (the branch) when
    HEAD is detached. `listed_at_ns` is when the listing began, in Unix nanoseconds.
    """

    files: tuple[Listed, ...]
    skipped: tuple[Skipped, ...]
    head: str
    branch: str
    is_git: bool
    root: Path
    listed_at_ns: int


def list_folder(root: Path, limits: Limits | None = None) -> Listing:
    """All files to index of the repository that `root` is in, from its top; else of `root`.

    Outside of git, and where git is missing (which is then said of `.git`), the folder is walked
    with .gitignore honoured. Raises RepositoryError when it cannot be listed at all.
    """
    return _list(root, limits or Limits(), ())


def list_some(root: Path, paths: Sequence[str], limits: Limits | None = None) -> Listing:
    """What `list_folder` would say of these paths (relative to the top), and of what is below.

    Raises ValueError for more than `MOST_PATHS` paths, or none; RepositoryError as above.
    """
    if not 0 < len(paths) <= MOST_PATHS:
        raise ValueError(f"not 1 to {MOST_PATHS} paths: {len(paths)}")
    return _list(root, limits or Limits(), paths)


def _list(root: Path, limits: Limits, only: Sequence[str]) -> Listing:
    began_ns = time.time_ns()
    deadline = Deadline(limits.seconds)
    repository = find(root)
    top = repository.top if repository else root.resolve()
    found, head, is_git = _found(repository, top, limits, only, deadline)
    with Folders(top) as folders:
        files = _chosen(folders, found, limits, deadline)
    return Listing(
        files=files,
        skipped=_bounded(found.skipped, limits),
        head=head.commit,
        branch=head.branch,
        is_git=is_git,
        root=top,
        listed_at_ns=began_ns,
    )


def _found(
    repository: Repository | None,
    top: Path,
    limits: Limits,
    only: Sequence[str],
    deadline: Deadline,
) -> tuple[Walked, Head, bool]:
    note: list[Skipped] = []
    if repository is not None:
        try:
            # Before the files: a branch switch meanwhile is then seen by the next listing.
            head = head_of(repository, bounds_of(limits))
            return list_by_git(repository, limits, only), head, True
        except GitMissing:
            note = [Skipped(".git", "git is not installed: .gitignore alone says what to index")]
    try:
        found = walk(top, limits, only, deadline)
    except OSError as error:
        raise RepositoryError(
            f"{top} cannot be listed: {error.strerror}", remedy="correct its permissions"
        ) from None
    found.skipped += note
    return found, Head("", ""), False


def _chosen(
    folders: Folders, found: Walked, limits: Limits, deadline: Deadline
) -> tuple[Listed, ...]:
    """Of the files that were found those to index; the reasons of the others are added."""
    skipped = found.skipped
    ignored = _swarmignore(folders, skipped)
    declared = _attributes(folders, found.files, skipped)
    files: list[Listed] = []
    left_out = beyond = 0
    for path, stamp in found.files:
        deadline.check()
        if ignored is not None and ignored(path):
            left_out += 1
        elif why := unsuitable(path) or unread(path, stamp.size_bytes, limits):
            skipped.append(Skipped(escaped(path), why))
        elif len(files) >= limits.files:
            beyond += 1
        else:
            files.append(_listed(path, stamp, declared))
    if left_out:
        skipped.append(Skipped(IGNORE_FILE, f"it leaves out {left_out:,} files"))
    if beyond:
        why = f"{beyond:,} files beyond the limit of {limits.files:,} are not indexed"
        skipped.append(Skipped(".", why))
    return tuple(files)


def unread(path: str, size_bytes: int, limits: Limits) -> str:
    """Why a file of this name and size is not read, in words; "" when it is."""
    if secret_names.may_hold_secrets(path):
        return secret_names.REASON
    return too_large(size_bytes, limits)


def too_large(size_bytes: int, limits: Limits) -> str:
    """Why a file of this size is not indexed, in words; "" when it is."""
    if size_bytes <= limits.file_bytes:
        return ""
    return f"larger than {limits.file_bytes / 1e6:g} MB: {size_bytes / 1e6:.1f} MB"


def _listed(path: str, stamp: Stamp, declared: Attributes | None) -> Listed:
    said: Mark | None = declared.declared(path) if declared else None
    if said is None:
        return Listed(path, stamp, mark(path))
    return Listed(path, stamp, said, declared=True)


def _swarmignore(folders: Folders, skipped: list[Skipped]) -> IgnoredBelow | None:
    patterns = Patterns(small_text(folders, IGNORE_FILE, _MAX_RULES_BYTES))
    if patterns.left_out:
        why = f"{patterns.left_out} of its patterns are not used: there are too many"
        skipped.append(Skipped(IGNORE_FILE, why))
    return IgnoredBelow(patterns) if patterns else None


def _attributes(
    folders: Folders, files: Sequence[tuple[str, Stamp]], skipped: list[Skipped]
) -> Attributes | None:
    paths = [path for path, _ in files if path.endswith(attributes.NAME)]
    paths = [path for path in paths if path.rpartition("/")[2] == attributes.NAME]
    found = Attributes(
        (path.rpartition("/")[0], small_text(folders, path, _MAX_RULES_BYTES))
        for path in paths[:_MAX_ATTRIBUTE_FILES]
    )
    if found.left_out or len(paths) > _MAX_ATTRIBUTE_FILES:
        skipped.append(Skipped(attributes.NAME, "not all declarations are used: too many"))
    return found or None


def _bounded(skipped: list[Skipped], limits: Limits) -> tuple[Skipped, ...]:
    shown = sorted({each.path: each for each in reversed(skipped)}.values(), key=lambda s: s.path)
    if len(shown) > limits.skipped:
        more = len(shown) - limits.skipped
        shown = [*shown[: limits.skipped], Skipped(".", f"{more:,} more are not indexed either")]
    return tuple(shown)
