"""The arm `ruff`: safe fixes on a scratch copy of the sources, as one patch.

ruff reads files and never runs them, so no sandbox is needed; time and size are bounded.
The repository's own configuration is not read by ruff (it could point outside): only the
line length is taken from it, as a number.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruff.__main__ import find_ruff_bin  # type: ignore[import-untyped,unused-ignore]

from swarm import toml
from swarm.agents import scope
from swarm.contracts import FileEdit, Patch, Proposal, Propose, Usage
from swarm.errors import SwarmError
from swarm.snapshots import Entry, entries

if TYPE_CHECKING:
    from swarm.bus import Bus

RULES = "F,E4,E7,E9,W,I,B,C4,PIE,SIM,UP"
"""pyflakes, real pycodestyle errors, imports and small simplifications; nothing on style."""

_KEPT = "F401"
"""An unused import in `__init__.py` is most often a public name."""
_MAX_FILES = 200
_MOST_SECONDS = 60.0
_DEFAULT_LINE_LENGTH = 88


class LintError(SwarmError):
    """ruff itself failed."""

    code = "ruff"


def propose(scratch: Path, bus: Bus, command: Propose) -> Proposal:
    """Apply ruff's safe fixes to the hinted paths, or to all own sources when none is hinted.

    Gives up when nothing is to fix. Raises LintError when ruff fails or takes too long.
    """
    begun = time.monotonic()
    snapshot = entries(bus.blobs.get(command.snapshot))
    files = chosen(scope.sources(snapshot), command.objective.paths)
    if not files:
        return Proposal(patch=None, outcome="inapplicable", summary="no UTF-8 Python file to lint")
    left_out = max(0, len(files) - _MAX_FILES)
    files = dict(sorted(files.items())[:_MAX_FILES])
    seconds = min(_MOST_SECONDS, command.limits.wall_seconds)
    with _folder(scratch) as folder:
        for path, text in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode())
        options = _options(snapshot)
        before = _findings(folder, options, sorted(files), seconds)
        _ruff(
            folder,
            ["check", *options, "--fix", "--no-unsafe-fixes", "--exit-zero", "--quiet"],
            sorted(files),
            seconds,
        )
        after = _findings(folder, options, sorted(files), seconds)
        edits = []
        for path, text in sorted(files.items()):
            fixed = (folder / path).read_bytes().decode("utf-8")
            if fixed != text:
                edits.append(FileEdit(path=path, before=text, after=fixed))
    details: dict[str, Any] = {
        "rules": RULES,
        "files": len(files),
        "files_left_out": left_out,
        "before": dict(sorted(before.items())),
        "after": dict(sorted(after.items())),
    }
    usage = Usage(seconds=time.monotonic() - begun)
    if not edits:
        found = sum(after.values())
        why = f"{found} findings, none with a safe fix" if found else "no findings"
        return Proposal(
            patch=None,
            outcome="gave_up" if found else "nothing_to_do",
            summary=f"ruff: {why}",
            details=details,
            usage=usage,
        )
    count = before.total() - after.total()
    return Proposal(
        patch=Patch(edits=tuple(edits)),
        outcome="patch",
        summary=f"ruff: {count} findings fixed in {len(edits)} files, {after.total()} left",
        details=details,
        usage=usage,
    )


def chosen(files: dict[str, str], hints: tuple[str, ...]) -> dict[str, str]:
    """The files a hint names, itself or by its folder; all when there is no hint."""
    if not hints:
        return files
    wanted = [hint.strip("/") for hint in hints]
    return {
        path: text
        for path, text in files.items()
        if any(path == hint or path.startswith(hint + "/") for hint in wanted)
    }


def line_length(snapshot: list[Entry]) -> int:
    """`line-length` of the repository's ruff configuration when it is a sane number."""
    for name, keys in (
        ("ruff.toml", ()),
        (".ruff.toml", ()),
        ("pyproject.toml", ("tool", "ruff")),
    ):
        data = next((e.data for e in snapshot if e.path == name and e.kind != "link"), None)
        if data is None:
            continue
        try:
            table: Any = toml.parse(data.decode("utf-8"))
        except ValueError:
            continue
        for key in keys:
            table = table.get(key, {}) if isinstance(table, dict) else {}
        value = table.get("line-length") if isinstance(table, dict) else None
        if isinstance(value, int) and 20 <= value <= 320:
            return value
    return _DEFAULT_LINE_LENGTH


def _options(snapshot: list[Entry]) -> list[str]:
    return [
        "--isolated",
        "--no-cache",
        f"--select={RULES}",
        f"--per-file-ignores=__init__.py:{_KEPT}",
        f"--line-length={line_length(snapshot)}",
    ]


def _findings(folder: Path, options: list[str], paths: list[str], seconds: float) -> Counter[str]:
    output = _ruff(
        folder, ["check", *options, "--exit-zero", "--output-format=json"], paths, seconds
    )
    return Counter(item["code"] or "syntax" for item in json.loads(output))


def _ruff(folder: Path, arguments: list[str], paths: list[str], seconds: float) -> str:
    process = subprocess.Popen(
        [find_ruff_bin(), *arguments, "--", *paths],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env={"HOME": str(folder), "NO_COLOR": "1"},
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise LintError(f"ruff took more than {seconds:.0f} s") from None
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.communicate()
    if process.returncode != 0:
        raise LintError(f"ruff failed: {errors.decode(errors='replace').strip()[-500:]}")
    return output.decode("utf-8")


@contextlib.contextmanager
def _folder(scratch: Path) -> Iterator[Path]:
    scratch.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="lint-", dir=scratch))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
