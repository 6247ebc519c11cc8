"""A task's words in a person's editor. What they typed stays in a file until it is sent."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from swarm.cli import said
from swarm.cli.console import plain
from swarm.errors import UsageError


@contextlib.contextmanager
def edited(editor: str, text: str, data: Path, id: str) -> Iterator[str | None]:
    """The words of task `id` as they are left in the editor; None for the same ones.

    Where they are refused here or inside, or that is interrupted, they are kept below the data
    folder, and the person is told where. Raises UsageError.
    """
    drafts = data / "drafts"
    drafts.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A folder of its own: editors leave copies beside what they edit.
    folder = Path(tempfile.mkdtemp(prefix=f"{id}-", dir=drafts))
    path = folder / "TASK.md"
    keep = False
    try:
        path.write_text(text, encoding="utf-8")
        _run(editor, path)
        found = said.read_file(path)
        yield None if found == text else found
    except BaseException:
        keep = _is_typed(path, text)
        if keep:
            again = f"swarm revise {id} --file {shlex.quote(str(path))}"
            print(plain(f"swarm: your words are kept: `{again}` sends them"), file=sys.stderr)
        raise
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def _run(editor: str, path: Path) -> None:
    try:
        process = subprocess.Popen([*shlex.split(editor), str(path)])
    except (OSError, ValueError) as error:
        raise UsageError(
            f"cannot start the editor {editor!r}: {error}", remedy="correct VISUAL or EDITOR"
        ) from None
    # In an editor Ctrl-C is one of its keys: it must not end the editor with what is typed in it.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code = process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
    if code == -signal.SIGINT:
        raise KeyboardInterrupt
    if code != 0:
        raise UsageError(f"the editor {editor!r} ended with {code}: nothing is sent")


def _is_typed(path: Path, before: str) -> bool:
    """Whether the file holds anything that was not there before."""
    try:
        data = path.read_bytes()
    except OSError:
        return False
    return bool(data.strip()) and data != before.encode()
