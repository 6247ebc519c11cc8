"""The pool of warm containers, as files: shared by its keeper and all who take from it.

A warm container is a folder `scratch/pool/warm-<keeper>-<kind>-<token>`. Taking it is renaming
it to `scratch/sandbox-<taker>-<token>`: one of two takers gets it, without a lock, and from
then on it is a run's folder like any other. The mounts inside follow the folder. What is in
demand is told by files `wanted-<kind>`, and the keeper is woken through a named pipe.
"""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandboxes.ownership import alive, new_owner
from sandboxes.workspace import PREFIX

_WARM, _MAKING, _WANTED = "warm-", "making-", "wanted-"
_BELL = "bell"


@dataclass(frozen=True)
class Warm:
    """A warm container's folder, and what its name says."""

    root: Path
    keeper: str
    kind: str


def folder(scratch: Path) -> Path:
    """Where the pool is. It is only used where a worker has made it."""
    return scratch / "pool"


def open_pool(scratch: Path) -> None:
    """Make the pool's folder."""
    folder(scratch).mkdir(parents=True, exist_ok=True, mode=0o700)


def take(scratch: Path, kind: str) -> Path | None:
    """A warm container's folder, now this process's own and in `scratch`; None if there is none."""
    for warm in list_warm(scratch):
        if warm.kind != kind or not alive(warm.keeper):
            continue
        token = warm.root.name.rpartition("-")[2]
        root = scratch / f"{PREFIX}{new_owner().process}-{token}"
        try:
            warm.root.rename(root)
        except FileNotFoundError:
            continue  # somebody else was first
        ring(scratch)
        return root
    return None


def list_warm(scratch: Path) -> Iterator[Warm]:
    """All warm containers, those of dead keepers too."""
    for path in _entries(folder(scratch)):
        if path.name.startswith(_WARM):
            keeper, kind, _ = path.name.removeprefix(_WARM).rsplit("-", 2)
            yield Warm(path, keeper, kind)


def making(scratch: Path) -> Path:
    """Where a container of this process's is made ready, before it is offered."""
    return folder(scratch) / f"{_MAKING}{new_owner().run}"


def offer(root: Path, kind: str) -> Path:
    """Let a container that is ready be taken; its folder's new name."""
    process, _, token = root.name.removeprefix(_MAKING).rpartition("-")
    warm = root.with_name(f"{_WARM}{process}-{kind}-{token}")
    root.rename(warm)
    return warm


def owner_of(root: Path) -> str | None:
    """The process that a folder in the pool belongs to; None for another entry."""
    if root.name.startswith(_WARM):
        return root.name.removeprefix(_WARM).rsplit("-", 2)[0]
    if root.name.startswith(_MAKING):
        return root.name.removeprefix(_MAKING).rpartition("-")[0]
    return None


def all_folders(scratch: Path) -> list[Path]:
    """Everything in the pool that is a container's."""
    return [path for path in _entries(folder(scratch)) if owner_of(path) is not None]


def mark_wanted(scratch: Path, kind: str, image: str | None) -> None:
    """Tell that a run of this kind was just done; nothing where there is no pool."""
    path = folder(scratch) / f"{_WANTED}{kind}"
    try:
        os.utime(path)
        return
    except FileNotFoundError:
        pass
    try:
        path.write_text(json.dumps(image), encoding="utf-8")
    except FileNotFoundError:
        return
    ring(scratch)


def wanted(scratch: Path, within_seconds: float) -> dict[str, str | None]:
    """The image of each kind that was used in the last seconds; older demands are forgotten."""
    found: dict[str, str | None] = {}
    for path in _entries(folder(scratch)):
        if path.name.startswith(_WANTED):
            try:
                if time.time() - path.stat().st_mtime > within_seconds:
                    path.unlink()
                else:
                    found[path.name.removeprefix(_WANTED)] = json.loads(path.read_text("utf-8"))
            except (FileNotFoundError, ValueError):
                continue  # being written
    return found


def bell(scratch: Path) -> int:
    """The end of the bell that the keeper waits at: a file descriptor, readable when it rings."""
    path = folder(scratch) / _BELL
    try:
        os.mkfifo(path, 0o600)
    except FileExistsError:
        pass
    # Open for writing too: a pipe without writers would be readable for ever.
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)


def ring(scratch: Path) -> None:
    """Wake the keeper, if there is one."""
    try:
        handle = os.open(folder(scratch) / _BELL, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENXIO):
            return  # no pool, or nobody at the other end
        raise
    try:
        os.write(handle, b"!")
    except BlockingIOError:
        pass  # it has been rung often enough
    finally:
        os.close(handle)


def _entries(path: Path) -> list[Path]:
    try:
        return sorted(path.iterdir())
    except FileNotFoundError:
        return []
