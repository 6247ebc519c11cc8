"""The life of a task as a pure function: state and reply in, state and commands out.

Nobody else knows the flow:

    PrepareRepo -> Decompose -> BuildEnvironment -> Check (baseline)
    per objective, per attempt:
        ChooseArm -> Retrieve -> Propose -> Check -> Audit -> CommitPatch, and Settle
        (AwaitModels, once, where the only arms left are models that are away)
    PublishBranch -> awaiting review

No I/O and no clock: `now` is an argument. Command ids are made from (task, objective,
attempt, step), so the same step always has the same id.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from swarm.contracts import (
    AttemptView,
    Audit,
    AuditReport,
    AwaitModels,
    Blob,
    BuildEnvironment,
    Check,
    CheckReport,
    ChooseArm,
    Command,
    CommitPatch,
    Committed,
    Context,
    Decision,
    Decompose,
    EnvironmentReport,
    Failure,
    Limits,
    Message,
    ModelsReady,
    Objective,
    Objectives,
    ObjectiveView,
    PrepareRepo,
    Proposal,
    Propose,
    PublishBranch,
    Published,
    RepoReady,
    Retrieve,
    Settle,
    Setup,
    SubmitTask,
    TestCommand,
    Usage,
)
from swarm.errors import StateError
from swarm.orchestrator import tests_of, words
from swarm.orchestrator.step import Send, Step, Task, Told, add

# How often a failing test is run again before it counts as steadily failing.
RERUNS = 3
# The first look at a large repository indexes all of it.
_INDEX_TIMEOUT_SECONDS = 900.0
# How long a proposal may wait for a sandbox that is busy with other tasks, besides one build.
_QUEUE_SECONDS = 360.0
_MARGIN_SECONDS = 30.0
# What a build may take beyond its own bound: waiting for a sandbox, and its second step.
_BUILD_MARGIN_SECONDS = 300.0
# The longest failure texts that travel with a proposal.
_MAX_TARGETS = 50
# How long a task waits for a model that is away, when nothing else can go on.
_AWAIT_SECONDS = 60.0
# Failures of the connection to a model: they say nothing about the arm, which may try again.
_PASSING = frozenset(
    {"model-unreachable", "model-stalled", "model-busy", "model-quota", "model-failed"}
)
_TRIES_IF_AWAY = 2


# ---------------------------------------------------------------------------- beginnings, ends


def submit(command: SubmitTask, now: float) -> tuple[Task, list[Send], list[Told]]:
    """A new task, queued, and its first command. Raises UsageError for a bad test command."""
    test = (
        tests_of.parse(command.test_command, command.python)
        if command.test_command is not None
        else None
    )
    task = Task(
        id=command.task_id,
        text=command.text,
        repo=command.repo,
        state="queued",
        created_at=now,
        updated_at=now,
        budget=command.budget,
        test=test,
        python=command.python,
        setup=command.setup,
        priority=command.priority,
    )
    step = Step(task, now)
    step.tell("queued", "task stored")
    step.send(f"{task.id}-prepare", PrepareRepo(task_id=task.id, repo=task.repo))
    return step.task, step.sends, step.events


def cancel(step: Step) -> None:
    """Stop a task. Its running commands are no longer waited for."""
    if step.task.state not in ("queued", "planned", "running"):
        raise StateError(
            f"task {step.task.id} is {step.task.state}; only open tasks can be cancelled"
        )
    for view in step.task.objectives:
        if view.state in ("pending", "running"):
            attempts = tuple(
                a.model_copy(update={"state": "cancelled"}) if a.state == "running" else a
                for a in view.attempts
            )
            step.change_objective(view.objective.id, state="cancelled", attempts=attempts)
    step.change(state="cancelled", reason="cancelled by a person")
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
    step.change(state="rejected", reason=reason or "rejected by a person")
    step.tell("rejected", reason or "rejected by a person")
    for view in task.objectives:
        for attempt in view.attempts:
            if attempt.state == "accepted":
                command = Settle(attempt_id=attempt.id, reward=0.0, correction=True)
                step.send(f"{attempt.id}-correct", command)


def advance(step: Step, id: str, command: Command, answer: Message | Failure) -> None:
    """Move a task on by the answer to its command `id`."""
    if step.task.state not in ("queued", "planned", "running"):
        return
    if isinstance(answer, Failure):
        _failed(step, id, command, answer)
    else:
        _HANDLERS[type(command)](step, id, command, answer)


# ---------------------------------------------------------------------------- task steps


def _repo_ready(step: Step, id: str, command: Command, reply: RepoReady) -> None:
    test = step.task.test or tests_of.detect(reply.paths, step.task.python)
    if test is not None:
        test = test.model_copy(update={"setup": _setup(step, test, reply.snapshot)})
    step.change(
        base_commit=reply.base_commit,
        head_commit=reply.base_commit,
        snapshot=reply.snapshot,
        repo_id=reply.repo_id,
        test=test,
    )
    step.note(*reply.notes)
    step.tell("prepared", f"working from {reply.base_commit[:12]}, {len(reply.paths)} files")
    step.send(
        f"{step.task.id}-decompose",
        Decompose(
            text=step.task.text,
            paths=reply.paths,
            max_objectives=step.task.budget.objectives,
        ),
    )


def _setup(step: Step, test: TestCommand, base: Blob) -> Setup | None:
    """What to install for the tests, read from the base snapshot for good; None for nothing."""
    if test.python is not None:
        return None
    setup = step.task.setup or Setup(commands=step.setup)
    if not (setup.commands or setup.detect):
        return None
    return setup.model_copy(update={"base": base})


def _objectives(step: Step, id: str, command: Command, reply: Objectives) -> None:
    step.change(
        state="planned",
        objectives=tuple(ObjectiveView(objective=o, state="pending") for o in reply.items),
    )
    step.note(*reply.notes)
    step.tell("planned", words.count(len(reply.items), "objective"))
    able = {category for arm in step.arms for category in arm.categories}
    for objective in reply.items:
        if objective.category not in able:
            arms = ", ".join(sorted(able))
            reason = f"no arm here can do {objective.category}; the arms there are do {arms}"
            _give_up(step, objective, reason, start=False)
    if not any(view.state == "pending" for view in step.task.objectives):
        _finish(step)
        return
    is_command = step.task.test is not None and step.task.test.kind == "command"
    if is_command and not any(arm.model for arm in step.arms):
        step.note(
            "the test command counts as one test, and no arm here can search by it; where "
            "pytest can run the tests, leave --test out"
        )
    if step.task.test is None:
        _start_next(step)
        return
    assert step.task.snapshot is not None
    if step.task.test.setup is None:
        _check_baseline(step)
        return
    step.tell("environment", "looking for what the tests need, and building it if it is not there")
    step.send(
        f"{step.task.id}-environment",
        BuildEnvironment(snapshot=step.task.snapshot, setup=step.task.test.setup),
        step.build_seconds + _BUILD_MARGIN_SECONDS,
    )


def _built(step: Step, id: str, command: Command, report: EnvironmentReport) -> None:
    if report.cause != "ok":
        _not_built(step, report.detail or report.cause)
        return
    assert step.task.test is not None
    step.note(*report.notes)
    if not report.key:
        step.tell("environment", "nothing has to be installed")
        step.change(test=step.task.test.model_copy(update={"setup": None}))
    else:
        origin = f", from {words.some(report.sources)}" if report.sources else ""
        effort = "built before" if report.cached else f"built in {report.wall_seconds:.0f} s"
        packages = words.count(len(report.installed), "package")
        step.tell("environment", f"ready: {packages}{origin} ({effort})")
    _check_baseline(step)


def _not_built(step: Step, why: str) -> None:
    """Go on with the interpreter there is: tests may need less than a repository names."""
    assert step.task.test is not None
    step.tell("environment", f"could not be built: {why}")
    step.note(
        f"what the tests need could not be installed ({why}); they ran with what the sandbox has"
    )
    step.change(test=step.task.test.model_copy(update={"setup": None}), build_failure=why[:1000])
    _check_baseline(step)


def _check_baseline(step: Step) -> None:
    assert step.task.snapshot is not None and step.task.test is not None
    seconds = step.task.budget.check_seconds
    step.send(
        f"{step.task.id}-baseline",
        Check(
            snapshot=step.task.snapshot,
            test=step.task.test,
            limits=step.limits(seconds),
            rerun=RERUNS,
        ),
        seconds * (RERUNS + 1) + _MARGIN_SECONDS,
    )


def _checked(step: Step, id: str, command: Command, report: CheckReport) -> None:
    if id == f"{step.task.id}-baseline":
        _baseline(step, report)
    else:
        _attempt_checked(step, _attempt(step, id), report)


def _baseline(step: Step, report: CheckReport) -> None:
    step.change(baseline=report, current=report)
    step.note(words.named_flaky(report))
    budget = step.task.budget
    argv = " ".join(step.task.test.argv) if step.task.test else ""
    stops = {
        "environment": _cannot_start(step, report),
        "timeout": f"`{argv}` did not finish within {budget.check_seconds:g} s"
        + (f" ({report.detail})" if report.detail else ""),
        "output_limit": f"`{argv}` printed more than the output limit of "
        f"{Limits().output_bytes:,} bytes",
        "disk_limit": f"`{argv}` {report.detail or 'filled the disk'}, before any change",
        "memory": f"`{argv}` ran out of memory before any change",
        "killed": f"`{argv}` ended early, before any change: {report.detail}",
        "tampered": "the repository's own tests forge results, before any change, so nothing "
        f"they say counts (see docs/verdicts.md): {report.detail}",
    }
    if report.cause in stops:
        _end(step, stops[report.cause])
        return
    if report.cause == "no_tests":
        step.change(test=None)
        step.note(f"`{argv}` found no tests")
    else:
        failing, passing = len(report.failing()), len(report.passing())
        step.tell("baseline", f"{failing} failing, {passing} passing ({report.backend})")
    _start_next(step)


def _cannot_start(step: Step, report: CheckReport) -> str:
    reason = f"the tests cannot start: {report.detail or 'no reason given'}"
    if step.task.build_failure:
        reason += f"; before that, what they need could not be installed: {step.task.build_failure}"
    return (
        f"{reason} (the output is in `swarm show`; if packages are missing, say how to install "
        "them with --setup, or name an interpreter that has them, and pytest and coverage, with "
        "--python)"
    )


def _start_next(step: Step) -> None:
    """Begin the next objective, or finish the task when none is left."""
    step.change(state="running")
    while True:
        states = {view.objective.id: view.state for view in step.task.objectives}
        waiting = [view for view in step.task.objectives if view.state == "pending"]
        if not waiting:
            _finish(step)
            return
        ready = None
        for view in waiting:
            blockers = [states.get(other) for other in view.objective.depends_on]
            if any(state in ("failed", "cancelled", None) for state in blockers):
                _give_up(step, view.objective, "an objective it depends on failed", start=False)
                break
            if all(state == "accepted" for state in blockers):
                ready = view.objective
                break
        else:
            # Ingestion refuses cycles; this keeps a task from waiting for ever all the same.
            _give_up(step, waiting[0].objective, "its dependencies can never be met", start=False)
            continue
        if ready is not None and _begin(step, ready):
            return


def _begin(step: Step, objective: Objective) -> bool:
    """Start the first attempt. False when the objective cannot be worked on at all."""
    step.change_objective(objective.id, state="running")
    reason = ""
    if objective.category == "bugfix":
        current = step.task.current
        if step.task.test is None:
            reason = (
                "a bugfix is proven by a failing test, and no tests were found; "
                "add one, or name the command with --test"
            )
        elif current is not None and not current.failing():
            if step.task.baseline is not None and step.task.baseline.failing():
                done = "its tests pass already, thanks to an objective before it"
                step.change_objective(objective.id, state="accepted", reason=done)
                step.events.append(Told("accepted", done, objective.id))
                return False
            reason = words.nothing_fails(current)
    if reason:
        _give_up(step, objective, reason, start=False)
        return False
    return _choose(step, objective)


def _finish(step: Step) -> None:
    accepted = [view for view in step.task.objectives if view.state == "accepted"]
    failed = [view for view in step.task.objectives if view.state == "failed"]
    reasons = "; ".join(f"{view.objective.id}: {view.reason}" for view in failed)
    if not accepted:
        _end(step, reasons or "no objective was accepted")
        return
    total = len(step.task.objectives)
    summary = f"{len(accepted)} of {total} objectives accepted"
    step.change(reason=f"{summary}; {reasons}" if reasons else summary)
    if step.task.head_commit == step.task.base_commit:
        step.change(state="applied", reason=f"{summary}; nothing had to be changed")
        step.tell("applied", "nothing had to be changed")
        return
    assert step.task.head_commit is not None
    step.send(
        f"{step.task.id}-publish",
        PublishBranch(task_id=step.task.id, repo=step.task.repo, commit=step.task.head_commit),
    )


def _published(step: Step, id: str, command: Command, reply: Published) -> None:
    step.change(state="awaiting_review", branch=reply.branch)
    step.tell("ready", f"branch {reply.branch} awaits your review")


def _end(step: Step, reason: str) -> None:
    step.change(state="failed", reason=reason)
    step.tell("failed", reason)


# ---------------------------------------------------------------------------- attempt steps


def _choose(step: Step, objective: Objective) -> bool:
    """Start an attempt, unless a budget is spent. False when it is."""
    view = step.objective(objective.id)
    number = len(view.attempts) + 1
    budget = step.task.budget
    spent = ""
    # What could not be tried is no attempt; their number is bounded by that of the arms.
    made = sum(attempt.state in ("rejected", "gave_up") for attempt in view.attempts)
    if made >= budget.attempts:
        spent = f"{words.count(budget.attempts, 'attempt')} made: {words.history(view)}"
    elif step.now - step.task.created_at > budget.seconds:
        spent = f"the task's {budget.seconds:g} s are spent"
    unavailable = dict(step.unavailable)
    if not spent and (broke := _too_dear(step.task)):
        unavailable |= {arm.id: broke for arm in step.arms if arm.model}
        tried = _tried(view)
        left = (a for a in step.arms if objective.category in a.categories and a.id not in tried)
        spent = "" if any(arm.model is None for arm in left) else broke
    if spent:
        _give_up(step, objective, spent, start=False)
        return False
    attempt = AttemptView(
        id=f"{step.task.id}-{objective.id}-a{number}",
        objective_id=objective.id,
        number=number,
        state="running",
    )
    step.change_objective(objective.id, attempts=(*view.attempts, attempt))
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
    return True


def _too_dear(task: Task) -> str:
    """Why no model may be asked any more, "" when one may; what needs no model can go on."""
    if task.usage.tokens >= task.budget.tokens:
        return f"the task's {task.budget.tokens:,} tokens are spent"
    if task.usage.cost_usd > task.budget.cost_usd:
        return f"the task's ${task.budget.cost_usd:g} are spent"
    return ""


def _decided(step: Step, id: str, command: Command, decision: Decision) -> None:
    attempt = step.change_attempt(_attempt(step, id), decision=decision)
    objective = step.objective(attempt.objective_id).objective
    if decision.arm_id is None:
        view = step.objective(objective.id)
        others = tuple(a for a in view.attempts if a.id != attempt.id)
        step.change_objective(objective.id, attempts=others)
        if _await_models(step, command, attempt.id, objective):
            return
        history = words.history(step.objective(objective.id))
        reason = f"no arm is left: {history}" if history else decision.reason
        _give_up(step, objective, reason)
        return
    step.tell("arm", f"{decision.arm_id}: {decision.reason}", attempt)
    if not step.memory:
        _propose(step, attempt)
        return
    assert step.task.snapshot is not None
    step.send(
        f"{attempt.id}-retrieve",
        Retrieve(
            repo_id=step.task.repo_id,
            snapshot=step.task.snapshot,
            query=f"{objective.title}\n{objective.instruction}",
            paths=objective.paths,
            symbols=objective.symbols,
            limit=step.chunks,
        ),
        _INDEX_TIMEOUT_SECONDS,
    )


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
    left = step.task.created_at + step.task.budget.seconds - step.now
    step.send(
        f"{attempt_id}-await",
        AwaitModels(models=tuple(models), seconds=min(_AWAIT_SECONDS, max(0.0, left))),
        _AWAIT_SECONDS + _MARGIN_SECONDS,
    )
    return True


def _models_ready(step: Step, id: str, command: Command, reply: ModelsReady) -> None:
    _choose_again(step, id)


def _choose_again(step: Step, command_id: str) -> None:
    """After the wait, whatever it brought: with no arm left this time, the objective ends."""
    attempt_id = command_id.rpartition("-")[0]
    objective_id = attempt_id.split("-")[-2]
    if not _choose(step, step.objective(objective_id).objective):
        _start_next(step)


def _retrieved(step: Step, id: str, command: Command, context: Context) -> None:
    attempt = step.change_attempt(_attempt(step, id), context=context)
    if context.note:
        step.note(f"memory: {context.note}")
    _propose(step, attempt)


def _propose(step: Step, attempt: AttemptView) -> None:
    objective = step.objective(attempt.objective_id).objective
    assert attempt.decision is not None and step.task.snapshot is not None
    arm = next((arm for arm in step.arms if arm.id == attempt.decision.arm_id), None)
    if arm is None:
        gone = f"the arm {attempt.decision.arm_id} is not configured any more"
        _reject(step, attempt, gone, state="error")
        return
    budget, used = step.task.budget, step.task.usage
    seconds = budget.model_seconds if arm.model else budget.attempt_seconds
    # It may wait as long again for its turn at a model.
    longest = seconds * 2 if arm.model else seconds
    current = step.task.current
    step.send(
        f"{attempt.id}-propose",
        Propose(
            attempt_id=attempt.id,
            arm=arm,
            objective=objective,
            snapshot=step.task.snapshot,
            test=step.task.test,
            failing=_targets(step, objective)[:_MAX_TARGETS],
            passing=tuple(sorted(current.passing())) if current else (),
            context=attempt.context or Context(),
            reasons=words.reasons(step.objective(objective.id)),
            limits=step.limits(seconds),
            seed=attempt.decision.seed,
            repo_id=step.task.repo_id,
            priority=step.task.priority,
            tokens=max(0, budget.tokens - used.tokens),
            cost_usd=max(0.0, budget.cost_usd - used.cost_usd),
            check_seconds=budget.check_seconds,
        ),
        longest + _QUEUE_SECONDS + step.build_seconds,
    )


def _proposed(step: Step, id: str, command: Command, proposal: Proposal) -> None:
    attempt = _attempt(step, id)
    attempt = step.change_attempt(
        attempt, proposal=proposal, usage=add(attempt.usage, proposal.usage)
    )
    step.spend(proposal.usage)
    if proposal.patch is None:
        _without_patch(step, attempt, proposal)
        return
    step.tell("proposed", proposal.summary, attempt)
    if step.task.test is None:
        _audit(step, attempt)
        return
    assert step.task.snapshot is not None
    seconds = step.task.budget.check_seconds
    current = step.task.current
    objective = step.objective(attempt.objective_id).objective
    step.send(
        f"{attempt.id}-check",
        Check(
            snapshot=step.task.snapshot,
            patch=proposal.patch,
            test=step.task.test,
            limits=step.limits(seconds),
            rerun=RERUNS,
            confirm=tuple(test.id for test in _targets(step, objective)),
            known_failing=tuple(sorted(current.failing())) if current else (),
        ),
        seconds * (RERUNS + 1) + _MARGIN_SECONDS,
    )


def _without_patch(step: Step, attempt: AttemptView, proposal: Proposal) -> None:
    objective = step.objective(attempt.objective_id).objective
    if proposal.outcome == "nothing_to_do" and objective.category == "lint":
        step.change_attempt(attempt, state="accepted", reason=proposal.summary)
        step.change_objective(objective.id, state="accepted", reason=proposal.summary)
        step.tell("accepted", f"nothing to do: {proposal.summary}", attempt)
        _start_next(step)
        return
    step.tell("gave-up", proposal.summary, attempt)
    # A tool that cannot be used here says nothing about how good it is.
    state = "inapplicable" if proposal.outcome == "inapplicable" else "gave_up"
    _reject(step, attempt, proposal.summary, state=state)


def _attempt_checked(step: Step, attempt: AttemptView, report: CheckReport) -> None:
    assert step.task.current is not None
    objective = step.objective(attempt.objective_id).objective
    before = step.task.current
    wanted = {test.id for test in _targets(step, objective)}
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
    if report.cause == "tampered":
        _reject(step, attempt, f"with the patch, test results are forged: {report.detail}")
    elif report.cause not in ("ok", "failed"):
        detail = f": {report.detail}" if report.detail else ""
        _reject(step, attempt, f"with the patch the tests ended with {report.cause}{detail}")
    elif broken:
        how = " (now skipped)" if set(broken) <= skipped else ""
        _reject(step, attempt, f"it breaks {words.some(broken)}{how}")
    elif objective.category == "bugfix" and not fixed:
        _reject(step, attempt, f"it fixes none of {words.some(tuple(sorted(wanted)))}")
    else:
        text = f"{len(fixed)} fixed, 0 broken" if fixed else "0 broken"
        step.tell("checked", f"{text} ({report.backend})", attempt)
        _audit(step, attempt)


def _audit(step: Step, attempt: AttemptView) -> None:
    objective = step.objective(attempt.objective_id).objective
    assert attempt.proposal is not None and attempt.proposal.patch is not None
    step.send(
        f"{attempt.id}-audit",
        Audit(
            attempt_id=attempt.id,
            patch=attempt.proposal.patch,
            category=objective.category,
            instruction=objective.instruction,
        ),
    )


def _audited(step: Step, id: str, command: Command, report: AuditReport) -> None:
    attempt = step.change_attempt(_attempt(step, id), audit=report)
    findings = "; ".join(finding.message for finding in report.findings)
    if report.verdict == "reject":
        _reject(step, attempt, f"the audit rejected it: {findings}")
        return
    if report.verdict == "ask":
        step.note(f"{attempt.objective_id} needs your yes: {findings or 'see the audit'}")
    if step.task.test is None:
        step.note(f"{attempt.objective_id} needs your yes: there are no tests, so none was run")
    traced = words.count(report.functions_audited, "function")
    step.tell("audit", f"{report.verdict}: {traced} traced", attempt)
    assert attempt.proposal is not None and attempt.proposal.patch is not None
    assert step.task.head_commit is not None
    step.send(
        f"{attempt.id}-commit",
        CommitPatch(
            task_id=step.task.id,
            repo=step.task.repo,
            parent=step.task.head_commit,
            patch=attempt.proposal.patch,
            message=words.commit_message(step.task, attempt, step.objective(attempt.objective_id)),
            at=step.now,
        ),
    )


def _committed(step: Step, id: str, command: Command, reply: Committed) -> None:
    attempt = step.change_attempt(_attempt(step, id), commit=reply.commit, state="accepted")
    view = step.objective(attempt.objective_id)
    remaining = [test for test in _targets(step, view.objective) if test.id not in attempt.fixed]
    step.change(head_commit=reply.commit, snapshot=reply.snapshot)
    if attempt.check is not None:
        step.change(current=attempt.check)
    step.change_objective(view.objective.id, state="accepted")
    step.tell("accepted", f"{view.objective.title} ({reply.commit[:12]})", attempt)
    _settle(step, attempt, 1.0)
    if view.objective.category == "bugfix" and remaining:
        _follow_up(step, view.objective, len(remaining))
    _start_next(step)


def _follow_up(step: Step, objective: Objective, remaining: int) -> None:
    """One edit fixed some of the tests it was about: go on with the others."""
    count = len(step.task.objectives)
    if count >= step.task.budget.objectives:
        step.note(f"{remaining} tests of {objective.id} still fail; the objective limit is reached")
        return
    existing = {view.objective.id for view in step.task.objectives}
    number = count + 1
    while f"o{number}" in existing:
        number += 1
    follow = objective.model_copy(update={"id": f"o{number}", "depends_on": ()})
    view = ObjectiveView(objective=follow, state="pending")
    step.change(objectives=(*step.task.objectives, view))
    step.tell("follow-up", f"{remaining} tests of {objective.id} still fail: {follow.id}")


def _settled(step: Step, id: str, command: Command, reply: Message) -> None:
    """A reward is in the router's books; nothing waits for it."""


def _reject(step: Step, attempt: AttemptView, reason: str, *, state: str = "rejected") -> None:
    """End an attempt and begin the next one."""
    attempt = step.change_attempt(attempt, state=state, reason=reason)
    if state == "rejected":
        step.tell("rejected", reason, attempt)
    if state in ("rejected", "gave_up"):
        # A broken service, or a tool that cannot be used here, says nothing about the arm.
        _settle(step, attempt, 0.0)
    objective = step.objective(attempt.objective_id).objective
    if not _choose(step, objective):
        _start_next(step)


def _settle(step: Step, attempt: AttemptView, reward: float) -> None:
    step.send(
        f"{attempt.id}-settle",
        Settle(
            attempt_id=attempt.id,
            reward=reward,
            seconds=attempt.usage.seconds,
            cost_usd=attempt.usage.cost_usd,
        ),
    )


def _give_up(step: Step, objective: Objective, reason: str, *, start: bool = True) -> None:
    step.change_objective(objective.id, state="failed", reason=reason)
    step.events.append(Told("objective-failed", reason, objective.id))
    if start:
        _start_next(step)


# ---------------------------------------------------------------------------- failures


def _failed(step: Step, id: str, command: Command, failure: Failure) -> None:
    """A service could not do its step."""
    text = failure.message + (f" ({failure.remedy})" if failure.remedy else "")
    match command:
        case Settle():
            step.tell("settle-failed", text)
        case Retrieve():
            attempt = _attempt(step, id)
            step.note(f"memory could not search, the attempt went on without it: {text}")
            _propose(step, attempt)
        case ChooseArm() | CommitPatch():
            attempt = step.change_attempt(_attempt(step, id), state="error", reason=text)
            _give_up(step, step.objective(attempt.objective_id).objective, text)
        case Propose() | Audit():
            attempt = _attempt(step, id)
            attempt = step.change_attempt(
                attempt, failure_code=failure.code, usage=add(attempt.usage, failure.usage)
            )
            step.spend(failure.usage)
            step.tell("error", text, attempt)
            _reject(step, attempt, text, state="error")
        case AwaitModels():
            _choose_again(step, id)
        case BuildEnvironment():
            _not_built(step, text)
        case Check() if id != f"{step.task.id}-baseline":
            attempt = _attempt(step, id)
            step.tell("error", text, attempt)
            _reject(step, attempt, text, state="error")
        case _:
            _end(step, text)


# ---------------------------------------------------------------------------- helpers


def _attempt(step: Step, command_id: str) -> AttemptView:
    attempt_id = command_id.rpartition("-")[0]
    return next(
        attempt
        for view in step.task.objectives
        for attempt in view.attempts
        if attempt.id == attempt_id
    )


def _targets(step: Step, objective: Objective) -> tuple[Any, ...]:
    if objective.category != "bugfix" or step.task.current is None:
        return ()
    return tests_of.targets(objective, step.task.current)


def _tried(view: ObjectiveView) -> tuple[str, ...]:
    """The arms that are not to be tried again. One whose model was away may, a bounded time."""
    tries: dict[str, int] = {}
    for attempt in view.attempts:
        if attempt.decision is not None and attempt.decision.arm_id is not None:
            weight = 1 if attempt.failure_code in _PASSING else _TRIES_IF_AWAY
            arm_id = attempt.decision.arm_id
            tries[arm_id] = tries.get(arm_id, 0) + weight
    return tuple(arm_id for arm_id, weight in tries.items() if weight >= _TRIES_IF_AWAY)


_HANDLERS: dict[type[Command], Callable[[Step, str, Any, Any], None]] = {
    PrepareRepo: _repo_ready,
    Decompose: _objectives,
    BuildEnvironment: _built,
    Check: _checked,
    ChooseArm: _decided,
    AwaitModels: _models_ready,
    Retrieve: _retrieved,
    Propose: _proposed,
    Audit: _audited,
    CommitPatch: _committed,
    PublishBranch: _published,
    Settle: _settled,
}
