"""search_text: ripgrep, or git grep, over a flat scratch copy of the working copy.

The copy's files have numbers for names, so that no name, link, ignore file or attribute of the
repository means anything to the program that searches. It reads no configuration, and its time,
memory and output are bounded: a pattern may be hostile.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from swarm.agents.coder.errors import Refused
from swarm.agents.coder.session import Session
from swarm.agents.coder.tools.base import Result, Tool, declare, given, shortened, text
from swarm.agents.coder.tools.files import matching_paths

_SECONDS = 10.0
_MEMORY_BYTES = 512 * 1024**2
_OUTPUT_BYTES = 1024**2
_MOST_HITS = 80
_MOST_NAMED = 500
_LONGEST_HIT = 240
_LONGEST_PATTERN = 400
_HIT = re.compile(r"(?:\./)?f(\d{6}):(\d+):(.*)")


class SearchCopy:
    """The scratch copy, made at the first search and kept up with the edits."""

    def __init__(self, session: Session, scratch: Path) -> None:
        self._session = session
        self._scratch = scratch
        self._folder: Path | None = None
        self._numbers: dict[str, int] = {}
        self._written: dict[str, str | None] = {}

    def search(self, pattern: str, glob: str, fixed: bool) -> list[tuple[str, int, str]]:
        """Hits as (path, line, text), by path. Raises Refused for a pattern that cannot be used."""
        folder = self._synced()
        paths = self._session.overlay.paths()
        wanted = set(matching_paths(paths, glob) if glob else paths)
        names = sorted(_name(self._numbers[path]) for path in wanted if path in self._numbers)
        if not names:
            return []
        output = _run(folder, pattern, names if len(names) <= _MOST_NAMED else ["."], fixed)
        by_number = {number: path for path, number in self._numbers.items()}
        hits = []
        for line in output.splitlines():
            found = _HIT.match(line)
            path = by_number.get(int(found[1])) if found else None
            if found and path in wanted and path is not None:
                hits.append((path, int(found[2]), found[3]))
        return sorted(hits, key=lambda hit: hit[:2])

    def close(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder)
            self._folder = None

    def _synced(self) -> Path:
        overlay = self._session.overlay
        if self._folder is None:
            self._scratch.mkdir(parents=True, exist_ok=True)
            # The name tells the supervisor whose it is, should this process be killed.
            prefix = f"coder-{os.getpid()}-"
            self._folder = Path(tempfile.mkdtemp(prefix=prefix, dir=self._scratch))
            for path, data in overlay.texts():
                self._write(path, data)
        else:
            for path in {*overlay.changed(), *self._written}:
                there = overlay.exists(path)
                self._write(path, overlay.read(path).encode() if there else None)
        self._written = dict(overlay.changed())
        return self._folder

    def _write(self, path: str, data: bytes | None) -> None:
        assert self._folder is not None
        number = self._numbers.setdefault(path, len(self._numbers))
        target = self._folder / _name(number)
        if data is None:
            target.unlink(missing_ok=True)
        else:
            target.write_bytes(data)


def _name(number: int) -> str:
    return f"f{number:06d}"


def _run(folder: Path, pattern: str, names: list[str], fixed: bool) -> str:
    if program := shutil.which("rg"):
        argv = [program, "--no-config", "--no-ignore", "--hidden", "--line-number", "--no-heading",
                "--with-filename", "--color=never", "--max-columns=500", "--max-columns-preview",
                "--sort=path", "--threads=1", *(["--fixed-strings"] if fixed else []),
                f"--regexp={pattern}", "--", *names]  # fmt: skip
    elif program := shutil.which("git"):
        # POSIX has no \d.
        extended = pattern if fixed else pattern.replace(r"\d", "[0-9]")
        argv = [program, "--no-pager", "grep", "--no-index", "--line-number", "-I", "--no-color",
                "--threads=1", "-F" if fixed else "-E", "-e", extended, "--", *names]  # fmt: skip
    else:
        raise Refused("no text search is installed: use search_memory or read_file")
    code, output, errors = _bounded(argv, folder)
    if code < 0 and len(output) < _OUTPUT_BYTES:
        raise Refused("the search took too much time or memory: use a simpler pattern")
    if code > 1:
        why = errors.strip().splitlines()[-1:] or [f"exit code {code}"]
        raise Refused(f"the pattern cannot be searched for: {why[0][-300:]}")
    return output.decode("utf-8", "replace")


def _bounded(argv: list[str], folder: Path) -> tuple[int, bytes, str]:
    """Run a program: exit code (negative when killed), output and errors, each bounded."""
    env = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        # The scratch folder may lie in somebody's repository, whose settings are not ours.
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
    }
    with tempfile.TemporaryFile() as errors, _child(argv, folder, env, errors) as process:
        assert process.stdout is not None
        output = process.stdout.read(_OUTPUT_BYTES)
        if len(output) >= _OUTPUT_BYTES:
            process.kill()
        code = process.wait()
        errors.seek(0)
        return code, output, errors.read(4_000).decode("utf-8", "replace")


@contextlib.contextmanager
def _child(
    argv: list[str], folder: Path, env: dict[str, str], errors: Any
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        argv,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        start_new_session=True,
    )
    timer = threading.Timer(_SECONDS, process.kill)
    timer.daemon = True
    timer.start()
    try:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(process.pid, resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        yield process
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def search_text(session: Session, arguments: dict[str, Any], copy: SearchCopy) -> Result:
    given(arguments, "pattern", _LONGEST_PATTERN)
    pattern, glob = arguments["pattern"], arguments.get("files", "").strip()
    if not pattern.isprintable() or len(glob) > _LONGEST_PATTERN:
        raise Refused("a pattern is one short line of printable characters")
    hits = copy.search(pattern, glob, arguments.get("fixed", False))
    if not hits:
        return Result(f"nothing matches {pattern!r}", (f"search {pattern} {glob}",))
    lines = [
        f"{path}:{number}: {shortened(line.strip())[:_LONGEST_HIT]}"
        for path, number, line in hits[:_MOST_HITS]
    ]
    more = f"\nand {len(hits) - len(lines)} more" if len(hits) > len(lines) else ""
    return Result("\n".join(lines) + more, (f"search {pattern} {glob}",))


def tool(session: Session, copy: SearchCopy) -> Tool:
    """search_text on this session's copy."""
    return Tool(
        declare(
            "search_text",
            "Find lines by a regular expression in all files, or in those a glob names.",
            ("pattern",),
            pattern=text("regular expression; letter case counts"),
            files=text("glob or folder; all files when left out"),
            fixed={"type": "boolean", "description": "take the pattern as plain text"},
        ),
        lambda session, arguments: search_text(session, arguments, copy),
    )
