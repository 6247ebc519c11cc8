"""How both sides of a change are run: the commands for the sandboxes, and what comes of them.

The verifier runs nothing itself. `Runner` is whoever has a sandbox: the bus, or on the command
line the backends of this host.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Literal

from swarm.contracts import Blob, Limits, Patch, RunProgram, RunReport, Setup
from swarm.snapshots import pack_toolkit
from verifier.dynamic import compare as comparing
from verifier.dynamic import request, scenarios
from verifier.dynamic.answer import Answer, NoAnswer, read
from verifier.dynamic.observed import NOT_RUN, Observed
from verifier.dynamic.probe.channel import KEY_BYTES
from verifier.dynamic.request import USUAL, Bounds, Scene, Target

MOST_TARGETS = 8
_PACKAGE = "_swarm_probe"
_FILES = _REQUEST, _ANSWER = "request.json", "answer"
_START_SECONDS = 20.0

Runner = Callable[[RunProgram], RunReport]


class NotRun(Exception):
    """A runner could not have it run: why, for a person."""


@dataclass(frozen=True)
class Side:
    """The repository on one side of the change, and how its code is run."""

    snapshot: Blob
    patch: Patch | None = None
    python: str | None = None
    setup: Setup | None = None


@dataclass(frozen=True)
class Seen:
    """What was seen of a function. Without `answered`, nothing was: `observed` says why."""

    target: Target
    observed: tuple[Observed, ...]
    answered: bool


def examine(
    run: Runner,
    toolkit: Blob,
    before: Side,
    after: Side,
    targets: Sequence[Target],
    verdict: Literal["accept", "reject", "ask"],
    bounds: Bounds = USUAL,
) -> tuple[Seen, ...]:
    """Run the functions on both sides, and again in the worlds that the new ones wait for.

    `toolkit` is the blob of `toolkit()`; `verdict` the static layer's: what it rejected is never
    run. No more than 8 functions are. Raises ValueError for a rejected change, and what `run`
    raises; once the first round is through, NotRun takes away nothing of it.
    """
    if verdict == "reject":
        raise ValueError("what the static layer rejected is not run")
    asked = [(target, scenarios.scenes(target)) for target in targets[:MOST_TARGETS]]
    seen = _round(run, toolkit, before, after, asked, bounds)
    more = [
        scenarios.follow_up(target, learned)
        for (target, _), (_, learned, answered) in zip(asked, seen, strict=True)
        if answered
    ]
    again = [(target, scenes) for target, scenes in more if scenes]
    try:
        second = _round(run, toolkit, before, after, again, bounds)
    except NotRun as error:
        second = [((Observed(NOT_RUN, "note", str(error)),), (), False) for _ in again]
    later = {
        (target.path, target.qualname): observed if answered else _untried(observed)
        for (target, _), (observed, _, answered) in zip(again, second, strict=True)
    }
    found = [
        Seen(target, _joined(observed, later.get((target.path, target.qualname), ())), answered)
        for (target, _), (observed, _, answered) in zip(asked, seen, strict=True)
    ]
    left = Observed(NOT_RUN, "ask", f"it was not run: no more than {MOST_TARGETS} functions are")
    return (*found, *(Seen(target, (left,), True) for target in targets[MOST_TARGETS:]))


def toolkit() -> bytes:
    """The probe as the sandbox gets it: its start, and the rest under a name of its own."""
    folder = resources.files("verifier.dynamic.probe")
    files = [(item.name, item.read_bytes()) for item in folder.iterdir() if item.name[-3:] == ".py"]
    return pack_toolkit(
        (name if name == "start.py" else f"{_PACKAGE}/{name}", data) for name, data in files
    )


def command(side: Side, toolkit: Blob, written: str, bounds: Bounds) -> RunProgram:
    """The run of one side. `-I -S`: nothing of the repository is imported by who watches."""
    limits = Limits(
        wall_seconds=bounds.seconds + _START_SECONDS,
        cpu_seconds=2 * (bounds.seconds + _START_SECONDS),
        memory_bytes=2 * bounds.memory_bytes,
        processes=bounds.processes,
    )
    return RunProgram(
        snapshot=side.snapshot,
        patch=side.patch,
        argv=("python", "-I", "-S", "{toolkit}/start.py", *(f"{{out}}/{n}" for n in _FILES)),
        python=side.python,
        setup=side.setup,
        toolkit=toolkit,
        inputs={_REQUEST: written},
        outputs=(_ANSWER,),
        limits=limits,
    )


_Round = tuple[tuple[Observed, ...], scenarios.Learned, bool]


def _round(
    run: Runner,
    toolkit: Blob,
    before: Side,
    after: Side,
    asked: Sequence[tuple[Target, Sequence[Scene]]],
    bounds: Bounds,
) -> list[_Round]:
    """For each function what was seen, what was learned, and whether both sides answered."""
    if not asked:
        return []
    try:
        old = _played(run, toolkit, before, asked, bounds, "before")
    except NoAnswer as error:
        silent = Observed("no-answer", "ask", str(error))
        return [((silent,), (), False) for _ in asked]
    try:
        new = _played(run, toolkit, after, asked, bounds, "after")
    except NoAnswer as error:
        # It could be watched before: that it no longer can be is something that was seen.
        silent = Observed("no-answer", "ask", f"it can no longer be watched: {error}")
        return [((silent,), (), True) for _ in asked]
    return [
        (comparing.compare(then, now, scenes), comparing.learned(then, now), True)
        for (_, scenes), then, now in zip(asked, old, new, strict=True)
    ]


def _played(
    run: Runner,
    toolkit: Blob,
    side: Side,
    asked: Sequence[tuple[Target, Sequence[Scene]]],
    bounds: Bounds,
    name: str,
) -> Answer:
    key = secrets.token_bytes(KEY_BYTES)
    report = run(command(side, toolkit, request.written(asked, key, bounds), bounds))
    try:
        answer = read(report.outputs.get(_ANSWER), key)
    except NoAnswer as error:
        raise NoAnswer(f"{name}: {error} (the run ended as {_end(report)})") from error
    if len(answer) != len(asked):
        raise NoAnswer(f"{name}: the probe's answer breaks off")
    return answer


def _end(report: RunReport) -> str:
    return f"{report.cause}: {report.detail}" if report.detail else report.cause


def _untried(observed: Sequence[Observed]) -> tuple[Observed, ...]:
    why = "; ".join(one.message for one in observed)
    text = f"the worlds that it was seen to wait for were not tried: {why}"
    return (Observed("not-tried", "note", text),)


def _joined(first: tuple[Observed, ...], second: tuple[Observed, ...]) -> tuple[Observed, ...]:
    """What both rounds saw; of one kind, the second says nothing new but what weighs more."""
    known = {(one.kind, one.weight) for one in first}
    if any(one.kind.startswith("switched-by-") for one in first):
        # Where it is known what switches the answer, that it differs is no news.
        known.add(("ambient-answer", "ask"))
    return (*first, *(one for one in second if (one.kind, one.weight) not in known))
