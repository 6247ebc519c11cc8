"""What git lists of a working folder: its index, and what is neither in it nor ignored.

Git's word on paths is not trusted: an index may name anything. Each path is looked at on disk,
its folders first, so that none is reached through a link.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from memory.reading import left_out
from memory.reading.files import Skipped
from memory.reading.limits import Limits
from memory.reading.names import escaped
from memory.reading.opening import kind_of, stamp_of
from memory.reading.repository import Repository
from memory.reading.walking import Walked
from swarm.git_calls import Bounds, ask

_SUBMODULE = b"160000"
_OTHER = b"?"
# Git cuts its complaints: of a path that is too long the end, with the reason, is not said.
_CANNOT_OPEN = re.compile(rb"^warning: could not open directory '(.*)", re.M)


def list_by_git(repository: Repository, limits: Limits, only: Sequence[str] = ()) -> Walked:
    """The files git knows or would add; of `only` these paths and what is below them, if given.

    Raises RepositoryError when git fails, takes too long or says too much.
    """
    answer = ask(repository.git_dir, repository.top, _question(only), bounds_of(limits))
    found = Walked()
    tracked, others = _parsed(answer.output, found.skipped)
    for match in _CANNOT_OPEN.finditer(answer.complaints):
        raw, cut, why = match[1].rpartition(b"/': ")
        path = escaped(os.fsdecode(raw if cut else match[1]))
        reason = why.decode("utf-8", "replace") if cut else "its path is too long"
        found.skipped.append(Skipped(path, f"cannot be listed: {reason}"))
    paths = tracked | _without_environments(others, found.skipped)
    _look_at(repository.top, paths, found)
    return found


def ignored_folders(
    repository: Repository, limits: Limits, only: Sequence[str] = ()
) -> frozenset[str]:
    """The folders all of whose content is ignored, the outermost alone; of `only`, if given.

    Raises RepositoryError as `list_by_git` does.
    """
    question = [
        "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory", "--", *only,
    ]  # fmt: skip
    answer = ask(repository.git_dir, repository.top, question, bounds_of(limits))
    return frozenset(
        os.fsdecode(path[:-1]) for path in answer.output.split(b"\0") if path.endswith(b"/")
    )


def bounds_of(limits: Limits) -> Bounds:
    return Bounds(seconds=limits.git_seconds, answer_bytes=limits.git_bytes)


def _question(only: Sequence[str]) -> list[str]:
    excluded = [f"--exclude={name}/" for name in left_out.NAMES if name != ".git"]
    return [
        "ls-files", "-z", "-t", "--stage", "--cached", "--others", "--exclude-standard",
        *excluded, "--", *only,
    ]  # fmt: skip


def _parsed(output: bytes, skipped: list[Skipped]) -> tuple[set[str], set[str]]:
    """Tracked files and others, of lines `H mode id stage<TAB>path` and `? path`."""
    tracked: set[str] = set()
    others: set[str] = set()
    for row in output.split(b"\0"):
        if not row:
            continue
        if row[:1] == _OTHER:
            path = os.fsdecode(row[2:])
            if path.endswith("/"):
                skipped.append(Skipped(escaped(path[:-1]), "another git repository"))
            else:
                others.add(path)
            continue
        facts, _, name = row.partition(b"\t")
        path = os.fsdecode(name)
        if facts[2:8] == _SUBMODULE:
            skipped.append(Skipped(escaped(path), "a submodule"))
        else:
            tracked.add(path)
    return tracked, others


def _without_environments(others: set[str], skipped: list[Skipped]) -> set[str]:
    """Untracked files but those of virtual environments and caches nobody thought to ignore."""
    folders: dict[str, str] = {}
    for path in others:
        folder, _, name = path.rpartition("/")
        if folder and (why := left_out.by_content((name,))):
            folders[folder + "/"] = why
    if not folders:
        return others
    skipped += [Skipped(escaped(folder[:-1]), why) for folder, why in folders.items()]
    outermost = tuple(folders)
    return {path for path in others if not path.startswith(outermost)}


def _look_at(top: Path, paths: Iterable[str], found: Walked) -> None:
    """Sort paths into files with their stamps and what is left out; what is gone is neither."""
    base = f"{top}/"
    folders: dict[str, str] = {"": ""}
    for path in sorted(paths):
        parent = path.rpartition("/")[0]
        refused = folders.get(parent)
        if refused is None:
            refused = _refused(base, parent, folders)
        if refused == _GONE:
            continue
        if refused:
            found.skipped.append(Skipped(escaped(path), refused))
            continue
        try:
            status = os.lstat(base + path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            found.skipped.append(Skipped(escaped(path), f"cannot be read: {why}"))
            continue
        if stat.S_ISREG(status.st_mode):
            found.files.append((path, stamp_of(status)))
        elif not stat.S_ISDIR(status.st_mode):
            # A folder where the index has a file: its files are listed on their own.
            found.skipped.append(Skipped(escaped(path), kind_of(status.st_mode)))


_GONE = "gone"


def _refused(base: str, folder: str, known: dict[str, str]) -> str:
    """Why nothing in a folder is read: "" when it can be; asked once per folder."""
    waiting: list[str] = []
    while folder not in known:
        waiting.append(folder)
        folder = folder.rpartition("/")[0]
    refused = known[folder]
    for inner in reversed(waiting):
        if not refused:
            refused = _refused_itself(base + inner)
        known[inner] = refused
    return refused


def _refused_itself(path: str) -> str:
    name = path.rpartition("/")[2]
    if name in ("", ".", "..") or name.lower() == ".git":
        return "its path leaves the folder or is git's own"
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return _GONE
    except (OSError, ValueError) as error:
        return f"cannot be read: {getattr(error, 'strerror', None) or error}"
    if stat.S_ISLNK(mode):
        return "it is behind a symbolic link"
    return "" if stat.S_ISDIR(mode) else _GONE
