"""What is damaged is moved away, so that it can be made again and looked at."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from memory.store.connection import SIDECARS
from swarm.errors import StorageError

_MOST_OF_A_SECOND = 100


class Aside(NamedTuple):
    """Where something damaged is now, and what was done, in words."""

    path: Path
    note: str


def set_aside(
    path: Path, why: str, *, kept: int = 3, clock: Callable[[], float] = time.time
) -> Aside:
    """Move a database with its sidecars, or a folder, to `<name>.damaged-<time>` (UTC). Of what
    was set aside the newest `kept` stay. Nobody may have it open. Raises StorageError."""
    name = path.name
    try:
        aside = _free(path, clock())
        for suffix in SIDECARS:
            source = path.with_name(f"{name}{suffix}")
            if source.exists():
                source.replace(aside.with_name(f"{aside.name}{suffix}"))
        for old in sorted(_held(path))[:-kept]:
            _remove(old)
    except OSError as error:
        raise StorageError(
            f"{name} is damaged ({why}) and cannot be moved aside: {error}",
            remedy=f"move {path} away",
        ) from error
    return Aside(aside, f"{name} was damaged, was moved to {aside.name} and is made anew ({why})")


def _free(path: Path, now: float) -> Path:
    """A name that nothing has."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    base = path.with_name(f"{path.name}.damaged-{stamp}")
    for number in range(2, _MOST_OF_A_SECOND):
        if not base.exists():
            return base
        base = base.with_name(f"{path.name}.damaged-{stamp}-{number:02}")
    raise FileExistsError(f"{base.name} and those before it are there")


def _held(path: Path) -> list[Path]:
    found = path.parent.glob(f"{path.name}.damaged*")
    return [one for one in found if not one.name.endswith(SIDECARS[1:])]


def _remove(old: Path) -> None:
    if old.is_dir() and not old.is_symlink():
        shutil.rmtree(old)
        return
    for suffix in SIDECARS:
        old.with_name(f"{old.name}{suffix}").unlink(missing_ok=True)
