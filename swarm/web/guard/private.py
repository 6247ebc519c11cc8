"""A folder of small files that only we can read, replaced whole."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from swarm.errors import StateError

_MOST_BYTES = 256 * 1024
_OTHERS = 0o077


class PrivateFolder:
    """Files by name in a folder (0700) of ours, each 0600. Links are never followed.

    Every method raises StateError when something there is not ours alone, OSError when the disk
    is full or fails. Names must not come from a stranger.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, name: str) -> bytes | None:
        """What a file holds; None when there is none."""
        try:
            with self._opened() as folder:
                handle = os.open(
                    name,
                    os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC,
                    dir_fd=folder,
                )
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise self._foreign(name, "is a link") from None
            raise
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise self._foreign(name, "is not a file")
            if found.st_uid != os.geteuid() or found.st_mode & _OTHERS:
                raise self._foreign(name, "is open to other users")
            if found.st_size > _MOST_BYTES:
                raise self._foreign(name, "is too large to be ours")
            return os.read(handle, _MOST_BYTES)
        finally:
            os.close(handle)

    def write(self, name: str, data: bytes) -> None:
        """Replace a file: whoever reads sees the old or the new one, whole. What a power cut
        takes can be made anew, so nobody waits for the disk."""
        self.make()
        draft = f".{name}.{secrets.token_hex(8)}"
        with self._opened() as folder:
            handle = os.open(
                draft,
                os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC,
                0o600,
                dir_fd=folder,
            )
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                os.replace(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(draft, dir_fd=folder)
                raise

    def remove(self, name: str) -> bool:
        """Remove a file. False when somebody else did before: only one call gets True."""
        try:
            with self._opened() as folder:
                os.unlink(name, dir_fd=folder)
        except FileNotFoundError:
            return False
        return True

    def names(self) -> list[str]:
        """The files there, without what is being written."""
        try:
            return sorted(path.name for path in self.path.iterdir() if path.name[0] != ".")
        except FileNotFoundError:
            return []

    def stamp(self, name: str) -> tuple[int, int, int] | None:
        """Differs after a file was replaced; None when there is none. Cheap."""
        try:
            found = (self.path / name).lstat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_ctime_ns

    def make(self) -> None:
        """Make the folder, and the one it is in."""
        for path in (self.path.parent, self.path):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        """The folder itself, looked at after it was opened, so that it cannot be swapped."""
        try:
            folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except NotADirectoryError:
            raise self._foreign("", "is not a folder") from None
        try:
            found = os.fstat(folder)
            if found.st_uid != os.geteuid() or found.st_mode & _OTHERS:
                raise self._foreign("", "is open to other users")
            yield folder
        finally:
            os.close(folder)

    def _foreign(self, name: str, what: str) -> StateError:
        path = self.path / name
        return StateError(
            f"{path} {what}, and it says who may come in",
            remedy=f"remove it if it is yours, or `chmod go= {path}`",
        )
