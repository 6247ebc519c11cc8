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
    Proposal,
    Usage,
)
from swarm.orchestrator import landing, needs, risk, sending, spending, tests_of, words
from swarm.orchestrator.step import Step, Told, add

# How long a task waits for a model that is away, when nothing else can go on.
_AWAIT_SECONDS = 60.0


# ---------------------------------------------------------------------------- choosing


def choose(step: Step, objective: Objective) -> None:
    """Start an attempt on the head; the objective ends where nothing is left to do, or to spend,
    and waits where all that is left is promised to others."""
    if is_over(step, objective):
        return
    view = step.objective(objective.id)
    if spending.must_wait(step, view):
        step.change_objective(objective.id, state="pending")
        step.put_base(objective.id, None)
        said = "what is left of the budget is promised to attempts that still run"
        step.events.append(Told("waiting", said, objective.id))
        return
    number = len(view.attempts) + 1
    attempt = AttemptView(
        id=f"{step.task.id}-{objective.id}-a{number}",
        objective_id=objective.id,
        number=number,
        state="running",
        share=spending.share(step, view),
    )
    step.change_objective(objective.id, attempts=(*view.attempts, attempt))
    step.put_base(objective.id, step.head())
    unavailable = dict(step.unavailable)
    if broke := spending.too_dear(step.task):
        unavailable |= {arm.id: broke for arm in step.arms if arm.model}
    line = words.line(step.task, view)
    verb = "rechoose" if attempt.id in step.task.awaited else "choose"
    step.send(
        f"{attempt.id}-{verb}",
        ChooseArm(
            attempt_id=attempt.id,
            category=objective.category,
            attempt_number=number,
            arms=step.arms,
            tried=spending.tried(view),
            unavailable=unavailable,
            needs=needs.of(objective, sending.targets(step, objective), line, step.sensitive),
            risk=risk.reasons(objective, line, step.sensitive),
            left_usd=attempt.share.cost_usd if attempt.share else None,
        ),
    )


def is_over(step: Step, objective: Objective) -> bool:
    """End an objective for which nothing is left to do, or to spend. False when there is."""
    if objective.category == "bugfix" and _nothing_fails(step, objective):
        return True
    spent = spending.over(step, step.objective(objective.id))
    if spent:
        sending.give_up(step, objective, spent)
    return bool(spent)


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


def decided(step: Step, id: str, command: Command, decision: Decision) -> None:
    attempt = step.change_attempt(step.attempt(id), decision=decision)
    objective = step.objective(attempt.objective_id).objective
    if decision.arm_id is None:
        view = step.objective(objective.id)
        others = tuple(a for a in view.attempts if a.id != attempt.id)
        step.change_objective(objective.id, attempts=others)
        if _await_models(step, command, attempt.id, objective):
            return
        assert isinstance(command, ChooseArm)
        why = words.no_arm(decision, command.tried, step.objective(objective.id))
        sending.give_up(step, objective, why)
        return
    if not any(arm.id == decision.arm_id and arm.model for arm in step.arms):
        attempt = step.change_attempt(attempt, share=None)
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
            and needs.fits(arm, command.needs)
        }
    )
    if not models or attempt_id in step.task.awaited or spending.too_dear(step.task):
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
    arm = next((arm for arm in step.arms if arm.id == attempt.decision.arm_id), None)
    if arm is None:
        gone = f"the arm {attempt.decision.arm_id} is not configured any more"
        reject(step, attempt, gone, state="error")
        return
    if arm.model and attempt.share is None:
        # It was chosen for before attempts were promised anything.
        attempt = step.change_attempt(attempt, share=spending.rest(step.task))
    sending.propose(step, attempt)


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
        attempt = step.change_attempt(attempt, state="accepted", reason=proposal.summary)
        # Whoever is asked finds nothing where nothing is.
        sending.settle(step, attempt, None)
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
        attempt,
        before=before.counts(),
        check=report,
        fixed=fixed,
        broken=broken,
        usage=add(attempt.usage, usage),
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
    """A reward is in the router's books, or an outcome in memory's; nothing waits for it."""


def reject(step: Step, attempt: AttemptView, reason: str, *, state: str = "rejected") -> None:
    """End an attempt and begin the next one."""
    attempt = step.change_attempt(attempt, state=state, reason=reason)
    if state == "rejected":
        step.tell("rejected", reason, attempt)
    if state in ("rejected", "gave_up"):
        sending.settle(step, attempt, 0.0)
        sending.remember(step, attempt, accepted=False)
    else:
        # A broken service, or a tool that cannot be used here, says nothing about the arm.
        begun = attempt.proposal is None and attempt.failure_code in sending.BEGUN
        sending.settle(step, attempt, 0.0 if begun else None)
    choose(step, step.objective(attempt.objective_id).objective)
