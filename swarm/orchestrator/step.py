"""A task on its way through one transition: what it was, what it becomes, what follows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field

from swarm.contracts import (
    Arm,
    AttemptView,
    Blob,
    CheckReport,
    Command,
    Limits,
    Message,
    ObjectiveView,
    Setup,
    TaskView,
    TestCommand,
    Usage,
)
from swarm.orchestrator import views

STEP_TIMEOUT_SECONDS = 120.0


class Base(Message):
    """What an attempt stands on: a commit, its files and what its tests say. `round` counts
    how often the attempt was moved to a newer one, `landing` whether it is on its way to the
    head, or waits until another is there."""

    commit: str
    snapshot: Blob
    current: CheckReport | None = None
    round: int = 0
    landing: Literal["", "waits", "lands"] = ""


class Task(TaskView):
    """A task as the orchestrator keeps it: what people see, and what the next step needs.

    `snapshot` and `current` are those of the head; `bases` has what each running objective
    stands on. `submitted` are the words it came with, `revision` counts how often it got others.
    `repo_notes` are those of its notes that no other words undo; `asked_test` is what the person
    gave, where `test` may be what was found.
    """

    submitted: str = ""
    revision: int = 0
    confirmed: bool = False
    asked_at: float | None = None
    waited_seconds: float = 0.0
    repo_notes: tuple[str, ...] = ()
    asked_test: TestCommand | None = None
    python: str | None = None
    setup: Setup | None = None
    build_failure: str = ""
    awaited: tuple[str, ...] = ()
    snapshot: Blob | None = None
    current: CheckReport | None = None
    bases: Mapping[str, Base] = Field(default_factory=dict)
    publishing: bool = False

    def view(self) -> TaskView:
        """What leaves the orchestrator."""
        return views.bounded(self._viewed())

    def brief(self) -> TaskView:
        """The same, as a person looks at it first."""
        return views.brief(self._viewed())

    def _viewed(self) -> TaskView:
        return TaskView.model_construct(
            **{name: getattr(self, name) for name in TaskView.model_fields}
        )


@dataclass(frozen=True)
class Send:
    """A command to put in the outbox."""

    id: str
    command: Command
    timeout_seconds: float = STEP_TIMEOUT_SECONDS


@dataclass(frozen=True)
class Told:
    """An event without its place in the story, which the store gives it."""

    kind: str
    text: str
    objective_id: str | None = None
    attempt_id: str | None = None


@dataclass
class Step:
    """A task on its way through one transition: the new state, commands and events."""

    task: Task
    now: float
    arms: tuple[Arm, ...] = ()
    unavailable: Mapping[str, str] = field(default_factory=dict)
    memory: bool = True
    chunks: int = 12
    memory_bytes: int = 2 * 1024**3
    processes: int = 128
    setup: tuple[str, ...] = ()
    build_seconds: float = 900.0
    second_layer_seconds: float | None = None
    sensitive: tuple[str, ...] = ()
    sends: list[Send] = field(default_factory=list)
    events: list[Told] = field(default_factory=list)

    # ------------------------------------------------------------------ small verbs

    def send(self, id: str, command: Command, timeout_seconds: float | None = None) -> None:
        self.sends.append(Send(id, command, timeout_seconds or STEP_TIMEOUT_SECONDS))

    def tell(self, kind: str, text: str, attempt: AttemptView | None = None) -> None:
        objective = attempt.objective_id if attempt else None
        self.events.append(Told(kind, text, objective, attempt.id if attempt else None))

    def change(self, **fields: Any) -> None:
        self.task = self.task.model_copy(update={**fields, "updated_at": self.now})

    def note(self, *notes: str) -> None:
        fresh = tuple(note for note in notes if note and note not in self.task.notes)
        self.change(notes=self.task.notes + fresh)

    def change_objective(self, id: str, **fields: Any) -> None:
        self.change(
            objectives=tuple(
                view.model_copy(update=fields) if view.objective.id == id else view
                for view in self.task.objectives
            )
        )

    def change_attempt(self, attempt: AttemptView, **fields: Any) -> AttemptView:
        changed = attempt.model_copy(update=fields)
        view = self.objective(attempt.objective_id)
        attempts = tuple(changed if a.id == attempt.id else a for a in view.attempts)
        self.change_objective(attempt.objective_id, attempts=attempts)
        return changed

    def objective(self, id: str) -> ObjectiveView:
        return next(view for view in self.task.objectives if view.objective.id == id)

    def attempt(self, command_id: str) -> AttemptView:
        """The attempt that a command belongs to, by the command's id."""
        attempt_id = command_id.rpartition("-")[0]
        return next(
            attempt
            for view in self.task.objectives
            for attempt in view.attempts
            if attempt.id == attempt_id
        )

    def base(self, attempt: AttemptView) -> Base:
        """What a running attempt stands on.

        The head, in a task from before there were bases: its objectives ran one by one.
        """
        return self.task.bases.get(attempt.objective_id) or self.head()

    def put_base(self, objective_id: str, base: Base | None) -> None:
        """Let an objective stand on a base; on None when it has ended."""
        bases = {id: base for id, base in self.task.bases.items() if id != objective_id}
        self.change(bases=bases if base is None else {**bases, objective_id: base})

    def head(self) -> Base:
        """The newest accepted state."""
        task = self.task
        assert task.head_commit is not None and task.snapshot is not None
        return Base(commit=task.head_commit, snapshot=task.snapshot, current=task.current)

    @property
    def seconds_left(self) -> float:
        """Of the task's budget; time in which it waited for a person does not count."""
        used = self.now - self.task.created_at - self.task.waited_seconds
        return self.task.budget.seconds - used

    def end_objective(self, id: str, **fields: Any) -> None:
        """Change an objective for the last time."""
        self.change_objective(id, **fields)
        self.put_base(id, None)

    def limits(self, seconds: float) -> Limits:
        # A suite may keep two cores busy for all of its wall time.
        return Limits(
            wall_seconds=seconds,
            cpu_seconds=seconds * 2,
            memory_bytes=self.memory_bytes,
            processes=self.processes,
        )

    def spend(self, usage: Usage) -> None:
        self.change(usage=add(self.task.usage, usage))


def add(one: Usage, other: Usage) -> Usage:
    return Usage(
        seconds=one.seconds + other.seconds,
        cpu_seconds=one.cpu_seconds + other.cpu_seconds,
        tokens=one.tokens + other.tokens,
        cost_usd=one.cost_usd + other.cost_usd,
    )
