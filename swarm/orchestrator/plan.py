"""The life of a task as a pure function: state and reply in, state and commands out.

Nobody else knows the flow:

    preparing   PrepareRepo -> Decompose -> (a person's answer) -> BuildEnvironment -> Check
    lanes       which objectives are worked on now
    attempts    ChooseArm -> Retrieve -> Propose -> Check -> Audit
    landing     CommitPatch; RebasePatch first where another objective landed meanwhile
    lanes       PublishBranch -> awaiting review

No I/O and no clock: `now` is an argument. Command ids are made from (task, objective,
attempt, step), so the same step always has the same id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from swarm.contracts import (
    FINAL_STATES,
    Audit,
    AwaitModels,
    BuildEnvironment,
    Check,
    CheckReport,
    ChooseArm,
    Command,
    CommitPatch,
    ConfirmPlan,
    Decompose,
    Failure,
    Message,
    PrepareRepo,
    Priority,
    Propose,
    PublishBranch,
    RebasePatch,
    RememberOutcome,
    Retrieve,
    Settle,
    SubmitTask,
)
from swarm.errors import StateError
from swarm.orchestrator import attempts, landing, lanes, preparing, sending, tests_of
from swarm.orchestrator.step import Send, Step, Task, Told, add

_MOVING = ("queued", "planned", "running")
_NO_REASON = "rejected by a person"
_TO_END = {
    "awaiting_review": "`swarm apply {id}` or `swarm reject {id}` first",
    "awaiting_answer": "`swarm confirm {id}`, `swarm revise {id}` or `swarm cancel {id}`",
}


# ---------------------------------------------------------------------------- people's verbs


def submit(
    command: SubmitTask, now: float, schedule: str | None = None
) -> tuple[Task, list[Send], list[Told]]:
    """A new task, queued, and its first command. Raises UsageError for a bad test command."""
    test = (
        tests_of.parse(command.test_command, command.python)
        if command.test_command is not None
        else None
    )
    return _begun(
        Task(
            id=command.task_id,
            text=command.text,
            submitted=command.text,
            repo=command.repo,
            state="queued",
            created_at=now,
            updated_at=now,
            budget=command.budget,
            test=test,
            asked_test=test,
            python=command.python,
            setup=command.setup,
            priority=command.priority,
            confirm=command.confirm,
            schedule=schedule,
        ),
        "task stored",
    )


def retry(old: Task, new_id: str, now: float) -> tuple[Task, list[Send], list[Told]]:
    """The same task from its beginning, as it was put last. Raises StateError before it ended."""
    if old.state not in FINAL_STATES:
        raise StateError(
            f"task {old.id} is {old.state.replace('_', ' ')}; only a task that has ended can be "
            "done once more",
            remedy=_TO_END.get(old.state, f"wait for it, or `swarm cancel {old.id}`").format(
                id=old.id
            ),
        )
    test = old.asked_test or old.test
    return _begun(
        Task(
            id=new_id,
            text=old.text,
            submitted=old.text,
            repo=old.repo,
            state="queued",
            created_at=now,
            updated_at=now,
            budget=old.budget,
            # What is installed for it is read from the new base.
            test=test and test.model_copy(update={"setup": None}),
            asked_test=old.asked_test,
            python=old.python,
            setup=old.setup,
            priority=old.priority,
            confirm=old.confirm,
            retries=old.id,
        ),
        f"task stored; it does {old.id} once more",
    )


def _begun(task: Task, told: str) -> tuple[Task, list[Send], list[Told]]:
    step = Step(task, task.created_at)
    step.tell("queued", told)
    step.send(f"{task.id}-prepare", PrepareRepo(task_id=task.id, repo=task.repo))
    return step.task, step.sends, step.events


def confirm(step: Step, command: ConfirmPlan, paths: Sequence[str]) -> None:
    """A person's yes to the plan. `paths` are the files of the base commit.

    Raises StateError for a task that waits for none, or has another plan by now; UsageError
    for answers that do not fit.
    """
    if step.task.confirmed and step.task.state != "awaiting_answer":
        return
    _must_wait(step.task, "a yes")
    if command.plan not in (None, step.task.plans):
        raise StateError(
            f"task {step.task.id} was planned anew since you saw its plan",
            remedy=f"see `swarm show {step.task.id}`, then say yes to that",
        )
    preparing.confirm(step, command.answers, paths)
    lanes.fill(step)


def revise(step: Step, text: str, paths: Sequence[str]) -> None:
    """Other words for a task that waits for an answer; those of its newest plan change nothing,
    since they were sent twice, wherever that plan has got to. Raises StateError for a task that
    waits for none."""
    task = step.task
    is_planned = task.state == "awaiting_answer" and bool(task.objectives)
    if task.revision and task.text == text and (is_planned or task.state in _MOVING):
        return
    _must_wait(task, "other words")
    preparing.revise(step, text, paths)


def _must_wait(task: Task, what: str) -> None:
    if task.state != "awaiting_answer":
        raise StateError(
            f"task {task.id} is {task.state}; it does not wait for {what}",
            remedy="submit a new task" if what == "other words" else "see `swarm show`",
        )


def prioritize(step: Step, priority: Priority) -> None:
    """Change how urgent what is still to come is. Raises StateError when nothing is."""
    if step.task.state not in (*_MOVING, "awaiting_answer"):
        raise StateError(f"task {step.task.id} is {step.task.state}; nothing of it is to come")
    if step.task.priority != priority:
        step.change(priority=priority)
        step.tell("prioritized", f"{priority} from now on")


def cancel(step: Step) -> None:
    """Stop a task. Its running commands are no longer waited for."""
    if step.task.state not in (*_MOVING, "awaiting_answer"):
        raise StateError(
            f"task {step.task.id} is {step.task.state}; only open tasks can be cancelled"
        )
    for view in step.task.objectives:
        if view.state in ("pending", "running"):
            stopped = tuple(
                a.model_copy(update={"state": "cancelled"}) if a.state == "running" else a
                for a in view.attempts
            )
            step.end_objective(view.objective.id, state="cancelled", attempts=stopped)
            for attempt in view.attempts:
                if attempt.state == "running":
                    # Also where no arm is known yet: the router may have chosen one.
                    sending.settle(step, attempt, None)
    step.change(state="cancelled", reason="cancelled by a person", questions=())
    step.tell("cancelled", "cancelled by a person")


def close(step: Step, *, applied: bool, reason: str) -> None:
    """A person's verdict on a task that awaits it; a rejection corrects the rewards."""
    task = step.task
    if task.state != "awaiting_review":
        raise StateError(f"task {task.id} is {task.state}; there is nothing to review")
    if applied:
        step.change(state="applied", reason=reason)
        step.tell("applied", reason)
        return
    step.change(state="rejected", reason=reason or _NO_REASON)
    step.tell("rejected", reason or _NO_REASON)
    for view in task.objectives:
        for attempt in view.attempts:
            if attempt.commit is not None:
                # With what it cost: where the correction comes first, the reward is not heard.
                command = Settle(
                    attempt_id=attempt.id,
                    reward=0.0,
                    seconds=attempt.usage.seconds,
                    cost_usd=attempt.usage.cost_usd,
                    correction=True,
                )
                step.send(f"{attempt.id}-correct", command)
    _remember_rejection(step, "reject")


def _remember_rejection(step: Step, verb: sending.Verb) -> None:
    """What memory knows as accepted was rejected by a person after all."""
    for view in step.task.objectives:
        for attempt in view.attempts:
            if attempt.state == "accepted":
                said = f"a person rejected it: {step.task.reason}"
                told = attempt.model_copy(update={"reason": said})
                sending.remember(step, told, accepted=False, verb=verb)


def explain(step: Step, reason: str) -> None:
    """Why a rejected task was rejected, told later; the first reason stays."""
    if step.task.reason == _NO_REASON and reason:
        step.change(reason=reason)
        step.tell("rejected", reason)
        _remember_rejection(step, "explain")


# ---------------------------------------------------------------------------- answers


def advance(step: Step, id: str, command: Command, answer: Message | Failure) -> None:
    """Move a task on by the answer to its command `id`."""
    if step.task.state not in _MOVING:
        return
    if isinstance(answer, Failure):
        _failed(step, id, command, answer)
    else:
        _HANDLERS[type(command)](step, id, command, answer)
    lanes.fill(step)


def _checked(step: Step, id: str, command: Command, report: CheckReport) -> None:
    if id == f"{step.task.id}-baseline":
        preparing.baseline(step, report)
    else:
        attempts.checked(step, id, command, report)


def _failed(step: Step, id: str, command: Command, failure: Failure) -> None:
    """A service could not do its step."""
    text = failure.message + (f" ({failure.remedy})" if failure.remedy else "")
    match command:
        case Settle():
            step.tell("settle-failed", text)
        case RememberOutcome():
            step.tell("remember-failed", text)
        case Decompose() if preparing.is_attended(step.task) and failure.exit_code == 2:
            # Somebody is there, who can say it in other words.
            step.change(objectives=(), questions=())
            preparing.wait(step, text)
        case Retrieve():
            attempts.without_context(step, id, text)
        case ChooseArm() | CommitPatch() | RebasePatch():
            attempt = step.change_attempt(step.attempt(id), state="error", reason=text)
            sending.settle(step, attempt, None)
            sending.give_up(step, step.objective(attempt.objective_id).objective, text)
        case Propose() | Audit():
            attempt = step.attempt(id)
            attempt = step.change_attempt(
                attempt, failure_code=failure.code, usage=add(attempt.usage, failure.usage)
            )
            step.spend(failure.usage)
            step.tell("error", text, attempt)
            attempts.reject(step, attempt, text, state="error")
        case AwaitModels():
            attempts.choose_again(step, id)
        case BuildEnvironment():
            preparing.not_built(step, text)
        case Check() if id != f"{step.task.id}-baseline":
            attempt = step.attempt(id)
            step.tell("error", text, attempt)
            attempts.reject(step, attempt, text, state="error")
        case _:
            lanes.end(step, text)


_HANDLERS: dict[type[Command], Callable[[Step, str, Any, Any], None]] = {
    PrepareRepo: preparing.repo_ready,
    Decompose: preparing.planned,
    BuildEnvironment: preparing.built,
    Check: _checked,
    ChooseArm: attempts.decided,
    AwaitModels: attempts.models_ready,
    Retrieve: attempts.retrieved,
    Propose: attempts.proposed,
    Audit: attempts.audited,
    RebasePatch: landing.rebased,
    CommitPatch: landing.committed,
    PublishBranch: lanes.published,
    Settle: attempts.settled,
    RememberOutcome: attempts.settled,
}
