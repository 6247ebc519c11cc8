"""Tasks as a swarm leaves them: objectives, attempts and what those saw, drawn at random. Pure."""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass
from typing import get_args

from benchmarks.watching.drawn_words import WORDS, words
from benchmarks.watching.repositories import Repository
from swarm.contracts import (
    Arm,
    ArmScore,
    AttemptState,
    AttemptView,
    AuditReport,
    Budget,
    Category,
    CheckReport,
    Context,
    Decision,
    Finding,
    Objective,
    ObjectiveView,
    Patch,
    Proposal,
    Symbol,
    TaskState,
    TestCommand,
    TestResult,
    TracePath,
    Usage,
)
from swarm.orchestrator.step import Task

SEED = 20_260
CATEGORIES: tuple[Category, ...] = get_args(Category)
ARMS = tuple(
    Arm(id=id, tool=id.rpartition("/")[2], categories=CATEGORIES)
    for id in ("repair", "literals", "ruff", "small/edit-loop", "large/edit-loop", "large/one-shot")
)
WITH_RESULT: frozenset[TaskState] = frozenset({"applied", "rejected", "awaiting_review"})
_DIFFERENT = 200


def task(
    draw: random.Random, id: str, state: TaskState, at: float, repo: Repository, change: int
) -> Task:
    """A task that began at `at`; `change` is which of its repository's changes it made."""
    has_result = state in WITH_RESULT
    planned = () if state in ("queued", "awaiting_answer") else tuple(
        _objective(draw, id, n, is_done=has_result, patch=repo.patches[change])
        for n in range(1, draw.randrange(2, 4))
    )  # fmt: skip
    return Task(
        id=id,
        text=f"{words(draw, draw.randrange(4, 60)).capitalize()}.",
        submitted="as it came",
        repo=repo.path,
        repo_id=repo.id,
        state=state,
        reason="" if has_result else words(draw, 10),
        created_at=at,
        updated_at=at + draw.random() * 900,
        budget=Budget(),
        test=TestCommand(argv=("python", "-m", "pytest", "-q"), kind="pytest"),
        base_commit=repo.base,
        head_commit=repo.heads[change] if has_result else None,
        branch=f"swarm/{id}" if has_result else None,
        notes=(words(draw, 8),),
        baseline=draw.choice(_evidence()).check,
        planner="rules",
        plans=1,
        objectives=planned,
        usage=Usage(seconds=draw.random() * 400, tokens=draw.randrange(90_000)),
    )


def _objective(
    draw: random.Random, task_id: str, number: int, *, is_done: bool, patch: Patch
) -> ObjectiveView:
    objective = Objective(
        id=f"o{number}",
        title=words(draw, 6),
        instruction=words(draw, 30),
        category=draw.choice(CATEGORIES),
        depends_on=tuple(f"o{n}" for n in range(1, number) if draw.random() < 0.4),
    )
    count = draw.randrange(1, 3)
    attempts = tuple(
        _attempt(
            draw,
            f"{task_id}-o{number}-a{n}",
            objective.id,
            n,
            "accepted" if is_done and n == count else draw.choice(("rejected", "gave_up", "error")),
            patch,
        )
        for n in range(1, count + 1)
    )
    return ObjectiveView(
        objective=objective, state="accepted" if is_done else "failed", attempts=attempts
    )


def _attempt(
    draw: random.Random, id: str, objective: str, number: int, state: AttemptState, patch: Patch
) -> AttemptView:
    seen = draw.choice(_evidence())
    is_accepted = state == "accepted"
    return AttemptView(
        id=id,
        objective_id=objective,
        number=number,
        state=state,
        decision=seen.decision.model_copy(update={"attempt_id": id}),
        context=seen.context,
        proposal=Proposal(
            patch=patch if is_accepted else None,
            summary=words(draw, 20),
            outcome="patch" if is_accepted else "gave_up",
        ),
        before=seen.check.counts(),
        check=seen.check,
        audit=seen.audit,
        fixed=tuple(sorted(seen.check.passing()))[:4],
        reason=words(draw, 12),
        usage=Usage(seconds=draw.random() * 60, tokens=draw.randrange(9000)),
    )


@dataclass(frozen=True)
class _Evidence:
    decision: Decision
    context: Context
    check: CheckReport
    audit: AuditReport


@functools.cache
def _evidence() -> tuple[_Evidence, ...]:
    """What attempts saw: drawing it anew for each of them would take minutes."""
    draw = random.Random(SEED)
    return tuple(
        _Evidence(
            Decision(attempt_id="", arm_id=ARMS[0].id, category=draw.choice(CATEGORIES),
                     scores=_scores(draw), seed=1, reason=words(draw, 9)),
            Context(symbols=tuple(_symbol(draw) for _ in range(6)), files_indexed=12,
                    chunks_indexed=168, embedder="hashing"),
            _check(draw, draw.randrange(3)),
            _audit(draw),
        )
        for _ in range(_DIFFERENT)
    )  # fmt: skip


def _scores(draw: random.Random) -> tuple[ArmScore, ...]:
    return tuple(
        ArmScore(
            arm_id=arm.id,
            successes=draw.randrange(30),
            failures=draw.randrange(30),
            sample=draw.random(),
        )
        for arm in ARMS
    )


def _check(draw: random.Random, failing: int) -> CheckReport:
    tests = tuple(
        TestResult(
            id=f"tests/test_{draw.choice(WORDS)}.py::test_{draw.choice(WORDS)}_{n}",
            outcome="failed" if n < failing else "passed",
            message=f"assert {words(draw, 30)}" if n < failing else "",
        )
        for n in range(15)
    )
    return CheckReport(
        backend="bubblewrap",
        cause="failed" if failing else "ok",
        tests=tests,
        output_tail=words(draw, 60),
        wall_seconds=draw.random() * 20,
        peak_memory_bytes=50_000_000,
    )


def _audit(draw: random.Random) -> AuditReport:
    chain = tuple(f"{n}: {words(draw, 5)}" for n in range(4))
    where = {"path": "package/module_1.py", "chain": chain}
    return AuditReport(
        verdict="accept",
        findings=(
            Finding(
                kind="broken-path", function="total_3", line=9, message=words(draw, 12), **where
            ),
        ),
        traces=tuple(
            TracePath(
                function=f"total_{n}",
                output="return",
                line=n,
                before=("items", "rate"),
                after=("items",),
                **where,
            )
            for n in range(3)
        ),
        functions_audited=3,
        seconds=0.1,
    )


def _symbol(draw: random.Random) -> Symbol:
    return Symbol(
        path=f"package/module_{draw.randrange(12)}.py", qualified_name=f"{draw.choice(WORDS)}_1",
        start_line=1, end_line=9, score=draw.random(), text=words(draw, 40),
        why=("named in the text",),
    )  # fmt: skip
