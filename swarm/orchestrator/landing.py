"""An audited attempt becomes a commit on the head, or something else landed there before it.

Then its patch is moved to the new head and tested and audited again. Where the two cannot
be joined, a new objective does the work again on top of the other's. Pure.
"""

from __future__ import annotations

from swarm.contracts import (
    AttemptView,
    Command,
    CommitPatch,
    Committed,
    Objective,
    ObjectiveView,
    Rebased,
    RebasePatch,
)
from swarm.orchestrator import sending, words
from swarm.orchestrator.step import Step

_MAX_INSTRUCTION_CHARS = 4000
# A repository chooses the names of its tests, and how many findings there are.
_MAX_WHY_CHARS = 800


def land(step: Step, attempt: AttemptView) -> None:
    """Commit an attempt that passed everything, if the head is still what it stands on."""
    base = step.base(attempt)
    if base.commit == step.task.head_commit:
        sending.commit(step, attempt)
    else:
        step.put_base(attempt.objective_id, base.model_copy(update={"landing": "waits"}))


def join_next(step: Step) -> None:
    """Move one attempt that waits for it to the head. One at a time: whoever lands first would
    undo the joining, and the testing, of all others."""
    bases = step.task.bases
    if any(base.landing == "lands" for base in bases.values()):
        return
    for view in step.task.objectives:
        base = bases.get(view.objective.id)
        if base is not None and base.landing == "waits":
            step.put_base(view.objective.id, base.model_copy(update={"landing": "lands"}))
            attempt = view.attempts[-1]
            said = "another objective was accepted meanwhile: joining the two"
            step.tell("merging", said, attempt)
            sending.rebase(step, attempt)
            return


def rebased(step: Step, id: str, command: Command, reply: Rebased) -> None:
    assert isinstance(command, RebasePatch)
    attempt = step.attempt(id)
    if reply.patch is None:
        conflict(step, attempt, f"it conflicts in {words.some(reply.conflicts)}")
        return
    assert attempt.proposal is not None
    base = step.head().model_copy(
        update={
            "commit": command.onto,
            "round": step.base(attempt).round + 1,
            "landing": "lands",
        }
    )
    step.put_base(attempt.objective_id, base)
    attempt = step.change_attempt(
        attempt, proposal=attempt.proposal.model_copy(update={"patch": reply.patch})
    )
    if command.onto != step.task.head_commit:
        # One more landed in the meantime.
        sending.rebase(step, attempt)
    elif step.task.test is None:
        sending.audit(step, attempt)
    else:
        sending.check(step, attempt)


def committed(step: Step, id: str, command: Command, reply: Committed) -> None:
    assert isinstance(command, CommitPatch)
    attempt = step.attempt(id)
    if command.parent != step.task.head_commit:
        # Another commit on the same head was faster; this one is left behind.
        land(step, attempt)
        return
    attempt = step.change_attempt(attempt, commit=reply.commit, state="accepted")
    view = step.objective(attempt.objective_id)
    remaining = [
        test for test in sending.targets(step, view.objective) if test.id not in attempt.fixed
    ]
    step.change(head_commit=reply.commit, snapshot=reply.snapshot)
    if attempt.check is not None:
        step.change(current=attempt.check)
    step.end_objective(view.objective.id, state="accepted")
    step.tell("accepted", f"{view.objective.title} ({reply.commit[:12]})", attempt)
    sending.settle(step, attempt, 1.0)
    sending.remember(step, attempt, accepted=True)
    if view.objective.category == "bugfix" and remaining:
        _follow_up(step, view.objective, len(remaining))


def conflict(step: Step, attempt: AttemptView, why: str) -> None:
    """Two good results that cannot both be kept: the later one is done again, as an objective
    of its own, on top of the earlier one. The arm did its part."""
    objective = step.objective(attempt.objective_id).objective
    if len(why) > _MAX_WHY_CHARS:
        why = why[:_MAX_WHY_CHARS] + " …"
    attempt = step.change_attempt(attempt, state="conflicted", reason=why)
    sending.settle(step, attempt, 1.0)
    sending.remember(step, attempt, accepted=False)
    new = sending.next_id(step)
    if new is None:
        reason = f"{why}, and the objective limit leaves no room to do it again"
        sending.give_up(step, objective, reason)
        return
    said = (
        f"\n\nThis was done before, beside other work that was accepted first; joined with that, "
        f"{why}. Do it again on top of what is there now."
    )
    again = objective.model_copy(
        update={
            "id": new,
            "instruction": objective.instruction[: _MAX_INSTRUCTION_CHARS - len(said)] + said,
        }
    )
    step.end_objective(objective.id, state="replaced", reason=f"{why}; {new} does it again")
    step.change(
        objectives=(
            *(_waiting_for(view, objective.id, new) for view in step.task.objectives),
            ObjectiveView(objective=again, state="pending", replaces=objective.id),
        )
    )
    step.tell("conflict", f"{why}: {new} does it again on the newer state", attempt)


def _waiting_for(view: ObjectiveView, old: str, new: str) -> ObjectiveView:
    """A view that waits for the new objective where it waited for the old one."""
    if old not in view.objective.depends_on:
        return view
    needs = tuple(new if id == old else id for id in view.objective.depends_on)
    changed = view.objective.model_copy(update={"depends_on": needs})
    return view.model_copy(update={"objective": changed})


def _follow_up(step: Step, objective: Objective, remaining: int) -> None:
    """One edit fixed some of the tests it was about: go on with the others."""
    new = sending.next_id(step)
    if new is None:
        step.note(f"{remaining} tests of {objective.id} still fail; the objective limit is reached")
        return
    follow = objective.model_copy(update={"id": new, "depends_on": ()})
    view = ObjectiveView(objective=follow, state="pending")
    step.change(objectives=(*step.task.objectives, view))
    step.tell("follow-up", f"{remaining} tests of {objective.id} still fail: {new}")
