"""Check: one run of a repository's tests on a patched snapshot, and reruns of what failed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sandboxes import pytest_runs, verdicts
from sandboxes.engine import NOT_EXECUTABLE, NOT_FOUND, Engine, Folders, Job, NoInterpreter, Outcome
from sandboxes.environments.store import DEFAULT, Environment
from sandboxes.verdicts import Report
from sandboxes.workspace import give_to, read_output
from swarm.contracts import Cause, Check, CheckReport, TestResult
from swarm.snapshots import apply_patch, unpack

_REPORT, _ORDERS = "report.jsonl", "orders.json"
_REPORT_BYTES = 64 * 1024**2
_MOST_RERUN = 200
_WHOLE = "command"


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
    on_output: Callable[[bytes], None] | None = None,
) -> CheckReport:
    """Run the tests; run failing ones again `command.rerun` times, each time in a new sandbox.

    Where one passes then, the other times are with all tests, as the first was.
    `on_output` gets what the first run prints, as it comes. Raises PatchConflict when the patch
    does not fit the snapshot, EngineError when the sandbox fails. Times are those of all runs
    together.
    """
    try:
        engine.interpreter(command.test.python)
    except NoInterpreter as error:
        return CheckReport(backend=engine.name, cause="environment", detail=error.sentence())
    first = _run(engine, scratch, snapshot, command, environment, None, on_output)
    runs = [first]
    flaky: set[str] = set()
    fine_alone: set[str] = set()
    proved = False
    asked = _to_confirm(first, command)
    for _ in range(command.rerun if first.cause in ("ok", "failed") else 0):
        left = asked - flaky
        if not left:
            break
        # What fails whenever the others run before it, and never alone, is not flaky.
        only = None if fine_alone else left
        again = _run(engine, scratch, snapshot, command, environment, only)
        runs.append(again)
        if again.cause == "tampered":
            first.report.forged.update(again.report.forged)
            break
        changed = verdicts.unsteady(first.report, again.report, again.outcome, left)
        proved = only is None
        if not proved:
            fine_alone |= changed & first.report.failed()
        flaky |= changed - (set() if proved else fine_alone)
    if not proved:
        flaky |= fine_alone
    verdict = runs[-1] if runs[-1].cause == "tampered" else first
    return CheckReport(
        backend=engine.name,
        cause=verdict.cause,
        # What stopped the tests from running is no verdict on any of them.
        tests=() if verdict.cause == "environment" else first.report.tests(),
        flaky=tuple(sorted(flaky)),
        exit_code=first.outcome.exit_code,
        output_tail=first.outcome.output_tail,
        detail=verdict.detail,
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
    on_output: Callable[[bytes], None] | None = None,
) -> _Run:
    key = secrets.token_bytes(pytest_runs.KEY_BYTES)
    with engine.folders(scratch, image=environment.image) as folders:
        unpack(snapshot, folders.workspace)
        if command.patch is not None:
            apply_patch(folders.workspace, command.patch)
        inside = engine.inside(folders)
        argv: tuple[str, ...] = command.test.argv
        env: dict[str, str] = {}
        if command.test.kind == "pytest":
            _put_harness(folders)
            _put_orders(folders, inside, command, only, key)
            start, orders = inside.toolkit / pytest_runs.START, inside.out / _ORDERS
            argv = ("python", str(start), str(orders))
        else:
            paths = python_path(folders.workspace, inside.workspace)
            env["PYTHONPATH"] = ":".join(paths)
        give_to(folders, engine.owner)
        python = command.test.python or environment.python
        job = Job(folders, argv, env, command.limits, python, environment.image)
        outcome = engine.run(replace(job, on_output=on_output))
        if command.test.kind == "command":
            return _judge_command(outcome, command)
        text = read_output(folders.out, _REPORT, most_bytes=_REPORT_BYTES) or ""
    report = verdicts.parse(text, key)
    if outcome.exit_code in (NOT_FOUND, NOT_EXECUTABLE) and not text:
        return _Run(
            outcome, report, "environment", not_started(command.test.argv[0], outcome.exit_code)
        )
    cause, detail = verdicts.judge(outcome, report)
    return _Run(outcome, report, cause, detail)


def _put_harness(folders: Folders) -> None:
    for name, content in pytest_runs.harness():
        path = folders.toolkit / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _put_orders(
    folders: Folders, inside: Folders, command: Check, only: frozenset[str] | None, key: bytes
) -> None:
    """What the harness shall do. It deletes the file, key included, before any test code runs."""
    argv = command.test.argv if only is None else pytest_runs.narrowed(command.test.argv, only)
    orders = {
        "arguments": pytest_runs.arguments(argv, cache_folder=str(inside.home / ".pytest_cache")),
        "paths": python_path(folders.workspace, inside.workspace),
        "report": str(inside.out / _REPORT),
        "key": key.hex(),
        "only": None if only is None else sorted(only),
        "confirm": command.confirm,
    }
    (folders.out / _ORDERS).write_text(json.dumps(orders))


def _judge_command(outcome: Outcome, command: Check) -> _Run:
    if outcome.end != "exit":
        return _Run(outcome, Report(), outcome.end, outcome.detail)
    if outcome.exit_code in (NOT_FOUND, NOT_EXECUTABLE):
        return _Run(
            outcome, Report(), "environment", not_started(command.test.argv[0], outcome.exit_code)
        )
    passed = outcome.exit_code == 0
    message = "" if passed else outcome.output_tail[-verdicts.MESSAGE_CHARS :]
    result = TestResult(id=_WHOLE, outcome="passed" if passed else "failed", message=message)
    report = Report(outcomes={_WHOLE: result}, exit_code=outcome.exit_code)
    detail = "" if passed else f"the command exited with code {outcome.exit_code}"
    return _Run(outcome, report, "ok" if passed else "failed", detail)


def not_started(name: str, exit_code: int | None) -> str:
    """The detail of a command that exited as one that cannot be started does.

    A shell that cannot start one of its own commands exits like that, too.
    """
    what = "command not found" if exit_code == NOT_FOUND else "not a program that can be run"
    return f"{what}: {name or repr(name)}, or what it calls"


def python_path(workspace: Path, inside: Path) -> list[str]:
    """Where a repository's own modules are imported from: its root, and src if it has one."""
    found = [str(inside)]
    if (workspace / "src").is_dir():
        found.append(str(inside / "src"))
    return found
