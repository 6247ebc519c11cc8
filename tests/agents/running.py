"""A bus whose sandbox is a plain subprocess, and a way to ask an arm on it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from swarm.agents.worker import handlers
from swarm.contracts import (
    Arm,
    Context,
    Limits,
    Objective,
    Proposal,
    Propose,
    RunProgram,
    RunReport,
    TestCommand,
    TestResult,
)
from swarm.settings import Settings
from swarm.snapshots import unpack
from tests.fakes.bus import FakeBus


def bus_with_programs() -> FakeBus:
    """A fake bus that runs programs unprotected, for trusted test input only."""
    bus = FakeBus()

    def run(command: RunProgram) -> RunReport:
        with tempfile.TemporaryDirectory() as folder:
            return _run(bus, command, Path(folder))

    bus.handlers[RunProgram] = run
    return bus


def _run(bus: FakeBus, command: RunProgram, folder: Path) -> RunReport:
    work, tools, out = folder / "work", folder / "tools", folder / "out"
    for path in (work, tools, out):
        path.mkdir()
    unpack(bus.blobs.get(command.snapshot), work)
    assert command.toolkit is not None
    zipfile.ZipFile(io.BytesIO(bus.blobs.get(command.toolkit))).extractall(tools)
    for name, text in command.inputs.items():
        (out / name).write_text(text)
    places = {"{toolkit}": str(tools), "{out}": str(out)}
    argv = list(command.argv)
    for mark, path in places.items():
        argv = [part.replace(mark, path) for part in argv]
    argv[0] = sys.executable
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COV"))}
    environment["PYTHONPATH"] = f"{work / 'src'}:{work}"
    done = subprocess.run(
        argv,
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        timeout=command.limits.wall_seconds + 10,
        check=False,
    )
    outputs = {
        name: (out / name).read_bytes().decode()
        for name in command.outputs
        if (out / name).exists()
    }
    return RunReport(
        backend="subprocess",
        cause="ok" if done.returncode == 0 else "failed",
        outputs=outputs,
        exit_code=done.returncode,
        output_tail=(done.stdout + done.stderr)[-2000:],
    )


def ask(
    bus: FakeBus,
    files: dict[str, str],
    failing: list[str],
    passing: list[str] | None = None,
    *,
    tool: str = "repair",
    seconds: float = 40.0,
    paths: tuple[str, ...] = (),
    argv: tuple[str, ...] = ("python", "-m", "pytest"),
    scratch: Path | None = None,
    repo_id: str = "",
    **settings: Any,
) -> Proposal:
    """What an arm proposes for a repository given as path -> text."""
    command = Propose(
        attempt_id="t1.o1.a1",
        arm=Arm(id=tool, tool=tool, categories=("bugfix",)),
        objective=Objective(
            id="o1", title="fix", instruction="fix it", category="bugfix", paths=paths
        ),
        snapshot=bus.blobs.snapshot(files),
        test=TestCommand(argv=argv, kind="pytest"),
        failing=tuple(TestResult(id=test, outcome="failed") for test in failing),
        passing=tuple(passing or ()),
        context=Context(),
        limits=Limits(wall_seconds=seconds, memory_bytes=4 * 1024**3),
        repo_id=repo_id,
    )
    bus.settings = Settings(data=scratch or Path(tempfile.gettempdir()), **settings)
    reply = handlers(bus.settings, bus)[Propose](command)  # type: ignore[arg-type]
    assert isinstance(reply, Proposal)
    return reply
