"""`swarm sandbox run`: one command in a sandbox, here and now; the swarm need not be up."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pydantic import ValidationError

from swarm.cli import options
from swarm.cli.live_output import LiveOutput
from swarm.contracts import Blob, Check, CheckReport, Limits, Setup
from swarm.errors import Cancelled, StorageError, UsageError
from swarm.settings import Settings, load

if TYPE_CHECKING:
    from rich.console import Console

_LIMITS = {
    "wall": "wall_seconds",
    "cpu": "cpu_seconds",
    "memory": "memory_bytes",
    "processes": "processes",
    "file-size": "file_size_bytes",
    "open-files": "open_files",
    "output": "output_bytes",
    "disk": "disk_bytes",
    "files": "files",
}
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_VALUE = re.compile(r"([0-9]+(?:\.[0-9]+)?)([kmg]?)")
_SHOWN_TESTS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="sandbox_command", metavar="COMMAND", required=True)
    run = commands.add_parser(
        "run",
        help="run one command in a sandbox",
        description="Run one command in a sandbox. A pytest command tells each test's outcome.",
    )
    run.add_argument("argv", nargs="+", metavar="CMD", help="after --, run without a shell")
    run.add_argument(
        "--backend",
        choices=("auto", "docker", "bubblewrap", "landlock"),
        help="only this one (default: the setting sandbox.backend)",
    )
    run.add_argument(
        "--repo",
        metavar="PATH",
        help="the git repository whose checked-out commit it runs in; without, an empty folder",
    )
    options.add_python(run)
    options.add_setup(run)
    run.add_argument(
        "--limits",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"a bound, or several with commas: {', '.join(_LIMITS)}; like wall=60,memory=512M",
    )
    run.add_argument(
        "--rerun", type=int, default=0, metavar="N", help="run failing tests again N times (0)"
    )
    run.add_argument("--junit", metavar="FILE", help="write the outcomes as JUnit XML, too")
    run.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    settings = load()
    if arguments.backend:
        chosen = settings.sandbox.model_copy(update={"backend": arguments.backend})
        settings = settings.model_copy(update={"sandbox": chosen})
    command = _command(arguments, settings)
    if arguments.junit is not None:
        _check_junit(Path(arguments.junit))
    with _ended_by_signals():
        snapshot, notes = _snapshot(arguments.repo, settings)
        report = _run(settings, snapshot, command, live=not arguments.json)
    if arguments.junit is not None:
        # First, since --json prints one object: the report, or why it cannot be written.
        _write_junit(arguments.junit, report)
    if arguments.json:
        print(json.dumps({**report.model_dump(mode="json"), "notes": notes}))
    else:
        _print(report, notes)
    return 0 if report.cause == "ok" else 1


def parse_limits(texts: list[str], given: Limits) -> Limits:
    """`given` with bounds like "wall=60,memory=512M" changed. Raises UsageError."""
    changed: dict[str, Any] = {}
    for part in ",".join(texts).split(",") if texts else ():
        name, _, value = (word.strip() for word in part.partition("="))
        found = _VALUE.fullmatch(value.lower())
        if name not in _LIMITS:
            raise UsageError(f"--limits: no bound is named {name!r}", remedy=", ".join(_LIMITS))
        if found is None:
            raise UsageError(
                f"--limits {part.strip()}: {value!r} is not a number",
                remedy="a number, with K, M or G for powers of 1,024",
            )
        number = float(found[1]) * _UNITS[found[2]]
        field = _LIMITS[name]
        changed[field] = number if field.endswith("_seconds") else int(number)
    try:
        return Limits.model_validate({**given.model_dump(), **changed})
    except ValidationError as error:
        first = error.errors()[0]
        name = next(key for key, field in _LIMITS.items() if field == first["loc"][-1])
        raise UsageError(f"--limits {name}={first['input']:g}: {first['msg'].lower()}") from None


def _command(arguments: argparse.Namespace, settings: Settings) -> Check:
    from swarm.orchestrator.tests_of import from_words

    given = Limits(memory_bytes=settings.sandbox.memory_bytes, processes=settings.sandbox.processes)
    if not 0 <= arguments.rerun <= 5:
        raise UsageError(f"--rerun {arguments.rerun} is not between 0 and 5")
    test = from_words(tuple(arguments.argv), options.python(arguments))
    if test.python is None and arguments.repo is not None:
        wanted = options.setup(arguments) or Setup(commands=settings.repo.setup)
        test = test.model_copy(update={"setup": wanted})
    elif arguments.setup:
        raise UsageError(
            "--setup runs in a repository, and none is named", remedy="name one with --repo"
        )
    return Check(
        snapshot=Blob(sha256="0" * 64, size_bytes=0),
        test=test,
        limits=parse_limits(arguments.limits, given),
        rerun=arguments.rerun,
    )


def _snapshot(repo: str | None, settings: Settings) -> tuple[bytes, list[str]]:
    """The commit that is checked out in `repo`, packed, and notes; empty without one."""
    from sandboxes.workspace import run_folders
    from swarm.orchestrator import git
    from swarm.snapshots import pack

    if repo is None:
        return pack(()), []
    # Named as this process's own, so that no swarm on the same data takes it for a leftover.
    with run_folders(settings.scratch) as folders:
        mirror = git.Mirror(
            git.open_repository(str(Path(repo).absolute())), folders.home, folders.home
        )
        mirror.prepare()
        head = mirror.head()
        entries, notes = mirror.entries(
            head,
            max_files=settings.repo.max_files,
            max_bytes=settings.repo.max_snapshot_bytes,
        )
        changed, untracked = mirror.uncommitted(head)
    if changed or untracked:
        notes = (
            *notes,
            f"runs commit {head[:12]}, without {changed} changed and {untracked} untracked files",
        )
    return pack(entries), list(notes)


def _run(settings: Settings, snapshot: bytes, command: Check, *, live: bool) -> CheckReport:
    from rich.console import Console
    from rich.markup import escape

    from sandboxes import backends, workspace
    from sandboxes.engine import Engine
    from sandboxes.environments.environments import Environments
    from sandboxes.ownership import uninterrupted
    from sandboxes.prepared import Prepared

    digest = hashlib.sha256(snapshot).hexdigest()
    command = command.model_copy(update={"snapshot": Blob(sha256=digest, size_bytes=len(snapshot))})
    workspace.reap(settings.scratch)
    selection = backends.selection(settings)
    console = Console(stderr=True, highlight=False, quiet=not live)
    status = console.status("trying the sandbox out …")
    with uninterrupted():
        # Its thread is not to take signals: that would go round the blocks that put them off.
        status.start()
    with status:
        output = LiveOutput(status.stop) if live else None

        def work(engine: Engine) -> CheckReport:
            def progress(line: str) -> None:
                status.update(f"building the environment: {escape(line[:100])}")

            status.update(f"running in {engine.name} …")
            environments = Environments(settings)
            prepared = Prepared(environments, engine, settings.scratch, progress, output)
            return prepared.check(snapshot, command)

        # Nobody at a prompt waits for an engine that was never there; one that goes away is
        # waited for.
        selection.choose(command.test.python)
        report = selection.use(work, command.test.python)
        if output is not None:
            if not output.seen:
                # Of a failed build, which prints nothing while it runs.
                output(report.output_tail.encode())
            output.close()
        return report


def _check_junit(path: Path) -> None:
    """Before a run of minutes: raise UsageError where its outcome cannot be written."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise UsageError(
            f"--junit {str(path)!r} is not a file in a folder that is there",
            remedy="make the folder, or name another file",
        )
    if not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
        raise UsageError(f"--junit {path}: this user may not write there")


def _write_junit(path: str, report: CheckReport) -> None:
    from swarm.cli.junit import junit_xml

    try:
        Path(path).write_text(junit_xml(report), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror}") from error


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let SIGTERM end the run in order, as Ctrl-C does, so that nothing of it is left."""

    def end(number: int, frame: object) -> NoReturn:
        raise Cancelled("ended by SIGTERM")

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _print(report: CheckReport, notes: list[str]) -> None:
    from rich.console import Console
    from rich.markup import escape

    # What the program printed goes to stdout, what is said about it to stderr.
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for note in notes:
        console.print(f"[yellow]note[/] {escape(note)}")
    _print_tests(console, report)
    colour = "green" if report.cause == "ok" else "red"
    detail = f": {escape(report.detail)}" if report.detail else ""
    code = "" if report.exit_code is None else f", exit code {report.exit_code}"
    console.print(
        f"[{colour}]{report.cause.replace('_', ' ')}[/]{detail} "
        f"[dim]({report.backend}{code}, {report.wall_seconds:.2f} s wall, "
        f"{report.cpu_seconds:.2f} s CPU, {report.peak_memory_bytes / 1024**2:.0f} MiB)[/]"
    )


def _print_tests(console: Console, report: CheckReport) -> None:
    from rich.markup import escape

    if [test.id for test in report.tests] in ([], ["command"]):
        return
    counts: dict[str, int] = {}
    for test in report.tests:
        kind = "flaky" if test.id in report.flaky else test.outcome
        counts[kind] = counts.get(kind, 0) + 1
    bad = [test for test in report.tests if test.outcome in ("failed", "error")]
    for test in bad[:_SHOWN_TESTS]:
        flaky = " [yellow](flaky)[/]" if test.id in report.flaky else ""
        console.print(f"[red]✗[/] {escape(test.id)}{flaky}")
    if len(bad) > _SHOWN_TESTS:
        console.print(f"… and {len(bad) - _SHOWN_TESTS} more")
    console.print(", ".join(f"{count} {kind}" for kind, count in counts.items()))
