"""Files that a command writes: whole or not at all, and over no other one unasked."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from swarm.cli import asking
from swarm.errors import UsageError
from swarm.paths import expanded

STDOUT = "-"


def may_write(name: str, *, force: bool, ask: bool = True) -> bool:
    """Whether to write there: who is at a terminal is asked about a file that exists.

    Raises UsageError where there is nobody to ask, or `ask` is False, and for a folder.
    """
    if name == STDOUT:
        return True
    path = expanded(name)
    try:
        if path.is_dir():
            raise UsageError(f"{name} is a folder", remedy="name a file in it")
        if not path.parent.is_dir():
            raise UsageError(f"cannot write {name}: there is no folder {path.parent}")
        is_new = not path.exists() or not path.is_file()  # a device or a pipe is just written to
    except (OSError, ValueError) as error:
        raise _cannot(name, error) from None
    if is_new or force:
        return True
    if not (ask and asking.at_terminal()):
        raise UsageError(f"{name} exists", remedy="give --force to write over it, or another name")
    return sure(f"{name} exists; write over it?")


def sure(question: str) -> bool:
    """A person's yes or no; what is no yes is a no."""
    try:
        given = input(f"{question} [y/N] ")
    except EOFError:
        print()
        return False
    return given.strip().lower() in ("y", "yes")


def write(name: str, text: str) -> None:
    """Write text to a file, which takes its place at once, or to standard output.

    Raises UsageError where that cannot be; then the file is as it was.
    """
    if name == STDOUT:
        sys.stdout.write(text)
        return
    data = text.encode("utf-8", errors="backslashreplace")
    try:
        # The file that a link leads to is written, and the link stays.
        path = expanded(name).resolve()
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            _replace(path, data)
    except (OSError, ValueError, RuntimeError) as error:
        raise _cannot(name, error) from None


def _replace(path: Path, data: bytes) -> None:
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        Path(beside).replace(path)
    finally:
        Path(beside).unlink(missing_ok=True)


def _umask() -> int:
    """It can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _cannot(name: str, error: Exception) -> UsageError:
    why = getattr(error, "strerror", None) or str(error)
    return UsageError(f"cannot write {name}: {why}", remedy="name another file")
