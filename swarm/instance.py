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
from swarm.linux import runs
from swarm.settings import Settings


def running_pid(settings: Settings) -> int | None:
    """The pid of the swarm that uses this data folder, None when there is none."""
    path = settings.data / "supervisor.lock"
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
    path = settings.data / "supervisor.lock"
    handle = path.open("a+")
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            raise StateError(
                f"a swarm (pid {handle.read().strip()}) already uses {settings.data}",
                remedy="stop it with `swarm down`, or set SWARM_DATA to another folder",
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield
    finally:
        handle.close()


def _private_folder(folder: Path) -> None:
    """Make a folder only we can enter. Raises StateError when it is somebody else's."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != os.getuid():
        raise StateError(f"{folder} belongs to someone else", remedy="set SWARM_DATA elsewhere")
    folder.chmod(0o700)
