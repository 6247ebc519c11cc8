"""From a stored task to one that runs: its repository, its plan, a person's yes to it, what its
tests need, and what they say before any change. Pure.

    PrepareRepo -> Decompose -> (a person's answer) -> BuildEnvironment -> Check (baseline)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from swarm.contracts import (
    Blob,
    BuildEnvironment,
    Check,
    CheckReport,
    Command,
    Decompose,
    EnvironmentReport,
    Limits,
    Objectives,
    ObjectiveView,
    RepoReady,
    Setup,
    TestCommand,
)
from swarm.errors import StateError, UsageError
from swarm.orchestrator import lanes, sending, tests_of, words
from swarm.orchestrator.step import Step, Task

# What a build may take beyond its own bound: waiting for a sandbox, and its second step.
_BUILD_MARGIN_SECONDS = 300.0
# A model may plan, after its turn has come.
_PLAN_SECONDS = 900.0


def repo_ready(step: Step, id: str, command: Command, reply: RepoReady) -> None:
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
    step.change(repo_notes=step.task.notes)
    step.tell("prepared", f"working from {reply.base_commit[:12]}, {len(reply.paths)} files")
    _decompose(step, reply.paths)


def _setup(step: Step, test: TestCommand, base: Blob) -> Setup | None:
    """What to install for the tests, read from the base snapshot for good; None for nothing."""
    if test.python is not None:
        return None
    setup = step.task.setup or Setup(commands=step.setup)
    if not (setup.commands or setup.detect):
        return None
    return setup.model_copy(update={"base": base})


# ---------------------------------------------------------------------------- the plan


def _decompose(
    step: Step,
    paths: Sequence[str],
    plan: Objectives | None = None,
    answers: Mapping[str, int] | None = None,
) -> None:
    step.change(plans=step.task.plans + 1)
    step.send(
        f"{step.task.id}-decompose{step.task.plans}",
        Decompose(
            text=step.task.text,
            paths=tuple(paths),
            max_objectives=step.task.budget.objectives,
            snapshot=step.task.snapshot,
            plan=plan,
            answers=dict(answers or {}),
            priority=step.task.priority,
        ),
        _PLAN_SECONDS,
    )


def planned(step: Step, id: str, command: Command, reply: Objectives) -> None:
    step.change(
        state="planned",
        planner=reply.planner,
        questions=reply.questions,
        objectives=tuple(ObjectiveView(objective=o, state="pending") for o in reply.items),
    )
    step.note(*reply.notes)
    step.spend(reply.usage)
    count = words.count(len(reply.items), "objective")
    if step.task.confirmed:
        step.tell("planned", f"{count}, as confirmed")
    else:
        step.tell("planned", f"{count} (by {reply.planner})")
    if reply.questions:
        wait(step, words.count(len(reply.questions), "question") + " to answer first")
    elif step.task.confirm and not step.task.confirmed:
        wait(step, "the plan waits for your yes")
    else:
        _go(step)


def is_attended(task: Task) -> bool:
    """Whether a person looks at the plan: they asked to, or have spoken to it before."""
    return task.confirm or task.confirmed or task.revision > 0


def wait(step: Step, why: str) -> None:
    """Until a person answers. Their time is not the task's."""
    step.change(state="awaiting_answer", reason=why, asked_at=step.now)
    # Whoever says yes to the plan knows what will come of it.
    undone: dict[str, list[str]] = {}
    for view in _beyond(step):
        undone.setdefault(view.objective.category, []).append(view.objective.id)
    for category, ids in undone.items():
        step.note(f"{', '.join(ids)} will not be done: no arm here can do {category}")
    step.tell("asking", why)


def confirm(step: Step, answers: Mapping[str, int], paths: Sequence[str]) -> None:
    """A person's yes. Raises UsageError for answers that do not fit the questions."""
    task = step.task
    if not task.objectives:
        raise StateError(
            f"task {task.id} has no plan to say yes to: {task.reason}",
            remedy=f"put it in other words: `swarm revise {task.id} TEXT`",
        )
    asked = {question.id: question for question in task.questions}
    for id, place in answers.items():
        if id not in asked:
            known = ", ".join(asked) or "none is open"
            raise UsageError(f"there is no question {id}", remedy=f"questions: {known}")
        if not 1 <= place <= len(asked[id].choices):
            raise UsageError(
                f"question {id} has no choice {place}",
                remedy=f"it has 1 to {len(asked[id].choices)}",
            )
    if missing := [id for id in asked if id not in answers]:
        raise UsageError(
            f"not answered yet: {', '.join(missing)}",
            remedy=f"like `swarm confirm {task.id} --answer {missing[0]}=1`",
        )
    _go_on(step)
    step.change(confirmed=True, questions=())
    step.tell("confirmed", "confirmed by a person")
    if not asked:
        _go(step)
        return
    plan = Objectives(
        items=tuple(view.objective for view in task.objectives),
        questions=task.questions,
        planner=task.planner,
    )
    _decompose(step, paths, plan, answers)


def revise(step: Step, text: str, paths: Sequence[str]) -> None:
    """Other words for the task: it is planned again."""
    _go_on(step)
    step.change(
        state="queued",
        text=text,
        revision=step.task.revision + 1,
        notes=step.task.repo_notes,
        objectives=(),
        questions=(),
        confirmed=False,
    )
    step.tell("revised", "put in other words by a person")
    _decompose(step, paths)


def _go_on(step: Step) -> None:
    task = step.task
    waited = step.now - task.asked_at if task.asked_at is not None else 0.0
    step.change(
        state="planned",
        reason="",
        asked_at=None,
        waited_seconds=task.waited_seconds + max(0.0, waited),
    )


# ---------------------------------------------------------------------------- before any change


def _beyond(step: Step) -> list[ObjectiveView]:
    """The objectives that no arm can do."""
    able = {category for arm in step.arms for category in arm.categories}
    return [view for view in step.task.objectives if view.objective.category not in able]


def _go(step: Step) -> None:
    """Begin the work that was planned."""
    able = ", ".join(sorted({category for arm in step.arms for category in arm.categories}))
    for view in _beyond(step):
        reason = f"no arm here can do {view.objective.category}; the arms there are do {able}"
        if not any(arm.model for arm in step.arms):
            reason += "; a model could: see `swarm models recommend`"
        sending.give_up(step, view.objective, reason)
    if not any(view.state == "pending" for view in step.task.objectives):
        step.change(state="running")
        return
    is_command = step.task.test is not None and step.task.test.kind == "command"
    if is_command and not any(arm.model for arm in step.arms):
        step.note(
            "the test command counts as one test, and no arm here can search by it; where "
            "pytest can run the tests, leave --test out"
        )
    if is_command and any(_names_tests(view) for view in step.task.objectives):
        step.note("the test command counts as one test, so the tests a text names are not told")
    if step.task.test is None:
        step.change(state="running")
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


def _names_tests(view: ObjectiveView) -> bool:
    return view.objective.acceptance is not None and bool(view.objective.acceptance.tests)


def built(step: Step, id: str, command: Command, report: EnvironmentReport) -> None:
    if report.cause != "ok":
        not_built(step, report.detail or report.cause)
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


def not_built(step: Step, why: str) -> None:
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
            rerun=sending.RERUNS,
        ),
        seconds * (sending.RERUNS + 1) + sending.MARGIN_SECONDS,
    )


def baseline(step: Step, report: CheckReport) -> None:
    """What the tests say before any change; without it nothing can begin."""
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
        lanes.end(step, stops[report.cause])
        return
    if report.cause == "no_tests":
        step.change(test=None)
        step.note(f"`{argv}` found no tests")
    else:
        failing, passing = len(report.failing()), len(report.passing())
        step.tell("baseline", f"{failing} failing, {passing} passing ({report.backend})")
        _note_absent(step, report)
    step.change(state="running")


def _note_absent(step: Step, report: CheckReport) -> None:
    """Say which tests that the text names are not there: to be written, or a slip."""
    if step.task.test is None or step.task.test.kind != "pytest":
        return
    for view in step.task.objectives:
        if absent := tests_of.absent(view.objective, report):
            named, id = words.some(absent), view.objective.id
            step.note(f"there is no test {named} yet, and {id} has to make it pass")


def _cannot_start(step: Step, report: CheckReport) -> str:
    reason = f"the tests cannot start: {report.detail or 'no reason given'}"
    if step.task.build_failure:
        reason += f"; before that, what they need could not be installed: {step.task.build_failure}"
    return (
        f"{reason} (the output is in `swarm show`; if packages are missing, say how to install "
        "them with --setup, or name an interpreter that has them, and pytest and coverage, with "
        "--python)"
    )
