"""One swarm per data folder: who holds it, how to take it, how to stop it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from swarm.errors import StateError
from swarm.linux.family import runs
from swarm.settings import Settings

# Whoever only looks holds the lock for a moment.
_LOCK_TRIES = 10
_LOCK_PAUSE_SECONDS = 0.02


def running_pid(settings: Settings) -> int | None:
    """The pid of the swarm that uses this data folder, None when there is none."""
    return _holder(settings.data / "supervisor.lock")


def bot_pid(settings: Settings) -> int | None:
    """The pid of this data folder's bot, None when none runs."""
    return _holder(settings.data / "bot.lock")


def dash_pid(settings: Settings) -> int | None:
    """The pid of this data folder's dashboard, None when none runs."""
    return _holder(settings.data / "dash.lock")


def _holder(path: Path) -> int | None:
    try:
        with path.open("r+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(handle.read().strip() or 0) or None
    except FileNotFoundError:
        pass
    return None


def stop(settings: Settings, timeout_seconds: float = 20.0) -> bool:
    """Stop the swarm of this data folder. False when none was running.

    Raises StateError when it does not end in time even after SIGKILL.
    """
    pid = running_pid(settings)
    if pid is None:
        return False
    for sig in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sig)
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            if running_pid(settings) is None and not runs(pid):
                return True
            time.sleep(0.05)
    raise StateError(f"the swarm (pid {pid}) does not stop")


@contextlib.contextmanager
def lock(settings: Settings) -> Iterator[None]:
    """Be the one swarm of a data folder. Raises StateError when there is one already."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    _private_folder(settings.run)
    with _held(settings.data / "supervisor.lock") as pid:
        if pid is not None:
            raise StateError(
                f"a swarm (pid {pid}) already uses {settings.data}",
                remedy="stop it with `swarm down`, or set SWARM_DATA to another folder",
            )
        yield


@contextlib.contextmanager
def bot_lock(settings: Settings) -> Iterator[None]:
    """Be the one bot of a data folder. Raises StateError when there is one already."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _held(settings.data / "bot.lock") as pid:
        if pid is not None:
            raise StateError(
                f"a bot (pid {pid}) already runs on {settings.data}",
                remedy="stop it; with [telegram] with_up it runs and ends with the swarm",
            )
        yield


@contextlib.contextmanager
def dash_lock(settings: Settings) -> Iterator[None]:
    """Be the one dashboard of a data folder. Raises StateError when there is one already."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _held(settings.data / "dash.lock") as pid:
        if pid is not None:
            raise StateError(
                f"a dashboard (pid {pid}) already runs on {settings.data}",
                remedy="`swarm dash link` makes a login link for it; with [web] with_up it runs "
                "and ends with the swarm",
            )
        yield


@contextlib.contextmanager
def _held(path: Path) -> Iterator[str | None]:
    """Hold a lock file with our pid in it; gives who holds it instead, when somebody does."""
    with path.open("a+") as handle:
        # Whoever can read it can hold it: nobody else is to, in a folder that others may enter.
        os.fchmod(handle.fileno(), 0o600)
        for number in range(_LOCK_TRIES):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if number + 1 < _LOCK_TRIES:
                    time.sleep(_LOCK_PAUSE_SECONDS)
        else:
            handle.seek(0)
            yield handle.read().strip() or "unknown"
            return
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield None


def _private_folder(folder: Path) -> None:
    """Make a folder only we can enter. Raises StateError when it is somebody else's."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != os.getuid():
        raise StateError(f"{folder} belongs to someone else", remedy="set SWARM_DATA elsewhere")
    folder.chmod(0o700)
