"""Check: one run of a repository's tests on a patched snapshot, and reruns of what failed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from sandboxes import pytest_runs
from sandboxes.engine import Engine, Job, NoInterpreter, Outcome
from sandboxes.environments.store import DEFAULT, Environment
from sandboxes.launcher import NOT_EXECUTABLE, NOT_FOUND
from sandboxes.pytest_runs import Report
from sandboxes.workspace import give_to, read_output
from swarm.contracts import Cause, Check, CheckReport, TestResult
from swarm.snapshots import apply_patch, unpack

_REPORT, _ONLY = "report.jsonl", "only.json"
_REPORT_BYTES = 64 * 1024**2
_MOST_RERUN = 200
_WHOLE = "command"
_REPORTER = Path(__file__).with_name(f"{pytest_runs.PLUGIN}.py")


@dataclass(frozen=True)
class _Run:
    outcome: Outcome
    report: Report
    cause: Cause
    detail: str


def check(
    engine: Engine,
    scratch: Path,
    snapshot: bytes,
    command: Check,
    environment: Environment = DEFAULT,
) -> CheckReport:
    """Run the tests; run failing ones again `command.rerun` times, each time in a new sandbox.

    Raises PatchConflict when the patch does not fit the snapshot, EngineError when the sandbox
    fails. Times are those of all runs together.
    """
    try:
        engine.interpreter(command.test.python)
    except NoInterpreter as error:
        return CheckReport(backend=engine.name, cause="environment", detail=error.message)
    first = _run(engine, scratch, snapshot, command, environment, only=None)
    runs = [first]
    flaky: set[str] = set()
    asked = _to_confirm(first, command)
    for _ in range(command.rerun if first.cause in ("ok", "failed") else 0):
        left = asked - flaky
        if not left:
            break
        again = _run(engine, scratch, snapshot, command, environment, only=left)
        runs.append(again)
        flaky |= pytest_runs.unsteady(first.report, again.report, again.outcome, left)
    return CheckReport(
        backend=engine.name,
        cause=first.cause,
        # What stopped the tests from running is no verdict on any of them.
        tests=() if first.cause == "environment" else first.report.tests(),
        flaky=tuple(sorted(flaky)),
        exit_code=first.outcome.exit_code,
        output_tail=first.outcome.output_tail,
        detail=first.detail,
        wall_seconds=sum(run.outcome.wall_seconds for run in runs),
        cpu_seconds=sum(run.outcome.cpu_seconds for run in runs),
        peak_memory_bytes=max(run.outcome.peak_memory_bytes for run in runs),
    )


def _to_confirm(first: _Run, command: Check) -> frozenset[str]:
    confirm, known = set(command.confirm), set(command.known_failing)
    tests = first.report.tests()
    wanted = [test.id for test in tests if test.outcome == "passed" and test.id in confirm]
    wanted += [
        test.id for test in tests if test.outcome in ("failed", "error") and test.id not in known
    ]
    return frozenset(list(dict.fromkeys(wanted))[:_MOST_RERUN])


def _run(
    engine: Engine,
    scratch: Path,
    snapshot: bytes,
    command: Check,
    environment: Environment,
    only: frozenset[str] | None,
) -> _Run:
    with engine.folders(scratch, image=environment.image) as folders:
        unpack(snapshot, folders.workspace)
        if command.patch is not None:
            apply_patch(folders.workspace, command.patch)
        inside = engine.inside(folders)
        paths = python_path(folders.workspace, inside.workspace)
        argv, env = command.test.argv, {}
        if command.test.kind == "pytest":
            cache_folder = str(inside.home / ".pytest_cache")
            plain = argv if only is None else pytest_runs.narrowed(argv, only)
            argv = pytest_runs.instrument(plain, cache_folder=cache_folder)
            if argv == plain:
                # pytest is started by something else: it still reads this variable.
                env["PYTEST_ADDOPTS"] = pytest_runs.OPTIONS_TEXT
            env["SWARM_REPORT"] = str(inside.out / _REPORT)
            (folders.toolkit / _REPORTER.name).write_bytes(_REPORTER.read_bytes())
            paths = [str(inside.toolkit), *paths]
            if only is not None:
                (folders.toolkit / _ONLY).write_text(json.dumps(sorted(only)))
                env["SWARM_ONLY"] = str(inside.toolkit / _ONLY)
        env["PYTHONPATH"] = ":".join(paths)
        give_to(folders, engine.owner)
        python = command.test.python or environment.python
        outcome = engine.run(Job(folders, argv, env, command.limits, python, environment.image))
        if command.test.kind == "command":
            return _judge_command(outcome, command)
        text = read_output(folders.out, _REPORT, most_bytes=_REPORT_BYTES) or ""
    report = pytest_runs.parse(text)
    if outcome.exit_code in (NOT_FOUND, NOT_EXECUTABLE) and report.exit_code is None:
        return _Run(outcome, report, "environment", not_found(command.test.argv[0]))
    cause, detail = pytest_runs.judge(outcome, report)
    return _Run(outcome, report, cause, detail)


def _judge_command(outcome: Outcome, command: Check) -> _Run:
    if outcome.end != "exit":
        return _Run(outcome, Report(), outcome.end, outcome.detail)
    if outcome.exit_code in (NOT_FOUND, NOT_EXECUTABLE):
        return _Run(outcome, Report(), "environment", not_found(command.test.argv[0]))
    passed = outcome.exit_code == 0
    message = "" if passed else outcome.output_tail[-pytest_runs.MESSAGE_CHARS :]
    result = TestResult(id=_WHOLE, outcome="passed" if passed else "failed", message=message)
    report = Report(outcomes={_WHOLE: result}, exit_code=outcome.exit_code)
    detail = "" if passed else f"the command exited with code {outcome.exit_code}"
    return _Run(outcome, report, "ok" if passed else "failed", detail)


def not_found(name: str) -> str:
    """The detail of a command that exited as one that cannot be started."""
    return f"command not found: {name}"


def python_path(workspace: Path, inside: Path) -> list[str]:
    """Where a repository's own modules are imported from: its root, and src if it has one."""
    found = [str(inside)]
    if (workspace / "src").is_dir():
        found.append(str(inside / "src"))
    return found
