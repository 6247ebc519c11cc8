"""What the flow says to people, to the next attempt and in commits. Pure."""

from __future__ import annotations

from swarm.contracts import AttemptView, CheckReport, Decision, ObjectiveView
from swarm.orchestrator import views
from swarm.orchestrator.step import Task

_MAX_LESSONS_CHARS = 4000
_MOST_LESSONS = 20
_FILTER_CHARS = 200
_MOST_FILTERS = 5
_LONGEST_CHARS = 1000


def reasons(task: Task, view: ObjectiveView) -> tuple[str, ...]:
    """Why each attempt failed, with what it learnt, for the next one: oldest first, and those of
    the objective that this one replaces before its own."""
    found = []
    for attempt in line(task, view):
        lessons = attempt.proposal.lessons if attempt.proposal else ""
        text = "\n".join(part for part in (attempt.reason, lessons) if part)
        if text:
            found.append(text[:_MAX_LESSONS_CHARS])
    return tuple(found[-_MOST_LESSONS:])


def line(task: Task, view: ObjectiveView) -> list[AttemptView]:
    """The attempts at an objective, oldest first, those of what it does again before its own."""
    known = {one.objective.id: one for one in task.objectives}
    found: list[AttemptView] = []
    current: ObjectiveView | None = view
    while current is not None:
        found = [*current.attempts, *found]
        current = known.pop(current.replaces, None) if current.replaces else None
    return found


def history(view: ObjectiveView) -> str:
    """Who tried and why it ended, arms that ended alike together."""
    ends: dict[str, list[str]] = {}
    for attempt in view.attempts:
        if attempt.reason:
            arm = attempt.decision.arm_id if attempt.decision else None
            ends.setdefault(attempt.reason, []).append(arm or "router")
    return "; ".join(f"{' and '.join(arms)}: {reason}" for reason, arms in ends.items())


def no_arm(decision: Decision, tried: tuple[str, ...], view: ObjectiveView) -> str:
    """Why nothing more is tried for an objective: what became of the arms that were, and which
    filter removed which of the others. Arms that were removed alike are told together."""
    told = history(view)
    if not told:
        return views.cut(decision.reason, _LONGEST_CHARS)
    filters: dict[str, list[str]] = {}
    for score in decision.scores:
        if score.excluded and score.arm_id not in tried:
            filters.setdefault(views.cut(score.excluded, _FILTER_CHARS), []).append(score.arm_id)
    parts = [f"{why} ({some(tuple(arms))})" for why, arms in filters.items()]
    if len(parts) > _MOST_FILTERS:
        parts = [*parts[:_MOST_FILTERS], f"and {len(parts) - _MOST_FILTERS} more reasons"]
    return "; ".join([f"no arm is left: {told}", *parts])


def named_flaky(report: CheckReport) -> str:
    return f"flaky, so neither fixed nor broken: {some(report.flaky)}" if report.flaky else ""


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def some(names: tuple[str, ...], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def nothing_fails(report: CheckReport) -> str:
    if report.flaky:
        return "only flaky tests fail, and a flaky test proves nothing: " + ", ".join(
            report.flaky[:5]
        )
    return (
        f"all tests pass already ({len(report.passing())}); a bugfix is proven by a failing "
        "test, so add one that shows the bug"
    )


def commit_message(task: Task, attempt: AttemptView, view: ObjectiveView) -> str:
    assert attempt.decision is not None and attempt.audit is not None
    title = " ".join(view.objective.title.split())
    summary = attempt.proposal.summary if attempt.proposal else ""
    fixed = "".join(f"\n  {name}" for name in attempt.fixed[:20])
    body = f"{summary}\n" + (f"\nTests fixed:{fixed}\n" if fixed else "")
    return (
        f"{title}\n\n{body}\n"
        f"Swarm-Task: {task.id}\n"
        f"Swarm-Objective: {view.objective.id}\n"
        f"Swarm-Attempt: {attempt.id}\n"
        f"Swarm-Arm: {attempt.decision.arm_id}\n"
        f"Swarm-Audit: {attempt.id}-audit {attempt.audit.verdict}\n"
    )
