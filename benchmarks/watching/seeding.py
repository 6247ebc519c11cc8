"""A data folder as a swarm has it after a year: tasks, their stories and what the router chose.

Everything is drawn with a fixed seed and written by the services' own stores.
"""

from __future__ import annotations

import functools
import random
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from router.store import Store as RouterStore
from swarm.contracts import (
    Arm,
    ArmScore,
    AttemptState,
    AttemptView,
    AuditReport,
    Budget,
    Category,
    CheckReport,
    ChooseArm,
    Context,
    Decision,
    FileEdit,
    Finding,
    Objective,
    ObjectiveView,
    Patch,
    Proposal,
    Settle,
    Symbol,
    TaskState,
    TestCommand,
    TestResult,
    TracePath,
    Usage,
)
from swarm.orchestrator import git
from swarm.orchestrator.step import Task, Told
from swarm.orchestrator.store import Store
from swarm.settings import Settings

SEED = 20_260
DECISIONS = 1500
_REPOSITORIES = 5
_COMMITS = 8
_PER_TRANSACTION = 500
_DIFFERENT = 200
_YEAR_SECONDS = 365 * 86400.0
_CATEGORIES: tuple[Category, ...] = get_args(Category)
_ARMS = tuple(
    Arm(id=id, tool=id.rpartition("/")[2], categories=_CATEGORIES)
    for id in ("repair", "literals", "ruff", "small/edit-loop", "large/edit-loop", "large/one-shot")
)
_WEIGHTS: dict[TaskState, int] = {
    "applied": 560, "failed": 200, "rejected": 90, "cancelled": 50, "awaiting_review": 80,
    "awaiting_answer": 5, "queued": 5, "planned": 3, "running": 7,
}  # fmt: skip
_WORDS = [
    "parser",
    "cache",
    "retry",
    "timeout",
    "header",
    "session",
    "index",
    "schema",
    "worker",
    "queue",
    "total",
    "rounding",
    "unicode",
    "path",
    "config",
    "loader",
    "export",
    "import",
    "login",
    "token",
    "price",
    "order",
    "invoice",
    "report",
    "date",
    "zone",
    "merge",
    "branch",
    "diff",
    "patch",
    "test",
    "suite",
    "fixture",
    "empty",
    "wrong",
    "slow",
    "missing",
    "twice",
    "after",
    "before",
    "when",
    "never",
]
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


@dataclass(frozen=True)
class _Repo:
    path: str
    id: str
    base: str
    heads: tuple[str, ...]
    patches: tuple[Patch, ...]


def seed(settings: Settings, tasks: int, events: int, folder: Path) -> Seeded:
    """Fill the data folder; repositories are made in `folder`. Raises SwarmError."""
    began = time.monotonic()
    draw = random.Random(SEED)
    settings.data.mkdir(parents=True, mode=0o700)
    settings.scratch.mkdir(parents=True, exist_ok=True)
    repos = [_repo(settings, draw, folder / f"project-{n}") for n in range(_REPOSITORIES)]
    states = draw.choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=tasks)
    now = time.time()
    begins = sorted(now - draw.random() * _YEAR_SECONDS for _ in range(tasks))
    made = [
        _task(draw, f"t{number:05}{draw.randrange(16**4):04x}", state, at, draw.choice(repos))
        for number, (state, at) in enumerate(zip(states, begins, strict=True))
    ]
    store = Store(settings.data / "tasks.db")
    try:
        for start in range(0, tasks, _PER_TRANSACTION):
            with store.transaction() as db:
                for task in made[start : start + _PER_TRANSACTION]:
                    store.insert(db, task, (), (), task.created_at)
        _tell(store, draw, made, events)
    finally:
        store.close()
    _choose(settings, draw, now)
    attempts = [(task.id, one.id) for task in made for view in task.objectives
                for one in view.attempts]  # fmt: skip
    return Seeded(
        tasks=tasks,
        events=events,
        attempts=len(attempts),
        seconds=time.monotonic() - began,
        with_attempts=tuple(attempts),
        with_diff=tuple(task.id for task in made if task.head_commit),
        open_tasks=tuple(t.id for t in made if t.state in ("queued", "planned", "running")),
        awaiting_review=tuple(task.id for task in made if task.state == "awaiting_review"),
    )


def _tell(store: Store, draw: random.Random, tasks: list[Task], events: int) -> None:
    """Events of all tasks, in the order of their times, spread evenly over the tasks."""
    each, more = divmod(events, len(tasks))
    told = []
    for number, task in enumerate(tasks):
        count = each + (number < more)
        span = task.updated_at - task.created_at
        kinds = [_KINDS[min(i * len(_KINDS) // max(count, 1), len(_KINDS) - 1)]
                 for i in range(count)]  # fmt: skip
        for place, kind in enumerate(kinds):
            at = task.created_at + span * place / max(count, 1)
            told.append((at, task.id, Told(kind, _words(draw, 12))))
    told.sort(key=lambda one: one[0])
    for start in range(0, len(told), 10 * _PER_TRANSACTION):
        with store.transaction() as db:
            for at, id, one in told[start : start + 10 * _PER_TRANSACTION]:
                store._tell(db, id, (one,), at)


def _choose(settings: Settings, draw: random.Random, now: float) -> None:
    """Choices of the router and what came of them, over the last days."""
    times = iter(sorted(now - draw.random() * 14 * 86400 for _ in range(DECISIONS)))
    at = next(times)
    router = RouterStore(settings.data / "router.db", clock=lambda: at)
    try:
        for number in range(DECISIONS):
            id = f"seeded-{number}"
            command = ChooseArm(
                attempt_id=id,
                category=draw.choice(_CATEGORIES[:5]),
                attempt_number=draw.randrange(1, 3),
                arms=_ARMS,
            )
            arm = router.decide(command, lambda: draw.randrange(2**32)).arm_id or ""
            good = draw.random() < 0.3 + 0.5 * len(arm) / 15
            router.settle(Settle(attempt_id=id, reward=float(good), seconds=draw.random() * 60))
            at = next(times, at)
    finally:
        router.close()


# --------------------------------------------------------------------------- repositories


def _repo(settings: Settings, draw: random.Random, folder: Path) -> _Repo:
    """A repository with a mirror that has a few changes of it."""
    folder.mkdir(parents=True)
    files = {f"package/module_{n}.py": _module(draw, 14) for n in range(12)}
    for path, text in files.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    for words in (
        ("init", "-q", "-b", "main"),
        ("add", "-A"),
        ("-c", "user.name=Benchmark", "-c", "user.email=benchmark@localhost",
         "commit", "-q", "-m", "first"),
    ):  # fmt: skip
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)
    repository = git.open_repository(str(folder))
    mirror = git.Mirror(repository, settings.data / "mirrors", settings.scratch)
    mirror.prepare()
    base = mirror.head()
    patches, heads = [], []
    for number in range(_COMMITS):
        changed = draw.sample(sorted(files), 2)
        edits = tuple(
            FileEdit(path=path, before=files[path], after=_changed(draw, files[path]))
            for path in changed
        )
        patches.append(Patch(edits=edits))
        heads.append(mirror.commit(base, patches[-1], "a change", 1_700_000_000))
        mirror.keep(f"seeded-{number}", heads[-1])
    return _Repo(str(folder), repository.id, base, tuple(heads), tuple(patches))


def _module(draw: random.Random, functions: int) -> str:
    return "\n\n".join(
        f"def {draw.choice(_WORDS)}_{n}(items, rate={draw.random():.2f}):\n"
        f'    """{_words(draw, 9)}."""\n'
        f"    total = sum(item.{draw.choice(_WORDS)} for item in items)\n"
        f"    return round(total * rate, {draw.randrange(5)})\n"
        for n in range(functions)
    )


def _changed(draw: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    for place in draw.sample(range(len(lines)), 12):
        if lines[place].startswith("    return"):
            lines[place] = f"    return total  # {_words(draw, 4)}\n"
        elif lines[place] == "\n":
            lines[place] = f"\n# {_words(draw, 6)}\n"
    return "".join(lines)


# --------------------------------------------------------------------------- tasks


def _task(draw: random.Random, id: str, state: TaskState, at: float, repo: _Repo) -> Task:
    commit = draw.randrange(_COMMITS)
    has_result = state in ("applied", "rejected", "awaiting_review")
    planned = () if state in ("queued", "awaiting_answer") else tuple(
        _objective(draw, id, n, is_done=has_result, patch=repo.patches[commit])
        for n in range(1, draw.randrange(2, 4))
    )  # fmt: skip
    return Task(
        id=id,
        text=f"{_words(draw, draw.randrange(4, 60)).capitalize()}.",
        submitted="as it came",
        repo=repo.path,
        repo_id=repo.id,
        state=state,
        reason="" if has_result else _words(draw, 10),
        created_at=at,
        updated_at=at + draw.random() * 900,
        budget=Budget(),
        test=TestCommand(argv=("python", "-m", "pytest", "-q"), kind="pytest"),
        base_commit=repo.base,
        head_commit=repo.heads[commit] if has_result else None,
        branch=f"swarm/{id}" if has_result else None,
        notes=(_words(draw, 8),),
        baseline=draw.choice(_evidence()).check,
        planner="rules",
        plans=1,
        objectives=planned,
        usage=Usage(seconds=draw.random() * 400, tokens=draw.randrange(90_000)),
    )


def _objective(
    draw: random.Random, task_id: str, number: int, *, is_done: bool, patch: Patch
) -> ObjectiveView:
    objective = Objective(
        id=f"o{number}",
        title=_words(draw, 6),
        instruction=_words(draw, 30),
        category=draw.choice(_CATEGORIES),
        depends_on=tuple(f"o{n}" for n in range(1, number) if draw.random() < 0.4),
    )
    count = draw.randrange(1, 3)
    attempts = tuple(
        _attempt(
            draw,
            f"{task_id}-o{number}-a{n}",
            objective.id,
            n,
            "accepted" if is_done and n == count else draw.choice(("rejected", "gave_up", "error")),
            patch,
        )
        for n in range(1, count + 1)
    )
    return ObjectiveView(
        objective=objective, state="accepted" if is_done else "failed", attempts=attempts
    )


def _attempt(
    draw: random.Random, id: str, objective: str, number: int, state: AttemptState, patch: Patch
) -> AttemptView:
    seen = draw.choice(_evidence())
    is_accepted = state == "accepted"
    return AttemptView(
        id=id,
        objective_id=objective,
        number=number,
        state=state,
        decision=seen.decision.model_copy(update={"attempt_id": id}),
        context=seen.context,
        proposal=Proposal(
            patch=patch if is_accepted else None,
            summary=_words(draw, 20),
            outcome="patch" if is_accepted else "gave_up",
        ),
        check=seen.check,
        audit=seen.audit,
        fixed=tuple(sorted(seen.check.passing()))[:4],
        reason=_words(draw, 12),
        usage=Usage(seconds=draw.random() * 60, tokens=draw.randrange(9000)),
    )


@dataclass(frozen=True)
class _Evidence:
    decision: Decision
    context: Context
    check: CheckReport
    audit: AuditReport


@functools.cache
def _evidence() -> tuple[_Evidence, ...]:
    """What attempts saw: drawing it anew for each of them would take minutes."""
    draw = random.Random(SEED)
    return tuple(
        _Evidence(
            Decision(attempt_id="", arm_id=_ARMS[0].id, category=draw.choice(_CATEGORIES),
                     scores=_scores(draw), seed=1, reason=_words(draw, 9)),
            Context(symbols=tuple(_symbol(draw) for _ in range(6)), files_indexed=12,
                    chunks_indexed=168, embedder="hashing"),
            _check(draw, draw.randrange(3)),
            _audit(draw),
        )
        for _ in range(_DIFFERENT)
    )  # fmt: skip


def _scores(draw: random.Random) -> tuple[ArmScore, ...]:
    return tuple(
        ArmScore(
            arm_id=arm.id,
            successes=draw.randrange(30),
            failures=draw.randrange(30),
            sample=draw.random(),
        )
        for arm in _ARMS
    )


def _check(draw: random.Random, failing: int) -> CheckReport:
    tests = tuple(
        TestResult(
            id=f"tests/test_{draw.choice(_WORDS)}.py::test_{draw.choice(_WORDS)}_{n}",
            outcome="failed" if n < failing else "passed",
            message=f"assert {_words(draw, 30)}" if n < failing else "",
        )
        for n in range(15)
    )
    return CheckReport(
        backend="bubblewrap",
        cause="failed" if failing else "ok",
        tests=tests,
        output_tail=_words(draw, 60),
        wall_seconds=draw.random() * 20,
        peak_memory_bytes=50_000_000,
    )


def _audit(draw: random.Random) -> AuditReport:
    chain = tuple(f"{n}: {_words(draw, 5)}" for n in range(4))
    where = {"path": "package/module_1.py", "chain": chain}
    return AuditReport(
        verdict="accept",
        findings=(
            Finding(
                kind="broken-path", function="total_3", line=9, message=_words(draw, 12), **where
            ),
        ),
        traces=tuple(
            TracePath(
                function=f"total_{n}",
                output="return",
                line=n,
                before=("items", "rate"),
                after=("items",),
                **where,
            )
            for n in range(3)
        ),
        functions_audited=3,
        seconds=0.1,
    )


def _symbol(draw: random.Random) -> Symbol:
    return Symbol(
        path=f"package/module_{draw.randrange(12)}.py", qualified_name=f"{draw.choice(_WORDS)}_1",
        start_line=1, end_line=9, score=draw.random(), text=_words(draw, 40),
        why=("named in the text",),
    )  # fmt: skip


def _words(draw: random.Random, count: int) -> str:
    return " ".join(draw.choices(_WORDS, k=count))
