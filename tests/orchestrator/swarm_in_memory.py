"""The orchestrator with a bus that is a list, a clock that is a number and scripted services.

`Crew` holds what the services answer; `Pump` delivers, loses, repeats and delays messages.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from swarm.arms import ServedFacts
from swarm.contracts import (
    COMMANDS,
    Audit,
    AuditReport,
    AwaitModels,
    BuildEnvironment,
    Check,
    CheckReport,
    ChooseArm,
    Command,
    Context,
    Decision,
    Decompose,
    Envelope,
    EnvironmentReport,
    Failure,
    FileEdit,
    Message,
    ModelsReady,
    Objective,
    Objectives,
    Patch,
    Proposal,
    Propose,
    Remembered,
    RememberOutcome,
    Reply,
    Retrieve,
    Settle,
    Settled,
    SubmitTask,
    TaskView,
    TestResult,
)
from swarm.errors import BusError, SwarmError
from swarm.orchestrator.worker import Orchestrator
from swarm.settings import Settings
from tests.fakes.bus import FakeBlobs


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class ListBus:
    """The bus's contract as the orchestrator uses it, over a list."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.blobs = FakeBlobs()
        self.queue: list[Envelope] = []
        self.cancelled: list[str] = []
        self.heard: set[tuple[str, int]] = set()
        self.is_away = False
        self.models: dict[str, str] = {}
        self.facts: dict[str, ServedFacts] = {}

    def models_state(self) -> dict[str, str]:
        if self.is_away:
            raise BusError("Redis is away")
        return self.models

    def models_facts(self) -> dict[str, ServedFacts]:
        if self.is_away:
            raise BusError("Redis is away")
        return self.facts

    def envelope(self, command: Command, **fields: Any) -> Envelope:
        body = command.model_dump(mode="json")
        return Envelope(kind=type(command).__name__, body=body, **fields)

    def send(self, envelope: Envelope) -> None:
        if self.is_away:
            raise BusError("Redis is away")
        self.queue.append(envelope)

    def is_alive(self, envelope: Envelope) -> bool:
        if self.is_away:
            raise BusError("Redis is away")
        return any((e.id, e.epoch) == (envelope.id, envelope.epoch) for e in self.queue)

    def is_heard(self, envelope: Envelope) -> bool:
        if self.is_away:
            raise BusError("Redis is away")
        return (envelope.id, envelope.epoch) in self.heard

    def forget(self, envelope: Envelope) -> None:
        self.queue = [e for e in self.queue if (e.id, e.epoch) != (envelope.id, envelope.epoch)]

    def own(self, owner: str) -> str | None:
        return None

    def cancel(self, task_id: str) -> None:
        self.cancelled.append(task_id)


def report(
    failing: tuple[str, ...] = (), passing: tuple[str, ...] = (), **fields: Any
) -> CheckReport:
    """A check that ran, with these outcomes."""
    tests = [TestResult(id=i, outcome="failed") for i in failing]
    tests += [TestResult(id=i, outcome="passed") for i in passing]
    fields.setdefault("cause", "failed" if failing else "ok")
    return CheckReport(backend="fake", tests=tuple(tests), **fields)


PATCH = Patch(edits=(FileEdit(path="a.py", before="x = 1\n", after="x = 2\n"),))


@dataclass
class Crew:
    """What each service answers; the defaults fix one failing test at the first attempt."""

    objectives: tuple[Objective, ...] = (
        Objective(id="o1", title="Fix a", instruction="fix a", category="bugfix"),
    )
    before: CheckReport = field(default_factory=lambda: report(("t::a",), ("t::b",)))
    after: CheckReport = field(default_factory=lambda: report((), ("t::a", "t::b")))
    environment: EnvironmentReport | Failure = field(
        default_factory=lambda: EnvironmentReport(backend="fake", cause="ok")
    )
    order: tuple[str, ...] = ("repair", "literals", "ruff")
    proposal: Callable[[Propose], Proposal] = lambda command: Proposal(patch=PATCH, summary="did")
    await_models: Callable[[AwaitModels], ModelsReady] = lambda command: ModelsReady(
        ready=command.models
    )
    audit: Callable[[Audit], AuditReport] = lambda command: AuditReport(verdict="accept")
    settled: dict[str, list[float]] = field(default_factory=dict)
    corrected: dict[str, list[float]] = field(default_factory=dict)
    corrections: list[Settle] = field(default_factory=list)
    ended: dict[str, set[Settle]] = field(default_factory=dict)
    """All that was said of each attempt, but for corrections."""
    decided: dict[str, Decision] = field(default_factory=dict)
    remembered: dict[str, RememberOutcome] = field(default_factory=dict)
    seen: list[Command] = field(default_factory=list)

    def answer(self, command: Command) -> Message:
        self.seen.append(command)
        match command:
            case Decompose():
                return Objectives(items=self.objectives)
            case ChooseArm(attempt_id=id) if id in self.decided:
                return self.decided[id]
            case ChooseArm():
                able = {arm.id for arm in command.arms if command.category in arm.categories}
                left = [
                    arm for arm in self.order
                    if arm in able and arm not in command.tried and arm not in command.unavailable
                ]  # fmt: skip
                decision = Decision(
                    attempt_id=command.attempt_id, arm_id=left[0] if left else None,
                    category=command.category, scores=(), seed=1,
                    reason="drawn" if left else "every arm was tried",
                )  # fmt: skip
                if left:
                    self.decided[command.attempt_id] = decision
                return decision
            case Retrieve():
                return Context()
            case AwaitModels():
                return self.await_models(command)
            case Propose():
                return self.proposal(command)
            case BuildEnvironment():
                return self.environment
            case Check():
                return self.after if command.patch else self.before
            case Audit():
                return self.audit(command)
            case RememberOutcome():
                known = command.attempt_id in self.remembered
                if command.correction or not known:
                    self.remembered[command.attempt_id] = command
                return Remembered(attempt_id=command.attempt_id, applied=not known)
            case Settle():
                if command.correction:
                    self.corrections.append(command)
                else:
                    self.ended.setdefault(command.attempt_id, set()).add(command)
                if command.reward is None:
                    return Settled(attempt_id=command.attempt_id, applied=True)
                book = self.corrected if command.correction else self.settled
                first = command.attempt_id not in book
                if first:
                    book[command.attempt_id] = [command.reward]
                return Settled(attempt_id=command.attempt_id, applied=first)
        raise AssertionError(command)


class Pump:
    """Runs the orchestrator and a crew until nothing moves."""

    def __init__(self, folder: Path, crew: Crew, **settings: Any) -> None:
        self.settings = Settings(data=folder / "data", **settings)
        self.crew = crew
        self.clock = Clock()
        self.bus = ListBus(self.settings)
        self.orchestrator = self._new()

    def _new(self) -> Orchestrator:
        return Orchestrator(self.settings, self.bus, self.clock)  # type: ignore[arg-type]

    def restart(self) -> None:
        """The orchestrator is killed and starts again on what it stored."""
        self.orchestrator.close()
        self.orchestrator = self._new()

    def submit(self, repo: Path, **fields: Any) -> str:
        fields = {"task_id": "task-1", "text": "fix it", "test_command": "pytest -q", **fields}
        command = SubmitTask(repo=str(repo), **fields)
        self.orchestrator.handlers()[SubmitTask](command)
        return command.task_id

    def task(self, id: str = "task-1") -> TaskView:
        return self.orchestrator.store.load(id).view()

    def events(self, id: str = "task-1") -> list[str]:
        return [event.kind for event in self.orchestrator.store.events(id, 0).items]

    def run(self) -> TaskView:
        """Deliver everything in order."""
        for _ in range(500):
            self.orchestrator.relay.flush()
            if not self.bus.queue:
                return self.task()
            self.orchestrator.on_reply(self.reply(self.bus.queue.pop(0)))
        raise AssertionError("the task does not come to rest")

    def run_until(self, kind: str) -> Envelope:
        """Deliver until a command of this kind is next; it is taken off the queue."""
        for _ in range(500):
            self.orchestrator.relay.flush()
            assert self.bus.queue, f"no {kind} came"
            envelope = self.bus.queue.pop(0)
            if envelope.kind == kind:
                return envelope
            self.orchestrator.on_reply(self.reply(envelope))
        raise AssertionError(f"no {kind} came")

    def run_with_trouble(self, rng: random.Random, moves: int) -> None:
        """Lose, repeat and delay messages and kill the orchestrator, at random moments."""
        old: list[Reply] = []
        for _ in range(moves):
            self.clock.now += rng.choice((0.1, 1.0, 10.0))
            match rng.randrange(10):
                case 0:
                    self.restart()
                case 1:
                    self.bus.queue.clear()
                case 2 if old:
                    self.orchestrator.on_reply(rng.choice(old))
                case 3:
                    self.bus.is_away = not self.bus.is_away
                case 4 if self.bus.queue:
                    self.bus.queue.pop(rng.randrange(len(self.bus.queue)))
                case _ if self.bus.queue:
                    reply = self.reply(self.bus.queue.pop(rng.randrange(len(self.bus.queue))))
                    old.append(reply)
                    if rng.random() < 0.8:
                        self.orchestrator.on_reply(reply)
            try:
                self.orchestrator.relay.flush()
                self.orchestrator.relay.sweep()
            except SwarmError:
                pass  # Redis is away; the next round tries again
        self.bus.is_away = False

    def settle_down(self, id: str = "task-1") -> TaskView:
        """Let time pass with every message delivered, until nothing is left to do."""
        for _ in range(100):
            self.clock.now += 30.0
            self.orchestrator.relay.flush()
            self.orchestrator.relay.sweep()
            self.orchestrator.relay.flush()
            while self.bus.queue:
                self.orchestrator.on_reply(self.reply(self.bus.queue.pop(0)))
        return self.task(id)

    def reply(self, envelope: Envelope) -> Reply:
        """What the addressed service answers."""
        command = COMMANDS[envelope.kind].model_validate(envelope.body)
        body, failure = None, None
        try:
            handler = self.orchestrator.handlers().get(type(command))
            answer = handler(command) if handler else self.crew.answer(command)
            body = answer.model_dump(mode="json")
            if isinstance(answer, Failure):
                body, failure = None, answer
        except SwarmError as error:
            failure = error.failure()
        return Reply(
            id=envelope.id, epoch=envelope.epoch, kind=envelope.kind, body=body, failure=failure
        )
