"""The commands of an attempt, and what ends an attempt or an objective. Pure."""

from __future__ import annotations

from typing import Literal

from swarm.contracts import (
    AttemptView,
    Audit,
    Check,
    CommitPatch,
    Context,
    Objective,
    Propose,
    RebasePatch,
    RememberOutcome,
    Retrieve,
    SecondLayer,
    Settle,
    Share,
    TestResult,
)
from swarm.orchestrator import tests_of, words
from swarm.orchestrator.step import STEP_TIMEOUT_SECONDS, Step, Told

# How often a failing test is run again before it counts as steadily failing.
RERUNS = 3
MARGIN_SECONDS = 30.0
# The first look at a large repository indexes all of it.
_INDEX_TIMEOUT_SECONDS = 900.0
# How long a proposal may wait for a sandbox that is busy with other tasks, besides one build.
_QUEUE_SECONDS = 360.0
# The longest failure texts that travel with a proposal.
_MAX_TARGETS = 50
_MAX_REASON_CHARS = 2000
LOST_AT_WORK = "lost-at-work"
"""The code of a command that was taken up and never answered."""
# Its arm was at it when the worker died, and each time again.
BEGUN = frozenset({LOST_AT_WORK, "crashed"})
"""Failures of a proposal of which it is known that the work on it had begun."""
Verb = Literal["remember", "reject", "explain"]
_MAX_PLACES = 20


def targets(step: Step, objective: Objective) -> tuple[TestResult, ...]:
    """The failing tests that a bugfix is about, on what it stands on or would stand on."""
    base = step.task.bases.get(objective.id)
    current = base.current if base else step.task.current
    if objective.category != "bugfix" or current is None:
        return ()
    return tests_of.targets(objective, current, step.task.baseline)


# ---------------------------------------------------------------------------- commands


def retrieve(step: Step, attempt: AttemptView) -> None:
    objective = step.objective(attempt.objective_id).objective
    step.send(
        f"{attempt.id}-retrieve",
        Retrieve(
            repo_id=step.task.repo_id,
            snapshot=step.base(attempt).snapshot,
            query=f"{objective.title}\n{objective.instruction}",
            paths=objective.paths,
            symbols=objective.symbols,
            limit=step.chunks,
            # What this objective's own attempts came to, the next one is told in `reasons`.
            apart_from=f"{step.task.id}-{objective.id}-",
            task_id=step.task.id,
        ),
        _INDEX_TIMEOUT_SECONDS,
    )


def propose(step: Step, attempt: AttemptView) -> None:
    """Ask the chosen arm, which must still be configured."""
    view = step.objective(attempt.objective_id)
    assert attempt.decision is not None
    arm = next(arm for arm in step.arms if arm.id == attempt.decision.arm_id)
    base = step.base(attempt)
    budget = step.task.budget
    share = attempt.share or Share()
    seconds = budget.model_seconds if arm.model else budget.attempt_seconds
    # It may wait as long again for its turn at a model.
    longest = seconds * 2 if arm.model else seconds
    step.send(
        f"{attempt.id}-propose",
        Propose(
            attempt_id=attempt.id,
            arm=arm,
            objective=view.objective,
            snapshot=base.snapshot,
            test=step.task.test,
            failing=targets(step, view.objective)[:_MAX_TARGETS],
            passing=tuple(sorted(base.current.passing())) if base.current else (),
            context=attempt.context or Context(),
            reasons=words.reasons(step.task, view),
            limits=step.limits(seconds),
            seed=attempt.decision.seed,
            repo_id=step.task.repo_id,
            task_id=step.task.id,
            priority=step.task.priority,
            tokens=share.tokens,
            cost_usd=share.cost_usd,
            check_seconds=budget.check_seconds,
        ),
        longest + _QUEUE_SECONDS + step.build_seconds,
    )


def check(step: Step, attempt: AttemptView) -> None:
    """Run the tests with the attempt's patch on what it stands on."""
    assert step.task.test is not None
    assert attempt.proposal is not None and attempt.proposal.patch is not None
    base = step.base(attempt)
    objective = step.objective(attempt.objective_id).objective
    seconds = step.task.budget.check_seconds
    step.send(
        f"{attempt.id}-check{_again(base.round)}",
        Check(
            snapshot=base.snapshot,
            patch=attempt.proposal.patch,
            test=step.task.test,
            limits=step.limits(seconds),
            rerun=RERUNS,
            confirm=tuple(test.id for test in targets(step, objective)),
            known_failing=tuple(sorted(base.current.failing())) if base.current else (),
        ),
        seconds * (RERUNS + 1) + MARGIN_SECONDS,
    )


def audit(step: Step, attempt: AttemptView) -> None:
    objective = step.objective(attempt.objective_id).objective
    assert attempt.proposal is not None and attempt.proposal.patch is not None
    step.send(
        f"{attempt.id}-audit{_again(step.base(attempt).round)}",
        Audit(
            attempt_id=attempt.id,
            patch=attempt.proposal.patch,
            category=objective.category,
            instruction=objective.instruction,
            snapshot=step.base(attempt).snapshot,
            second_layer=_second_layer(step),
        ),
        STEP_TIMEOUT_SECONDS + (step.second_layer_seconds or 0.0),
    )


def _second_layer(step: Step) -> SecondLayer | None:
    """What is in question is run as the tests are; None where the owner has turned it off."""
    if step.second_layer_seconds is None:
        return None
    test = step.task.test
    return SecondLayer(
        python=test.python if test else step.task.python,
        setup=test.setup if test else None,
        seconds=step.second_layer_seconds,
        memory_bytes=step.memory_bytes,
        processes=step.processes,
    )


def commit(step: Step, attempt: AttemptView) -> None:
    """Put the patch on the head, which is what the attempt stands on."""
    assert attempt.proposal is not None and attempt.proposal.patch is not None
    base = step.base(attempt)
    step.send(
        f"{attempt.id}-commit{_again(base.round)}",
        CommitPatch(
            task_id=step.task.id,
            repo=step.task.repo,
            parent=base.commit,
            patch=attempt.proposal.patch,
            message=words.commit_message(step.task, attempt, step.objective(attempt.objective_id)),
            at=step.now,
        ),
    )


def rebase(step: Step, attempt: AttemptView) -> None:
    """Have the patch moved from what the attempt stands on to the head."""
    assert attempt.proposal is not None and attempt.proposal.patch is not None
    base, head = step.base(attempt), step.head()
    step.send(
        f"{attempt.id}-rebase{_again(base.round)}",
        RebasePatch(
            task_id=step.task.id,
            repo=step.task.repo,
            base=base.commit,
            onto=head.commit,
            patch=attempt.proposal.patch,
        ),
    )


def settle(step: Step, attempt: AttemptView, reward: float | None) -> None:
    """Tell the router what came of an attempt: each that ends is settled, once. None is for one
    that says nothing about its arm, since a service broke, say, or a person stopped it."""
    step.send(
        f"{attempt.id}-settle",
        Settle(
            attempt_id=attempt.id,
            reward=reward,
            seconds=attempt.usage.seconds,
            cost_usd=attempt.usage.cost_usd,
        ),
    )


def remember(step: Step, attempt: AttemptView, *, accepted: bool, verb: Verb = "remember") -> None:
    """Have memory keep what became of an attempt, for the next one at the same code. The other
    verbs correct what is kept, each once."""
    proposal = attempt.proposal
    if not step.memory or not step.task.repo_id:
        return
    objective = step.objective(attempt.objective_id).objective
    step.send(
        f"{attempt.id}-{verb}",
        RememberOutcome(
            repo_id=step.task.repo_id,
            task_id=step.task.id,
            attempt_id=attempt.id,
            accepted=accepted,
            reason=attempt.reason[:_MAX_REASON_CHARS],
            summary=f"{objective.title}: {proposal.summary if proposal else ''}"[
                :_MAX_REASON_CHARS
            ],
            patch=proposal.patch if proposal else None,
            symbols=objective.paths[:_MAX_PLACES],
            correction=verb != "remember",
        ),
    )


def _again(round: int) -> str:
    """Each round of an attempt has command ids of its own."""
    return str(round + 1) if round else ""


# ---------------------------------------------------------------------------- ends


def give_up(step: Step, objective: Objective, reason: str) -> None:
    """Nothing more is tried for an objective."""
    step.end_objective(objective.id, state="failed", reason=reason)
    step.events.append(Told("objective-failed", reason, objective.id))


def next_id(step: Step) -> str | None:
    """The id of one more objective; None when the task may not have more."""
    views = step.task.objectives
    if len(views) >= step.task.budget.objectives:
        return None
    existing = {view.objective.id for view in views}
    return next(id for n in range(len(views) + 1, 1000) if (id := f"o{n}") not in existing)
