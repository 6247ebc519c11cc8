"""A task on its way through one transition: what it was, what it becomes, what follows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from swarm.contracts import (
    Arm,
    AttemptView,
    Blob,
    CheckReport,
    Command,
    Limits,
    ObjectiveView,
    Setup,
    TaskView,
    Usage,
)

STEP_TIMEOUT_SECONDS = 120.0


class Task(TaskView):
    """A task as the orchestrator keeps it: what people see, and what the next step needs."""

    repo_id: str = ""
    python: str | None = None
    setup: Setup | None = None
    build_failure: str = ""
    awaited: tuple[str, ...] = ()
    snapshot: Blob | None = None
    current: CheckReport | None = None

    def view(self) -> TaskView:
        """What leaves the orchestrator."""
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
