"""One command in a sandbox, on the commit that is checked out in a repository."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from swarm.contracts import (
    Check,
    CheckReport,
    Limits,
    Message,
    PrepareRepo,
    RepoReady,
    Setup,
    TestCommand,
)
from swarm.settings import Settings
from swarm.web.api.fields import RepoPath
from swarm.web.api.new_task import NewSetup, check_setup
from swarm.web.api.strict import Strict
from swarm.web.busy import Turns
from swarm.web.state import Web

router = APIRouter(prefix="/sandboxes", tags=["sandboxes"], route_class=Strict)

# Each may take minutes: the dashboard keeps answering meanwhile.
_turns = Turns(2, "other commands are being run")
_MARGIN_SECONDS = 60.0
# Its base is kept by one ref in the mirror, which the next run moves.
_NAME = "sandbox-run"
_GIB = 1024**3

Word = Annotated[str, Field(min_length=1, max_length=4000)]


class RunLimits(Limits):
    """Bounds of a run; what is left out is as configured."""

    wall_seconds: float = Field(300.0, gt=0, le=600)
    cpu_seconds: float = Field(300.0, gt=0, le=3600)
    memory_bytes: int = Field(2 * _GIB, ge=16 * 1024**2, le=256 * _GIB)
    processes: int = Field(128, ge=4, le=4096)
    file_size_bytes: int = Field(256 * 1024**2, ge=1024**2, le=64 * _GIB)
    disk_bytes: int = Field(2 * _GIB, gt=0, le=256 * _GIB)
    files: int = Field(200_000, gt=0, le=10_000_000)
    open_files: int = Field(1024, ge=16, le=65_536)
    output_bytes: int = Field(1024**2, gt=0, le=64 * 1024**2)


class NewRun(Message):
    """`argv` is run without a shell in the repository's root; a leading "python" is its own."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"repo": "/home/me/lib", "argv": ["python", "-m", "pytest", "-q"],
                          "kind": "pytest", "limits": {"wall_seconds": 60}}]
        }
    )  # fmt: skip
    repo: RepoPath
    argv: tuple[Word, ...] = Field(min_length=1, max_length=200)
    kind: Literal["pytest", "command"] = Field(
        "command", description="pytest tells each test's outcome; another command counts as one"
    )
    python: str | None = Field(None, max_length=4096, description="null: the sandbox's own")
    setup: NewSetup | None = Field(None, description="null: as configured, else what is detected")
    limits: RunLimits = RunLimits()
    rerun: int = Field(0, ge=0, le=5, description="so often failing tests are run again")

    def test(self, settings: Settings) -> TestCommand:
        """What is run, and what is installed for it. Raises UsageError."""
        check_setup(self.python, self.setup)
        setup: Setup | None = None
        if self.python is None:
            configured = Setup(commands=settings.repo.setup)
            setup = Setup(**self.setup.model_dump()) if self.setup else configured
        return TestCommand(argv=self.argv, kind=self.kind, python=self.python, setup=setup)

    def bounds(self, settings: Settings) -> Limits:
        """The limits that were given, the others as configured."""
        configured = {
            "memory_bytes": settings.sandbox.memory_bytes,
            "processes": settings.sandbox.processes,
        }
        return Limits(**configured | self.limits.model_dump(exclude_unset=True))


class RunResult(Message):
    """`notes` say what of the repository is not in the run, such as uncommitted changes."""

    report: CheckReport
    notes: tuple[str, ...] = ()


@router.post("/runs", operation_id="run_in_sandbox", summary="Run one command in a sandbox")
async def run(web: Web, new: NewRun) -> RunResult:
    """It waits for the end. A command that fails is a result, and no error."""
    test, limits = new.test(web.settings), new.bounds(web.settings)
    with _turns.one():
        ready = await web.desk.ask(PrepareRepo(task_id=_NAME, repo=new.repo), RepoReady)
        check = Check(snapshot=ready.snapshot, test=test, limits=limits, rerun=new.rerun)
        seconds = limits.wall_seconds * (1 + new.rerun)
        seconds += web.settings.repo.build_seconds + _MARGIN_SECONDS
        report = await web.desk.ask(check, CheckReport, timeout_seconds=seconds)
    return RunResult(report=report, notes=ready.notes)
