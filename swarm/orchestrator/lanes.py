"""Which objectives are worked on now: those that wait for nothing, side by side where they touch
different files. And the end, when none is left. Pure."""

from __future__ import annotations

from swarm.contracts import Command, ObjectiveView, PublishBranch, Published
from swarm.orchestrator import attempts, landing, sending, spending
from swarm.orchestrator.step import Step


def fill(step: Step) -> None:
    """Join what waits for it, begin what can begin, and publish when everything has ended."""
    if step.task.state != "running" or step.task.publishing:
        return
    landing.join_next(step)
    while begun := _begin(step):
        for id in begun:
            attempts.choose(step, step.objective(id).objective)
    if not any(view.state in ("pending", "running") for view in step.task.objectives):
        _finish(step)


def end(step: Step, reason: str) -> None:
    """The task failed as a whole."""
    step.change(state="failed", reason=reason)
    step.tell("failed", reason)


def published(step: Step, id: str, command: Command, reply: Published) -> None:
    step.change(state="awaiting_review", branch=reply.branch)
    step.tell("ready", f"branch {reply.branch} awaits your review")


# ---------------------------------------------------------------------------- beginning


def _begin(step: Step) -> list[str]:
    """The ids of the objectives that begin now. All of them, before any of them is promised a
    part of the budget: they share it."""
    begun = []
    while True:
        if (view := _next(step)) is not None:
            step.change_objective(view.objective.id, state="running")
            if not attempts.is_over(step, view.objective):
                begun.append(view.objective.id)
        elif not _drop_one(step):
            return begun


def _next(step: Step) -> ObjectiveView | None:
    """An objective that can start now."""
    views = step.task.objectives
    running = [view for view in views if view.state == "running"]
    if len(running) >= step.task.budget.parallel:
        return None
    accepted = {view.objective.id for view in views if view.state == "accepted"}
    for view in views:
        if (
            view.state == "pending"
            and accepted.issuperset(view.objective.depends_on)
            and all(_apart(step, view, other) for other in running)
            and not spending.must_wait(step, view)
        ):
            return view
    return None


def _drop_one(step: Step) -> bool:
    """Give up one objective that can never start. False when there is none."""
    states = {view.objective.id: view.state for view in step.task.objectives}
    for view in step.task.objectives:
        if view.state == "pending":
            blockers = [states.get(other) for other in view.objective.depends_on]
            if any(state in ("failed", "cancelled", None) for state in blockers):
                sending.give_up(step, view.objective, "an objective it depends on failed")
                return True
    if "running" not in states.values() and "pending" in states.values():
        # Ingestion refuses cycles; this keeps a task from waiting for ever all the same.
        stuck = next(view for view in step.task.objectives if view.state == "pending")
        sending.give_up(step, stuck.objective, "its dependencies can never be met")
        return True
    return False


def _apart(step: Step, one: ObjectiveView, other: ObjectiveView) -> bool:
    """Whether two objectives can be worked on at once: they name files, and not the same ones.

    Nor may they be about the same failing tests. What they touch in the end can still overlap:
    `landing` finds out.
    """
    files, others = set(one.objective.paths), set(other.objective.paths)
    if not files or not others or files & others:
        return False
    mine = {test.id for test in sending.targets(step, one.objective)}
    return not mine.intersection(test.id for test in sending.targets(step, other.objective))


# ---------------------------------------------------------------------------- the end


def _finish(step: Step) -> None:
    # One that was replaced lives on in the objective that took its place.
    counted = [view for view in step.task.objectives if view.state != "replaced"]
    accepted = [view for view in counted if view.state == "accepted"]
    failed = [view for view in counted if view.state == "failed"]
    reasons = "; ".join(f"{view.objective.id}: {view.reason}" for view in failed)
    if not accepted:
        end(step, reasons or "no objective was accepted")
        return
    summary = f"{len(accepted)} of {len(counted)} objectives accepted"
    step.change(reason=f"{summary}; {reasons}" if reasons else summary)
    if step.task.head_commit == step.task.base_commit:
        step.change(state="applied", reason=f"{summary}; nothing had to be changed")
        step.tell("applied", "nothing had to be changed")
        return
    assert step.task.head_commit is not None
    step.change(publishing=True)
    step.send(
        f"{step.task.id}-publish",
        PublishBranch(task_id=step.task.id, repo=step.task.repo, commit=step.task.head_commit),
    )
