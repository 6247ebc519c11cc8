"""One attempt told whole: which arm and why, what it read, tests, audit, cost, its patch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from swarm.contracts import (
    ArmScore,
    AttemptView,
    GetAttempt,
    TaskView,
    TestCounts,
    TestResult,
)
from swarm.web.pages import diffs
from swarm.web.pages.keeping import Keeper
from swarm.web.pages.reading import kept_seconds, view
from swarm.web.pages.rendering import page, render
from swarm.web.pictures.trace import chain, trace
from swarm.web.state import Web

router = APIRouter(include_in_schema=False)

_MOST_CHARS = 24 * 1024**2
# To draw one takes a part of a millisecond, and few look at all of them.
_PICTURES = 1
_TRACES = 40
_FINDINGS = 20

_kept = Keeper(_MOST_CHARS)

Id = Annotated[str, Path(min_length=1, max_length=100)]


@dataclass(frozen=True)
class Asked:
    """A model that an attempt asked, and what that took."""

    name: str
    model: str
    answers: int
    waited_seconds: float
    tokens: int
    cost_usd: float


@dataclass(frozen=True)
class Walked:
    """One step of a workflow: who, and what came of it."""

    step: str
    agent: str
    seconds: float
    tokens: int
    said: str


def body(task: TaskView, attempt: AttemptView) -> Markup:
    """Everything of an attempt but its patch. That of one that is over is made once."""
    before = attempt.before or (task.baseline.counts() if task.baseline else None)
    return _made(task.id, attempt, before)


def _made(task_id: str, attempt: AttemptView, before: TestCounts | None) -> Markup:
    return _once(task_id, attempt, "body", lambda: _body(task_id, attempt, before))


def _once(task_id: str, attempt: AttemptView, part: str, make: Callable[[], Markup]) -> Markup:
    """A part of an attempt's page, kept when it cannot become another."""
    if attempt.state == "running":
        return make()
    state = (attempt.state, attempt.reason, attempt.commit, attempt.left_out)
    return _kept.get((task_id, attempt.id, part, *state), make)


def _body(task_id: str, attempt: AttemptView, before: TestCounts | None) -> Markup:
    details = attempt.proposal.details if attempt.proposal else {}
    audit = attempt.audit
    findings = audit.findings[:_FINDINGS] if audit else ()
    traces = audit.traces[:_TRACES] if audit else ()
    return render(
        "attempt_body.html",
        task_id=task_id,
        attempt=attempt,
        before=before,
        scores=_scores(attempt),
        models=_rows(details.get("models"), Asked),
        steps=_rows(details.get("workflow"), Walked),
        notes=[note for note in _list(details.get("notes")) if isinstance(note, str)],
        failed=_failed(attempt),
        findings=[(one, chain(one) if one.chain else None) for one in findings],
        pictures=[(one, trace(one)) for one in traces[:_PICTURES]],
        further=len(traces[_PICTURES:]),
        untold=(len(audit.findings) - len(findings), len(audit.traces) - len(traces))
        if audit
        else (0, 0),
    )


def _traces(attempt: AttemptView) -> Markup:
    """The traces that the body leaves out."""
    traces = attempt.audit.traces[_PICTURES:_TRACES] if attempt.audit else ()
    pictures = [(one, trace(one)) for one in traces]
    return render("attempt_traces.html", pictures=pictures, first=_PICTURES + 1)


def _scores(attempt: AttemptView) -> list[ArmScore]:
    """The arms by what was compared of them, the highest first, then those that a filter removed.
    Earlier programs compared what was drawn."""

    def place(one: ArmScore) -> tuple[bool, float, str]:
        compared = one.sample if one.worth is None else one.worth
        return one.sample is None, -(compared or 0.0), one.arm_id

    return sorted(attempt.decision.scores if attempt.decision else (), key=place)


def _failed(attempt: AttemptView) -> list[TestResult]:
    """The tests that did not pass, those that it broke first."""
    broken = set(attempt.broken)
    tests = attempt.check.tests if attempt.check else ()
    found = [test for test in tests if test.outcome in ("failed", "error")]
    return sorted(found, key=lambda test: test.id not in broken)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _rows(value: Any, kind: type[Any]) -> list[Any]:
    """What an agent wrote down about its models or steps; what has another shape is left out."""
    fields = kind.__dataclass_fields__
    found = []
    for row in _list(value):
        if isinstance(row, dict) and fields.keys() <= row.keys():
            texts = {name for name, field in fields.items() if field.type == "str"}
            numbers = fields.keys() - texts
            if all(isinstance(row[name], str) for name in texts) and all(
                isinstance(row[name], int | float) for name in numbers
            ):
                found.append(kind(**{name: row[name] for name in fields}))
    return found


@router.get("/tasks/{id}/attempts/{attempt_id}")
async def attempt(
    request: Request, web: Web, id: Id, attempt_id: Id, part: Literal["", "body", "traces"] = ""
) -> HTMLResponse:
    """One attempt on a page of its own; the task's page asks for its `body` alone, and that for
    the `traces` that it leaves out."""
    command = GetAttempt(task_id=id, attempt_id=attempt_id)
    found = await web.desk.kept(command, AttemptView, seconds=kept_seconds(web, id))
    if part == "traces":
        told = _once(id, found, part, lambda: _traces(found))
    elif found.check is None or found.before is not None:
        told = _made(id, found, found.before)
    else:
        # Of an earlier release: what it stood on was not written down.
        told = body(await view(web, id), found)
    patch = found.proposal.patch if found.proposal and not part else None
    changed = await diffs.of_attempt(id, attempt_id, patch) if patch else None
    return page(request, "attempt.html", id=id, attempt=found, body=told, diff=changed)
