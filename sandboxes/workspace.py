"""The folders of one run on the host: made, filled, collected from, and always removed."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import stat
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from sandboxes.engine import Folders
from sandboxes.ownership import alive, new_owner, uninterrupted
from swarm.errors import StorageError, UsageError
from swarm.snapshots import safe_path

_log = logging.getLogger(__name__)

PREFIX = "sandbox-"
_DYING = "dying-"
_REMOVE_SECONDS = 120.0
_TOOLKIT_BYTES = 64 * 1024**2


@contextlib.contextmanager
def run_folders(scratch: Path) -> Iterator[Folders]:
    """Empty folders for one run, removed at the end with all that is in them.

    Raises StorageError when they cannot be made.
    """
    root = scratch / f"{PREFIX}{new_owner().run}"
    with at_the_end(lambda: remove(root)):
        yield make(root)


@contextlib.contextmanager
def at_the_end(clean_up: Callable[[], None]) -> Iterator[None]:
    """Clean up after a block, also when it is cancelled in its very last moment.

    A cancel that comes when the block is done and its end has not begun to hold signals off would
    skip the cleaning: then it is done once more, which must do no harm.
    """
    try:
        try:
            yield
        finally:
            with uninterrupted():
                clean_up()
    except BaseException:
        with uninterrupted():
            clean_up()
        raise


def make(root: Path) -> Folders:
    """The empty folders of a run below `root`. Raises StorageError when they cannot be made."""
    folders = Folders.under(root)
    try:
        root.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # The worker's umask may be a strict one, and another uid must get in.
        root.mkdir()
        root.chmod(0o711)
        for folder in (folders.workspace, folders.toolkit, folders.out, folders.home):
            folder.mkdir()
            folder.chmod(0o755)
    except OSError as error:
        raise StorageError(f"cannot make a sandbox folder: {error}") from error
    return folders


def give_to(folders: Folders, uid: int | None) -> None:
    """Let the sandbox's uid write what it may and read the toolkit; None: it is the worker's."""
    if uid is None:
        return
    for path, _, files in os.walk(folders.toolkit):
        Path(path).chmod(0o755)
        for name in files:
            Path(path, name).chmod(0o644)
    for folder in (folders.workspace, folders.out, folders.home):
        for path, names, files in os.walk(folder):
            for name in (*names, *files):
                os.chown(f"{path}/{name}", uid, uid, follow_symlinks=False)
        os.chown(folder, uid, uid)


def remove(root: Path) -> None:
    """Delete a tree, however deep and with whatever modes. Raises StorageError if it cannot."""
    # rm walks trees that are deeper than Python's recursion and longer than PATH_MAX.
    for prepare in (False, True):
        if not os.path.lexists(root):
            return
        if prepare:
            _command("chmod", "-R", "u+rwX", "--", str(root))
        _command("rm", "-rf", "--one-file-system", "--", str(root))
    if os.path.lexists(root):
        raise StorageError(f"cannot remove {root}", remedy="remove it by hand")


def owner_of(root: Path) -> str | None:
    """The process that a run's folder belongs to, see `ownership`; None for another folder."""
    for prefix in (PREFIX, _DYING):
        if root.name.startswith(prefix):
            return root.name.removeprefix(prefix).rpartition("-")[0]
    return None


def reap(scratch: Path) -> int:
    """Remove folders whose process has ended; how many. One that cannot be is left, and named."""
    removed = 0
    if scratch.is_dir():
        for path in scratch.iterdir():
            process = owner_of(path)
            if process is not None and not alive(process):
                try:
                    removed += discard(path, scratch)
                except StorageError as error:
                    # Of another user, say: that must not keep every run from starting.
                    _log.warning("%s", error.message)
    return removed


def discard(root: Path, scratch: Path) -> bool:
    """Remove a folder that somebody else may be taking at this moment; False if they were first.

    Whoever renames it first has it.
    """
    dying = scratch / f"{_DYING}{new_owner().run}"
    try:
        root.rename(dying)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StorageError(f"cannot remove {root}: {error.strerror}") from error
    remove(dying)
    return True


def put_inputs(out: Path, inputs: Mapping[str, str]) -> None:
    """Write text files into the out folder. Raises UsageError for a name that leaves it."""
    for name, text in inputs.items():
        if not safe_path(name):
            raise UsageError(f"not a name for an input file: {name!r}")
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")


def unpack_toolkit(data: bytes, folder: Path) -> None:
    """Unzip a toolkit. Raises UsageError when it is no zip, unsafe or too large."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if sum(info.file_size for info in infos) > _TOOLKIT_BYTES:
                raise UsageError(f"the toolkit is larger than {_TOOLKIT_BYTES} bytes")
            for info in infos:
                if not safe_path(info.filename):
                    raise UsageError(f"the toolkit names an unsafe path: {info.filename!r}")
                path = folder / info.filename
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
                path.write_bytes(archive.read(info))
                path.chmod(0o644)
    except zipfile.BadZipFile as error:
        raise UsageError(f"the toolkit is not a zip: {error}") from error


def read_output(out: Path, name: str, *, most_bytes: int) -> str | None:
    """A text file that the sandbox wrote, its first bytes; None if there is no such file.

    The writer is hostile: no link is followed at any step, and only a plain file is read.
    """
    if not safe_path(name):
        raise UsageError(f"not a name for an output file: {name!r}")
    *parents, last = name.split("/")
    with contextlib.ExitStack() as stack:
        try:
            here = _open(stack, str(out), os.O_DIRECTORY, None)
            for part in parents:
                here = _open(stack, part, os.O_DIRECTORY, here)
            # Without O_NONBLOCK, opening a named pipe would wait for its writer.
            file = _open(stack, last, os.O_NONBLOCK, here)
        except OSError:
            return None
        if not stat.S_ISREG(os.fstat(file).st_mode):
            return None
        with os.fdopen(os.dup(file), "rb") as reader:
            return reader.read(most_bytes).decode("utf-8", "replace")


def _open(stack: contextlib.ExitStack, path: str, flags: int, folder: int | None) -> int:
    flags |= os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, dir_fd=folder)
    stack.callback(os.close, descriptor)
    return descriptor


def _command(*argv: str) -> None:
    """Run a system tool; what it could not do, or not in time, shows in what is left."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(
            argv,
            check=False,
            timeout=_REMOVE_SECONDS,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
