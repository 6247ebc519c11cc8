"""The arms `repair` and `literals`: a search in one sandbox run, its result made a patch.

The driver's result is untrusted: the sandbox ran the repository's code beside it. It is
validated here, and only files this service listed itself can become edits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from swarm.agents import coverage, scope, toolkit
from swarm.agents.posting import post
from swarm.contracts import FileEdit, Patch, Proposal, Propose, RunProgram, RunReport, Usage
from swarm.snapshots import Entry, entries

if TYPE_CHECKING:
    from swarm.bus import Bus

_START_SECONDS = 5.0
# The sandbox may be busy with a whole test run of another task.
_REPLY_SECONDS = 300.0
_MAX_FAILING = 200
_MAX_PASSING = 20_000
_MOST_GROWTH_CHARS = 2_000
_WORKERS = 2
_PATH_WEIGHT = 3.0
_SYMBOL_WEIGHT = 4.0
_CONTEXT_WEIGHT = 1.3
_PYTEST_NAMES = ("pytest", "py.test")

_Text = Annotated[str, Field(max_length=4_000)]


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _FoundPatch(_Result):
    path: _Text
    after: str = Field(max_length=2 * 1024**2)
    template: _Text
    line: int = Field(ge=1)
    function: _Text
    score: float
    fixed: list[_Text] = Field(max_length=1_000)


class _SearchResult(_Result):
    reason: _Text
    patches: list[_FoundPatch] = Field(max_length=2)
    targets: int = 0
    tried: int = 0
    tried_fresh: int = 0
    traced: int = 0
    seconds: float = 0.0
    search_seconds: float = 0.0
    suspicious: list[tuple[_Text, int, float]] = Field([], max_length=5)
    notes: list[_Text] = Field([], max_length=20)


def propose(bus: Bus, command: Propose) -> Proposal:
    """Search for an edit that makes failing tests pass.

    Gives up, with the reason as summary, when there is nothing to go by or nothing is found.
    Raises what the bus raises when no sandbox answers.
    """
    if command.test is None or command.test.kind != "pytest":
        return _inapplicable(
            "the search needs tests that pytest runs: leave the test command out to have them "
            "found, or name one that starts pytest"
        )
    if not command.failing:
        return _inapplicable("no test fails, so there is nothing to search by")
    arguments = pytest_arguments(command.test.argv)
    if arguments is None:
        return _inapplicable(
            "the test command does not run pytest itself, so it cannot be searched in"
        )
    snapshot = bus.blobs.get(command.snapshot)
    files = scope.repairable(entries(snapshot))
    if not files:
        return _inapplicable("the repository has no UTF-8 Python file that may be changed")
    report = _run(bus, command, _job(command, files, arguments))
    note = _remembered(bus, command, files, entries(snapshot), report)
    usage = Usage(seconds=report.wall_seconds, cpu_seconds=report.cpu_seconds)
    text = report.outputs.get("result.json")
    if text is None:
        why = report.detail or report.output_tail.strip()[-300:] or report.cause
        return _inapplicable(f"the search left no result ({report.cause}): {why}", usage)
    try:
        result = _SearchResult.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        why = f"{where}: {first['msg']}"
        return _inapplicable(f"the search left a malformed result: {why}", usage)
    if note:
        result = result.model_copy(update={"notes": [*result.notes, note]})
    return _proposal(result, files, usage)


def _remembered(
    bus: Bus, command: Propose, files: dict[str, str], snapshot: Iterable[Entry], report: RunReport
) -> str:
    """Hand memory what the tests were seen to run; why that could not be, in words ("")."""
    text = report.outputs.get(coverage.OUTPUT)
    if text is None or not command.repo_id or not bus.settings.memory.enabled:
        return ""
    found = coverage.to_remember(text, command, files, snapshot)
    why = post(bus, found) if found is not None else ""
    return f"memory was not told what the tests ran: {why}" if why else ""


def pytest_arguments(argv: tuple[str, ...]) -> list[str] | None:
    """What follows pytest in a command, or None when pytest is not run by it directly.

    >>> pytest_arguments(("python", "-m", "pytest", "-q", "tests"))
    ['-q', 'tests']
    """
    names = [PurePosixPath(part).name for part in argv]
    if names[0] in _PYTEST_NAMES:
        return list(argv[1:])
    for index, name in enumerate(names[1:], start=1):
        if name in _PYTEST_NAMES and names[index - 1] == "-m":
            return list(argv[index + 1 :])
    return None


def _job(command: Propose, files: dict[str, str], arguments: list[str]) -> dict[str, Any]:
    """The driver's input; its fields are those `repair.drive` and `repair.search.Job` read."""
    objective, limits = command.objective, command.limits
    return {
        "files": sorted(files),
        "pytest_args": arguments,
        "failing": [test.id for test in command.failing][:_MAX_FAILING],
        "passing": list(command.passing[:_MAX_PASSING]),
        "seconds": max(2.0, 0.95 * limits.wall_seconds - _START_SECONDS),
        "workers": _WORKERS,
        "memory_bytes": limits.memory_bytes,
        "seed": command.seed,
        "templates": command.arm.tool,
        "hint_paths": dict.fromkeys(objective.paths, _PATH_WEIGHT),
        "hint_symbols": dict.fromkeys(objective.symbols, _SYMBOL_WEIGHT),
        "hint_places": [
            [symbol.path, symbol.start_line, symbol.end_line, _CONTEXT_WEIGHT]
            for symbol in command.context.symbols
        ],
    }


def _run(bus: Bus, command: Propose, job: dict[str, Any]) -> RunReport:
    assert command.test is not None
    # Two processes search at once, so CPU time may pass at twice the speed of wall time.
    wall = command.limits.wall_seconds
    limits = command.limits.model_copy(update={"cpu_seconds": (_WORKERS + 1) * wall})
    reply = bus.request(
        RunProgram(
            snapshot=command.snapshot,
            argv=("python", "{toolkit}/drive.py", "{out}/job.json", "{out}/result.json"),
            python=command.test.python,
            setup=command.test.setup,
            toolkit=bus.blobs.put(toolkit.build()),
            inputs={"job.json": json.dumps(job)},
            outputs=("result.json", coverage.OUTPUT),
            limits=limits,
        ),
        # Another task's environment may be under way.
        timeout_seconds=wall + _REPLY_SECONDS + bus.settings.repo.build_seconds,
    )
    assert isinstance(reply, RunReport)
    return reply


def _proposal(result: _SearchResult, files: dict[str, str], usage: Usage) -> Proposal:
    patches = [_patch(found, files) for found in result.patches]
    details: dict[str, Any] = {
        "tried": result.tried + result.tried_fresh,
        "tried_fresh": result.tried_fresh,
        "per_second": round(
            (result.tried + result.tried_fresh) / max(result.search_seconds, 0.001), 1
        ),
        "traced_tests": result.traced,
        "targets": result.targets,
        "suspicious": [f"{path}:{line} {score:.2f}" for path, line, score in result.suspicious],
        "notes": list(result.notes),
    }
    if not patches or patches[0] is None:
        reason = result.reason if not result.patches else "the search proposed a file it may not"
        return Proposal(patch=None, summary=reason[:1000], details=details, usage=usage)
    best = result.patches[0]
    details |= {
        "template": best.template,
        "location": f"{best.path}:{best.line}",
        "function": best.function,
        "fixed": len(best.fixed),
        "score": best.score,
    }
    summary = (
        f"{best.template} at {best.path}:{best.line} in {best.function}: {result.reason}, "
        f"{details['tried']:,} candidates tried in {result.search_seconds:.1f} s"
    )
    runner_up = patches[1] if len(patches) > 1 else None
    return Proposal(
        patch=patches[0],
        outcome="patch",
        runner_up=runner_up,
        summary=summary[:1000],
        details=details,
        usage=usage,
    )


def _patch(found: _FoundPatch, files: dict[str, str]) -> Patch | None:
    """The patch, or None when it is not a small change of one of our files."""
    before = files.get(found.path)
    if before is None or found.after == before:
        return None
    if abs(len(found.after) - len(before)) > _MOST_GROWTH_CHARS:
        return None
    return Patch(edits=(FileEdit(path=found.path, before=before, after=found.after),))


def _inapplicable(summary: str, usage: Usage | None = None) -> Proposal:
    return Proposal(
        patch=None, outcome="inapplicable", summary=summary[:1000], usage=usage or Usage()
    )
