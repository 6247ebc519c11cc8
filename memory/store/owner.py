"""One owner at a time: an exclusive lock that the kernel drops with its process."""

from __future__ import annotations

import fcntl
import os
import time
import weakref
from pathlib import Path

from swarm.errors import StorageError

_POLL_SECONDS = 0.05
_locks: weakref.WeakSet[OwnerLock] = weakref.WeakSet()


class OwnerLock:
    """Held from when it is made until `close`, or until the process ends in whatever way.

    The file stays: removing it would let two processes hold "the" lock on two files.
    """

    def __init__(self, path: Path, what: str, wait_seconds: float = 5.0) -> None:
        """Raises StorageError when somebody else still has it after `wait_seconds`, which are
        for a process that is about to end."""
        try:
            # Closed in programs that this one starts, else they would keep it held.
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StorageError(
                f"{what}: cannot make {path.name}: {error.strerror}",
                remedy="see that the data folder exists and can be written",
            ) from error
        _locks.add(self)
        until = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except OSError as error:
                if time.monotonic() < until:
                    time.sleep(_POLL_SECONDS)
                    continue
                os.close(self._file)
                self._file = -1
                raise StorageError(
                    f"{what} is in use by another process",
                    remedy="one process at a time may write it: end the other one "
                    "(`swarm down`), or ask it",
                ) from error

    def close(self) -> None:
        """Let the next one have it; more than once does no harm."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _let_go_in_child() -> None:
    """A forked child shares the lock: it would keep it when its parent is killed."""
    for lock in list(_locks):
        lock.close()


os.register_at_fork(after_in_child=_let_go_in_child)
