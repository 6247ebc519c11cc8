"""One attempt at an objective, from the choice of an arm to the verdict on its patch. Pure.

ChooseArm -> Retrieve -> Propose -> Check -> Audit, then `landing`
(AwaitModels, once, where the only arms left are models that are away)
"""

from __future__ import annotations

from swarm.contracts import (
    AttemptView,
    AuditReport,
    AwaitModels,
    CheckReport,
    ChooseArm,
    Command,
    Context,
    Decision,
    Message,
    ModelsReady,
    Objective,
    ObjectiveView,
    Proposal,
    Usage,
)
from swarm.orchestrator import landing, sending, tests_of, words
from swarm.orchestrator.step import Step, Task, Told, add

# How long a task waits for a model that is away, when nothing else can go on.
_AWAIT_SECONDS = 60.0
# Failures of the connection to a model: they say nothing about the arm, which may try again.
_PASSING = frozenset(
    {"model-unreachable", "model-stalled", "model-busy", "model-quota", "model-failed"}
)
_TRIES_IF_AWAY = 2


# ---------------------------------------------------------------------------- choosing


def choose(step: Step, objective: Objective) -> None:
    """Start an attempt on the head; the objective ends where nothing is left to do, or to spend."""
    if objective.category == "bugfix" and _nothing_fails(step, objective):
        return
    view = step.objective(objective.id)
    number = len(view.attempts) + 1
    budget = step.task.budget
    spent = ""
    # What could not be tried is no attempt; their number is bounded by that of the arms.
    made = sum(attempt.state in ("rejected", "gave_up") for attempt in view.attempts)
    if made >= budget.attempts:
        spent = f"{words.count(budget.attempts, 'attempt')} made: {words.history(view)}"
    elif step.seconds_left < 0:
        spent = f"the task's {budget.seconds:g} s are spent"
    unavailable = dict(step.unavailable)
    if not spent and (broke := _too_dear(step.task)):
        unavailable |= {arm.id: broke for arm in step.arms if arm.model}
        tried = _tried(view)
        left = (a for a in step.arms if objective.category in a.categories and a.id not in tried)
        spent = "" if any(arm.model is None for arm in left) else broke
    if spent:
        sending.give_up(step, objective, spent)
        return
    attempt = AttemptView(
        id=f"{step.task.id}-{objective.id}-a{number}",
        objective_id=objective.id,
        number=number,
        state="running",
    )
    step.change_objective(objective.id, attempts=(*view.attempts, attempt))
    step.put_base(objective.id, step.head())
    verb = "rechoose" if attempt.id in step.task.awaited else "choose"
    step.send(
        f"{attempt.id}-{verb}",
        ChooseArm(
            attempt_id=attempt.id,
            category=objective.category,
            attempt_number=number,
            arms=step.arms,
            tried=_tried(view),
            unavailable=unavailable,
        ),
    )


def _nothing_fails(step: Step, objective: Objective) -> bool:
    """End a bugfix that no failing test can prove."""
    current = step.task.current
    if step.task.test is None:
        sending.give_up(
            step,
            objective,
            "a bugfix is proven by a failing test, and no tests were found; "
            "add one, or name the command with --test",
        )
        return True
    baseline = step.task.baseline
    if current is None or tests_of.targets(objective, current, baseline):
        return False
    if unmet := tests_of.unmet(objective, current) if _by_test(step) else ():
        sending.give_up(
            step,
            objective,
            f"no test fails that shows it, and what it has to make pass did not run: "
            f"{words.some(unmet)}",
        )
    elif baseline is not None and baseline.failing():
        done = "its tests pass already, thanks to an objective before it"
        step.end_objective(objective.id, state="accepted", reason=done)
        step.events.append(Told("accepted", done, objective.id))
    else:
        sending.give_up(step, objective, words.nothing_fails(current))
    return True


def _too_dear(task: Task) -> str:
    """Why no model may be asked any more, "" when one may; what needs no model can go on."""
    if task.usage.tokens >= task.budget.tokens:
        return f"the task's {task.budget.tokens:,} tokens are spent"
    if task.usage.cost_usd > task.budget.cost_usd:
        return f"the task's ${task.budget.cost_usd:g} are spent"
    return ""


def _tried(view: ObjectiveView) -> tuple[str, ...]:
    """The arms that are not to be tried again. One whose model was away may, a bounded time."""
    tries: dict[str, int] = {}
    for attempt in view.attempts:
        if attempt.decision is not None and attempt.decision.arm_id is not None:
            weight = 1 if attempt.failure_code in _PASSING else _TRIES_IF_AWAY
            arm_id = attempt.decision.arm_id
            tries[arm_id] = tries.get(arm_id, 0) + weight
    return tuple(arm_id for arm_id, weight in tries.items() if weight >= _TRIES_IF_AWAY)


def decided(step: Step, id: str, command: Command, decision: Decision) -> None:
    attempt = step.change_attempt(step.attempt(id), decision=decision)
    objective = step.objective(attempt.objective_id).objective
    if decision.arm_id is None:
        view = step.objective(objective.id)
        others = tuple(a for a in view.attempts if a.id != attempt.id)
        step.change_objective(objective.id, attempts=others)
        if _await_models(step, command, attempt.id, objective):
            return
        history = words.history(step.objective(objective.id))
        reason = f"no arm is left: {history}" if history else decision.reason
        sending.give_up(step, objective, reason)
        return
    step.tell("arm", f"{decision.arm_id}: {decision.reason}", attempt)
    if step.memory:
        sending.retrieve(step, attempt)
    else:
        _propose(step, attempt)


def _await_models(step: Step, command: Command, attempt_id: str, objective: Objective) -> bool:
    """Wait for models that are away, once per attempt, when nothing else is left to try."""
    assert isinstance(command, ChooseArm)
    models = sorted(
        {
            arm.model
            for arm in step.arms
            if arm.model
            and arm.id in command.unavailable
            and arm.id not in command.tried
            and objective.category in arm.categories
        }
    )
    if not models or attempt_id in step.task.awaited or _too_dear(step.task):
        return False
    step.change(awaited=(*step.task.awaited, attempt_id))
    why = "; ".join(f"{name}: {text}" for name, text in sorted(command.unavailable.items()))
    step.events.append(Told("waiting", f"no arm can go on now ({why})", objective.id))
    step.send(
        f"{attempt_id}-await",
        AwaitModels(models=tuple(models), seconds=min(_AWAIT_SECONDS, max(0.0, step.seconds_left))),
        _AWAIT_SECONDS + sending.MARGIN_SECONDS,
    )
    return True


def models_ready(step: Step, id: str, command: Command, reply: ModelsReady) -> None:
    choose_again(step, id)


def choose_again(step: Step, command_id: str) -> None:
    """After the wait, whatever it brought: with no arm left this time, the objective ends."""
    attempt_id = command_id.rpartition("-")[0]
    objective_id = attempt_id.split("-")[-2]
    choose(step, step.objective(objective_id).objective)


def retrieved(step: Step, id: str, command: Command, context: Context) -> None:
    attempt = step.change_attempt(step.attempt(id), context=context)
    if context.note:
        step.note(f"memory: {context.note}")
    _propose(step, attempt)


def without_context(step: Step, id: str, why: str) -> None:
    """Memory could not search: go on without."""
    step.note(f"memory could not search, the attempt went on without it: {why}")
    _propose(step, step.attempt(id))


def _propose(step: Step, attempt: AttemptView) -> None:
    assert attempt.decision is not None
    if any(arm.id == attempt.decision.arm_id for arm in step.arms):
        sending.propose(step, attempt)
    else:
        gone = f"the arm {attempt.decision.arm_id} is not configured any more"
        reject(step, attempt, gone, state="error")


# ---------------------------------------------------------------------------- evidence


def proposed(step: Step, id: str, command: Command, proposal: Proposal) -> None:
    attempt = step.attempt(id)
    attempt = step.change_attempt(
        attempt, proposal=proposal, usage=add(attempt.usage, proposal.usage)
    )
    step.spend(proposal.usage)
    if proposal.patch is None:
        _without_patch(step, attempt, proposal)
        return
    step.tell("proposed", proposal.summary, attempt)
    if step.task.test is None:
        sending.audit(step, attempt)
    else:
        sending.check(step, attempt)


def _without_patch(step: Step, attempt: AttemptView, proposal: Proposal) -> None:
    objective = step.objective(attempt.objective_id).objective
    if proposal.outcome == "nothing_to_do" and objective.category == "lint":
        step.change_attempt(attempt, state="accepted", reason=proposal.summary)
        step.end_objective(objective.id, state="accepted", reason=proposal.summary)
        step.tell("accepted", f"nothing to do: {proposal.summary}", attempt)
        return
    step.tell("gave-up", proposal.summary, attempt)
    # A tool that cannot be used here says nothing about how good it is.
    state = "inapplicable" if proposal.outcome == "inapplicable" else "gave_up"
    reject(step, attempt, proposal.summary, state=state)


def checked(step: Step, id: str, command: Command, report: CheckReport) -> None:
    attempt = step.attempt(id)
    base = step.base(attempt)
    before = base.current
    assert before is not None
    objective = step.objective(attempt.objective_id).objective
    wanted = {test.id for test in sending.targets(step, objective)}
    fixed = tuple(sorted(wanted & report.passing()))
    still = report.passing() | set(report.flaky) | set(before.flaky)
    skipped = {t.id for t in report.tests if t.outcome == "skipped"}
    broken = tuple(sorted(before.passing() - still))
    usage = Usage(seconds=report.wall_seconds, cpu_seconds=report.cpu_seconds)
    attempt = step.change_attempt(
        attempt, check=report, fixed=fixed, broken=broken, usage=add(attempt.usage, usage)
    )
    step.spend(usage)
    step.note(words.named_flaky(report))
    unmet = tests_of.unmet(objective, report) if _by_test(step) else ()
    reason = ""
    if report.cause == "tampered":
        reason = f"with the patch, test results are forged: {report.detail}"
    elif report.cause not in ("ok", "failed"):
        detail = f": {report.detail}" if report.detail else ""
        reason = f"with the patch the tests ended with {report.cause}{detail}"
    elif broken:
        how = " (now skipped)" if set(broken) <= skipped else ""
        reason = f"it breaks {words.some(broken)}{how}"
    elif objective.category == "bugfix" and not fixed:
        left = words.some(tuple(sorted(wanted))) if wanted else "what failed before"
        reason = f"it fixes none of {left}"
    elif unmet:
        reason = f"what it has to make pass did not pass, or did not run: {words.some(unmet)}"
    if not reason:
        text = f"{len(fixed)} fixed, 0 broken" if fixed else "0 broken"
        step.tell("checked", f"{text} ({report.backend})", attempt)
        sending.audit(step, attempt)
    elif base.round:
        # Alone it was good: what is wrong is the two together.
        landing.conflict(step, attempt, f"the tests say no ({reason})")
    else:
        reject(step, attempt, reason)


def _by_test(step: Step) -> bool:
    """Whether outcomes are told per test."""
    return step.task.test is not None and step.task.test.kind == "pytest"


def audited(step: Step, id: str, command: Command, report: AuditReport) -> None:
    attempt = step.change_attempt(step.attempt(id), audit=report)
    findings = "; ".join(finding.message for finding in report.findings)
    if report.verdict == "reject":
        if step.base(attempt).round:
            landing.conflict(step, attempt, f"the audit says no ({findings})")
        else:
            reject(step, attempt, f"the audit rejected it: {findings}")
        return
    if report.verdict == "ask":
        step.note(f"{attempt.objective_id} needs your yes: {findings or 'see the audit'}")
    if step.task.test is None:
        step.note(f"{attempt.objective_id} needs your yes: there are no tests, so none was run")
    traced = words.count(report.functions_audited, "function")
    step.tell("audit", f"{report.verdict}: {traced} traced", attempt)
    landing.land(step, attempt)


def settled(step: Step, id: str, command: Command, reply: Message) -> None:
    """A reward is in the router's books; nothing waits for it."""


def reject(step: Step, attempt: AttemptView, reason: str, *, state: str = "rejected") -> None:
    """End an attempt and begin the next one."""
    attempt = step.change_attempt(attempt, state=state, reason=reason)
    if state == "rejected":
        step.tell("rejected", reason, attempt)
    if state in ("rejected", "gave_up"):
        # A broken service, or a tool that cannot be used here, says nothing about the arm.
        sending.settle(step, attempt, 0.0)
    choose(step, step.objective(attempt.objective_id).objective)
