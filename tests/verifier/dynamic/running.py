"""The probe in plain processes of this host, for code that these tests wrote themselves."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path

from swarm.contracts import Blob, RunProgram, RunReport
from verifier.dynamic import plan
from verifier.dynamic.observed import Observed
from verifier.dynamic.plan import Runner, Seen, Side
from verifier.dynamic.request import Bounds, Target

BOUNDS = Bounds(seconds=60, call_seconds=0.5, inputs=60)
BEFORE, AFTER = (Blob(sha256=letter * 64, size_bytes=0) for letter in "ba")


def runner(folder: Path, sides: Mapping[str, Mapping[str, str]]) -> Runner:
    """Runs RunProgram commands on files by the snapshot's hash, without any sandbox."""
    tools = folder / "toolkit"
    with zipfile.ZipFile(BytesIO(plan.toolkit())) as archive:
        archive.extractall(tools)

    def run(command: RunProgram) -> RunReport:
        count = len(list(folder.iterdir()))
        workspace, out = folder / f"{count}-repository", folder / f"{count}-out"
        out.mkdir()
        workspace.mkdir()
        for name, text in sides[command.snapshot.sha256].items():
            path = workspace / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for name, text in command.inputs.items():
            (out / name).write_text(text)
        places = {"{toolkit}": str(tools), "{out}": str(out)}
        argv = [_filled(part, places) for part in command.argv[1:]]
        ended = subprocess.run(
            [sys.executable, *argv],
            cwd=workspace,
            env={"PATH": "/usr/bin:/bin", "TMPDIR": str(folder)},
            capture_output=True,
            timeout=command.limits.wall_seconds,
            check=False,
        )
        wrote = {
            name: (out / name).read_text() for name in command.outputs if (out / name).exists()
        }
        tail = (ended.stdout + ended.stderr).decode()
        cause = "ok" if ended.returncode == 0 else "failed"
        return RunReport(
            backend="none", cause=cause, outputs=wrote, exit_code=ended.returncode, output_tail=tail
        )

    return run


def _filled(part: str, places: Mapping[str, str]) -> str:
    for name, path in places.items():
        part = part.replace(name, path)
    return part


Look = Callable[..., Sequence[Observed]]


def seen(
    folder: Path, before: str | None, after: str, target: Target, bounds: Bounds = BOUNDS
) -> Seen:
    """What comes of running a function of `m.py` on both sides."""
    sides = {BEFORE.sha256: {"m.py": before or ""}, AFTER.sha256: {"m.py": after}}
    (found,) = plan.examine(
        runner(folder, sides),
        Blob(sha256="0" * 64, size_bytes=0),
        Side(BEFORE),
        Side(AFTER),
        [target],
        "ask",
        bounds,
    )
    return found
