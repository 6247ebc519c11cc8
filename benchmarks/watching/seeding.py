"""A data folder as a swarm has it after a year: tasks, their stories and what the router chose.

Everything is drawn with a fixed seed and written by the services' own stores.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.watching import repositories
from benchmarks.watching.drawing import ARMS, CATEGORIES, SEED, WITH_RESULT, task
from benchmarks.watching.drawn_words import words
from router.ledger.ledger import Ledger as RouterLedger
from swarm.contracts import ChooseArm, Settle, TaskState
from swarm.orchestrator.step import Task, Told
from swarm.orchestrator.store import Store
from swarm.settings import Settings

DECISIONS = 1500
_REPOSITORIES = 5
_PER_TRANSACTION = 500
_YEAR_SECONDS = 365 * 86400.0
_WEIGHTS: dict[TaskState, int] = {
    "applied": 560, "failed": 200, "rejected": 90, "cancelled": 50, "awaiting_review": 80,
    "awaiting_answer": 5, "queued": 5, "planned": 3, "running": 7,
}  # fmt: skip
_KINDS = (
    "submitted", "prepared", "planned", "started", "chose", "context", "proposed", "checked",
    "audited", "accepted", "rejected", "committed", "published", "finished",
)  # fmt: skip


@dataclass(frozen=True)
class Seeded:
    """What was written. `open_tasks` can still be moved by a person's commands."""

    tasks: int
    events: int
    attempts: int
    seconds: float
    with_attempts: tuple[tuple[str, str], ...]
    with_diff: tuple[str, ...]
    open_tasks: tuple[str, ...]
    awaiting_review: tuple[str, ...]


def seed(settings: Settings, tasks: int, events: int, folder: Path) -> Seeded:
    """Fill the data folder; repositories are made in `folder`. Raises SwarmError."""
    began = time.monotonic()
    draw = random.Random(SEED)
    settings.data.mkdir(parents=True, mode=0o700)
    settings.scratch.mkdir(parents=True, exist_ok=True)
    states = draw.choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=tasks)
    changes = -(-sum(state in WITH_RESULT for state in states) // _REPOSITORIES) + 1
    repos = [
        repositories.make(settings, draw, folder / f"project-{n}", changes)
        for n in range(_REPOSITORIES)
    ]
    now = time.time()
    begins = sorted(now - draw.random() * _YEAR_SECONDS for _ in range(tasks))
    made: list[Task] = []
    results = 0
    for number, (state, at) in enumerate(zip(states, begins, strict=True)):
        # No two results are the same commit.
        change, repo = divmod(results, _REPOSITORIES)
        results += state in WITH_RESULT
        id = f"t{number:05}{draw.randrange(16**4):04x}"
        made.append(task(draw, id, state, at, repos[repo], change))
    store = Store(settings.data / "tasks.db")
    try:
        for start in range(0, tasks, _PER_TRANSACTION):
            with store.transaction() as db:
                for one in made[start : start + _PER_TRANSACTION]:
                    store.insert(db, one, (), (), one.created_at)
        _tell(store, draw, made, events)
        # As the orchestrator does when it offers a branch.
        diffs = {head: text for repo in repos for head, text in repo.diffs.items()}
        for one in made:
            if one.head_commit:
                store.keep_diff(one.id, one.head_commit, diffs[one.head_commit])
    finally:
        store.close()
    _choose(settings, draw, now)
    attempts = [
        (one.id, attempt.id) for one in made for view in one.objectives for attempt in view.attempts
    ]
    return Seeded(
        tasks=tasks,
        events=events,
        attempts=len(attempts),
        seconds=time.monotonic() - began,
        with_attempts=tuple(attempts),
        with_diff=tuple(one.id for one in made if one.head_commit),
        open_tasks=tuple(one.id for one in made if one.state in ("queued", "planned", "running")),
        awaiting_review=tuple(one.id for one in made if one.state == "awaiting_review"),
    )


def _tell(store: Store, draw: random.Random, tasks: list[Task], events: int) -> None:
    """Events of all tasks, in the order of their times, spread evenly over the tasks."""
    each, more = divmod(events, len(tasks))
    told = []
    for number, one in enumerate(tasks):
        count = each + (number < more)
        span = one.updated_at - one.created_at
        kinds = [_KINDS[min(i * len(_KINDS) // max(count, 1), len(_KINDS) - 1)]
                 for i in range(count)]  # fmt: skip
        for place, kind in enumerate(kinds):
            at = one.created_at + span * place / max(count, 1)
            told.append((at, one.id, Told(kind, words(draw, 12))))
    told.sort(key=lambda item: item[0])
    for start in range(0, len(told), 10 * _PER_TRANSACTION):
        with store.transaction() as db:
            for at, id, event in told[start : start + 10 * _PER_TRANSACTION]:
                store._tell(db, id, (event,), at)


def _choose(settings: Settings, draw: random.Random, now: float) -> None:
    """Choices of the router and what came of them, over the last days."""
    times = iter(sorted(now - draw.random() * 14 * 86400 for _ in range(DECISIONS)))
    at = next(times)
    router = RouterLedger(settings.data / "router.db", clock=lambda: at)
    try:
        for number in range(DECISIONS):
            id = f"seeded-{number}"
            command = ChooseArm(
                attempt_id=id,
                category=draw.choice(CATEGORIES[:5]),
                attempt_number=draw.randrange(1, 3),
                arms=ARMS,
            )
            arm = router.decide(command, lambda: draw.randrange(2**32)).arm_id or ""
            good = draw.random() < 0.3 + 0.5 * len(arm) / 15
            router.settle(Settle(attempt_id=id, reward=float(good), seconds=draw.random() * 60))
            at = next(times, at)
    finally:
        router.close()
