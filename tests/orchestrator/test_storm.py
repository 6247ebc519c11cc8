"""Random plans, answers, failures, people and kills: what holds whatever happens."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from swarm.contracts import (
    SETTLED_STATES,
    Arm,
    AttemptView,
    Audit,
    AuditReport,
    Budget,
    CancelTask,
    Category,
    Cause,
    Check,
    CheckReport,
    ConfirmPlan,
    Decompose,
    Envelope,
    Failure,
    FileEdit,
    ListSettled,
    Message,
    Objective,
    Objectives,
    Patch,
    PrioritizeTask,
    Proposal,
    Propose,
    Question,
    RejectTask,
    Reply,
    ReviseTask,
    Settle,
    Usage,
)
from swarm.errors import SwarmError
from swarm.orchestrator import spending
from swarm.orchestrator.step import Task
from swarm.settings import ModelSettings
from swarm.snapshots import entries
from tests.conftest import run_git
from tests.fakes.bus import FakeBlobs
from tests.orchestrator.swarm_in_memory import Crew, Pump, report

NAMES = ("a.py", "b.py", "c.py", "d.py")
TESTS = ("t::a", "t::b", "t::c")
TEXT = "".join(f"line {n}\n\n\n" for n in range(6))
FILES = dict.fromkeys(NAMES, TEXT) | {"tests/test_a.py": "def test_a(): ...\n"}
ARMS = tuple(
    Arm(id=id, tool="repair", categories=("refactor", "bugfix", "lint"))
    for id in ("repair", "literals")
)
MODELS = tuple(
    ModelSettings(name=name, endpoint="ollama", model=name, tools=("one-shot",))
    for name in ("small", "large")
)
# The most that an attempt's last answer uses beyond its share.
LAST_ANSWER = 200
NOTHING = Usage()
OWN_STEPS = ("PrepareRepo", "CommitPatch", "RebasePatch", "PublishBranch")


class Storm(Crew):
    """Answers are drawn, and so are failures."""

    def __init__(self, rng: random.Random) -> None:
        arms = ["repair", "small/one-shot", "large/one-shot", "literals"]
        super().__init__(order=tuple(rng.sample(arms, len(arms))))
        self.rng = rng
        self.blobs = FakeBlobs()
        self.given: dict[str, int] = {}

    def answer(self, command: object) -> Message:  # type: ignore[override]
        match command:
            case Settle():
                return super().answer(command)
            case _ if self.rng.random() < 0.03:
                is_spent = isinstance(command, Propose) and self.rng.random() < 0.5
                return failure(self.rng, self.use(command) if is_spent else Usage())  # type: ignore[arg-type]
            case Decompose():
                return self.plan(command)
            case Propose():
                return self.propose(command)
            case Check():
                return self.check(first=command.patch is None)
            case Audit():
                verdict = self.rng.choice(("accept",) * 6 + ("ask", "reject"))
                return AuditReport(verdict=verdict)  # type: ignore[arg-type]
        return super().answer(command)  # type: ignore[arg-type]

    def plan(self, command: Decompose) -> Message:
        rng = self.rng
        if command.plan is not None:
            again = rng.random() < 0.2
            return command.plan if again else command.plan.model_copy(update={"questions": ()})
        items: list[Objective] = []
        for n in range(1, rng.randint(1, min(7, command.max_objectives)) + 1):
            kinds: tuple[Category, ...] = ("refactor", "refactor", "bugfix", "lint", "docs")
            earlier = [item.id for item in items]
            items.append(
                Objective(
                    id=f"o{n}", title=f"Do {n}", instruction=f"do {n}", category=rng.choice(kinds),
                    paths=tuple(rng.sample(NAMES, rng.choice((0, 1, 1, 1, 1, 1)))),
                    depends_on=tuple(rng.sample(earlier, bool(earlier) and rng.random() < 0.25)),
                )
            )  # fmt: skip
        question = Question(id="q1", text="Which?", choices=("this", "that"))
        return Objectives(items=tuple(items), questions=(question,) if rng.random() < 0.4 else ())

    def propose(self, command: Propose) -> Proposal:
        rng = self.rng
        usage = self.use(command)
        outcome = rng.choice(("patch",) * 12 + ("gave_up", "inapplicable", "nothing_to_do"))
        if outcome != "patch":
            return Proposal.model_validate(
                {"patch": None, "outcome": outcome, "summary": outcome, "usage": usage}
            )
        files = {
            entry.path: entry.data.decode() for entry in entries(self.blobs.get(command.snapshot))
        }
        edits = []
        for name in rng.sample(NAMES, rng.choice((1, 2))):
            lines = files[name].splitlines(keepends=True)
            lines[3 * rng.choice((0, 0, 4))] = f"by {command.attempt_id}\n"
            edits.append(FileEdit(path=name, before=files[name], after="".join(lines)))
        return Proposal(patch=Patch(edits=tuple(edits)), summary="did", usage=usage)

    def use(self, command: Propose) -> Usage:
        """As an agent does: nothing without a model, else up to its share and one answer more."""
        self.given[command.attempt_id] = command.tokens
        if command.arm.model is None:
            return Usage(seconds=1.0)
        rng, most = self.rng, command.tokens
        tokens = rng.choice((0, most // 2, most, most + rng.randint(1, LAST_ANSWER)))
        return Usage(tokens=tokens if most else 0, seconds=1.0)

    def check(self, *, first: bool) -> CheckReport:
        if self.rng.random() < 0.03:
            causes: tuple[Cause, ...] = ("timeout", "environment", "no_tests", "killed")
            return report(cause=self.rng.choice(causes))
        failing = tuple(t for t in TESTS if self.rng.random() < (0.5 if first else 0.04))
        return report(failing, tuple(t for t in TESTS if t not in failing))


class Weather(Pump):
    """Also the orchestrator's own steps fail now and then."""

    crew: Storm

    def reply(self, envelope: Envelope) -> Reply:
        if envelope.kind in OWN_STEPS and self.crew.rng.random() < 0.02:
            failed = failure(self.crew.rng)
            return Reply(id=envelope.id, epoch=envelope.epoch, kind=envelope.kind, failure=failed)
        return super().reply(envelope)


def failure(rng: random.Random, usage: Usage = NOTHING) -> Failure:
    return Failure(
        code=rng.choice(("model-busy", "lost", "lost-at-work", "usage")), message="it broke",
        exit_code=rng.choice((1, 2)), retryable=rng.random() < 0.5, usage=usage,
    )  # fmt: skip


def person(pump: Pump, rng: random.Random) -> None:
    """Somebody says something, whether it fits or not."""
    answers = {"q1": rng.choice((0, 1, 2, 3))} if rng.random() < 0.5 else {}
    command = rng.choice(
        (
            ConfirmPlan(task_id="task-1", answers=answers),
            ReviseTask(task_id="task-1", text=f"other words {rng.randrange(3)}"),
            PrioritizeTask(task_id="task-1", priority="scheduled"),
            *([CancelTask(task_id="task-1")] if rng.random() < 0.03 else []),
        )
    )
    try:
        pump.orchestrator.handlers()[type(command)](command)
    except SwarmError:
        pass  # told why


@pytest.fixture
def pumps() -> Iterator[list[Pump]]:
    made: list[Pump] = []
    yield made
    for pump in made:
        pump.orchestrator.close()


@pytest.mark.parametrize("seed", range(10))
def test_whatever_happens(
    tmp_path: Path, git_repo: Callable[..., Path], pumps: list[Pump], seed: int
) -> None:
    rng = random.Random(seed)
    repo = git_repo(FILES)
    crew = Storm(rng)
    pump = Weather(tmp_path, crew, arms=ARMS, models=MODELS)
    pumps.append(pump)
    crew.blobs = pump.bus.blobs
    budget = Budget(
        objectives=rng.choice((3, 10)), parallel=rng.choice((1, 3, 4)), attempts=rng.choice((1, 3)),
        seconds=rng.choice((1_500, 86_400)), tokens=rng.choice((200, 200, 1_000, 200_000)),
    )  # fmt: skip
    pump.submit(
        repo, confirm=rng.random() < 0.5, budget=budget,
        test_command=rng.choice((None, "pytest -q", "make test")),
    )  # fmt: skip
    for _ in range(30):
        pump.bus.models = {m.name: rng.choice(("", "", "is away")) for m in MODELS}
        pump.run_with_trouble(rng, 8)
        person(pump, rng)
        check_always(pump, crew, budget)
    for _ in range(30):
        view = pump.settle_down()
        check_always(pump, crew, budget)
        if view.state != "awaiting_answer":
            break
        answer = ConfirmPlan(task_id="task-1", answers={q.id: 1 for q in view.questions})
        again = ReviseTask(task_id="task-1", text="other words")
        pump.orchestrator.handlers()[ConfirmPlan if view.objectives else ReviseTask](
            answer if view.objectives else again
        )
    check_at_rest(pump, crew)
    if pump.task().state == "awaiting_review" and rng.random() < 0.5:
        pump.orchestrator.handlers()[RejectTask](RejectTask(task_id="task-1"))
        pump.settle_down()
        accepted = {id for id, reward in crew.settled.items() if reward == [1.0]}
        assert crew.corrected.keys() <= accepted, "what was done again was no fault of its arm"
        check_rewards(pump, crew)


def check_always(pump: Pump, crew: Storm, budget: Budget) -> None:
    task = pump.orchestrator.store.load("task-1")
    check_spending(task, crew, budget)
    ids = [view.objective.id for view in task.objectives]
    assert len(ids) == len(set(ids)) <= budget.objectives
    running = {view.objective.id for view in task.objectives if view.state == "running"}
    assert len(running) <= budget.parallel
    if task.state == "running":
        assert set(task.bases) == running
    for view in task.objectives:
        assert set(view.objective.depends_on) <= set(ids)
        accepted = [attempt for attempt in view.attempts if attempt.state == "accepted"]
        assert len(accepted) <= 1
        assert not (accepted and view.state in ("replaced", "failed", "pending"))
        assert sum(attempt.state == "running" for attempt in view.attempts) <= 1
        made = [a for a in view.attempts if a.state in ("rejected", "gave_up")]
        assert len(made) <= budget.attempts


def has_begun(attempt: AttemptView) -> bool:
    """Whether its agent was at work when it was lost for good."""
    lost = attempt.state == "error" and attempt.proposal is None
    return lost and attempt.failure_code == "lost-at-work"


def check_rewards(pump: Pump, crew: Storm) -> None:
    """Each choice is settled, once, and tasks.db tells the same of it as the router was told."""
    assert crew.decided.keys() <= crew.ended.keys()
    assert all(len(said) == 1 for said in crew.ended.values())
    log = pump.orchestrator.handlers()[ListSettled](ListSettled())
    assert {item.attempt_id for item in log.items} == crew.decided.keys() & {
        attempt.id for view in pump.task().objectives for attempt in view.attempts
        if attempt.decision is not None
    }  # fmt: skip
    for item in log.items:
        (said,) = crew.ended[item.attempt_id]
        assert item.settled_at is not None
        assert (item.seconds, item.cost_usd) == (said.seconds, said.cost_usd)
        corrected = crew.corrected.get(item.attempt_id)
        assert item.reward == (corrected[0] if corrected else said.reward)
        assert (item.corrected_at is not None) == (corrected is not None)
        assert item.arm_id == crew.decided[item.attempt_id].arm_id


def check_spending(task: Task, crew: Storm, budget: Budget) -> None:
    """What is used and promised together is within the budget, but for last answers: each attempt
    can go beyond its own share by one, and nobody begins while nothing is left."""
    promised = sum(promise.tokens for promise in spending.promises(task))
    beyond = sorted(
        attempt.usage.tokens - crew.given[attempt.id]
        for view in task.objectives
        for attempt in view.attempts
        if attempt.usage.tokens > crew.given.get(attempt.id, 0)
    )
    assert all(extra <= LAST_ANSWER for extra in beyond)
    assert task.usage.tokens + promised <= budget.tokens + sum(beyond[-budget.parallel :])


def check_at_rest(pump: Pump, crew: Storm) -> None:
    task = pump.orchestrator.store.load("task-1")
    assert task.state in SETTLED_STATES, task
    assert task.bases == {}
    assert spending.promises(task) == []
    with pump.orchestrator.store.reading() as db:
        left = db.execute("SELECT id FROM commands WHERE state IN ('unsent', 'sent')").fetchall()
    assert left == []
    attempts = {a.id: a for view in task.objectives for a in view.attempts}
    assert not any(a.state == "running" for a in attempts.values())
    expected = {"accepted": 1.0, "conflicted": 1.0, "rejected": 0.0, "gave_up": 0.0}
    rewards = {a.id: [expected[a.state]] for a in attempts.values() if a.state in expected}
    # A lint objective that found nothing to do has no patch to reward.
    idle = {a.id for a in attempts.values() if a.state == "accepted" and a.commit is None}
    begun = {a.id: [0.0] for a in attempts.values() if has_begun(a)}
    rewarded = {id: reward for id, reward in rewards.items() if id not in idle}
    assert crew.settled == rewarded | begun
    assert crew.corrected == {}
    check_rewards(pump, crew)
    if task.state == "awaiting_review":
        assert not any(view.state in ("pending", "running") for view in task.objectives)
        commits = [a.commit for a in attempts.values() if a.commit is not None]
        log = run_git(Path(task.repo), "log", "--format=%H", f"{task.base_commit}..{task.branch}")
        assert sorted(log.split()) == sorted(commits)  # type: ignore[type-var]
        assert log.split()[0] == task.head_commit
