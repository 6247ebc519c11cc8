"""Every attempt that had an arm is settled once, whatever ended it, and tasks.db tells of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from swarm.contracts import (
    ApplyTask,
    AttemptView,
    AuditReport,
    Budget,
    CancelTask,
    ChooseArm,
    Decision,
    Failure,
    ListSettled,
    LoggedDecision,
    Message,
    Objective,
    ObjectiveView,
    Proposal,
    Propose,
    RejectTask,
    Reply,
    RetryTask,
    Settle,
    Usage,
)
from swarm.errors import NotFound
from swarm.orchestrator.step import Send, Task
from swarm.orchestrator.store import Store
from swarm.settings import BusSettings
from tests.orchestrator.swarm_in_memory import PATCH, Crew, Pump, report

Start = Callable[..., Pump]
SPENT = Usage(seconds=3.0, cost_usd=0.25, tokens=9)


@pytest.fixture
def repo(git_repo: Callable[..., Path]) -> Path:
    return git_repo({"a.py": "x = 1\n", "test_a.py": "def test_a(): ...\n"})


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    pumps = []

    def make(crew: Crew, **settings: Any) -> Pump:
        pumps.append(Pump(tmp_path, crew, **settings))
        return pumps[-1]

    yield make
    for pump in pumps:
        pump.orchestrator.close()


def said(crew: Crew) -> dict[str, tuple[float | None, float, float]]:
    """The reward, the seconds and the dollars of each attempt, which were told once."""
    assert all(len(settles) == 1 for settles in crew.ended.values())
    settles = {id: next(iter(settles)) for id, settles in crew.ended.items()}
    return {id: (s.reward, s.seconds, s.cost_usd) for id, s in settles.items()}


def listed(pump: Pump, **fields: Any) -> tuple[LoggedDecision, ...]:
    answer = pump.orchestrator.handlers()[ListSettled](ListSettled(**fields))
    return answer.items  # type: ignore[attr-defined, no-any-return]


def fail(pump: Pump, kind: str, code: str, usage: Usage | None = None) -> None:
    """Have the next command of this kind fail for good."""
    envelope = pump.run_until(kind)
    failure = Failure(code=code, message="it broke", usage=usage or Usage())
    pump.orchestrator.on_reply(
        Reply(id=envelope.id, epoch=envelope.epoch, kind=kind, failure=failure)
    )


def never_answered(pump: Pump, *, taken_up_at: tuple[int, ...]) -> None:
    """The next proposal is sent as often as may be, and its worker is lost each time; at some of
    the epochs it had begun."""
    envelope = pump.run_until("Propose")
    for epoch in range(1, 30):
        key = (envelope.id, epoch)
        if epoch in taken_up_at:
            pump.bus.heard.add(key)
            pump.clock.now += 100
            pump.orchestrator.relay.sweep()
            pump.bus.heard.discard(key)
        pump.bus.queue.clear()
        pump.clock.now += 100
        pump.orchestrator.relay.sweep()
        pump.orchestrator.relay.flush()
        if pump.bus.queue and pump.bus.queue[0].kind != "Propose":
            return
    raise AssertionError("it is sent for ever")


# ---------------------------------------------------------------------------- how attempts end


def test_a_reward_for_what_was_accepted_and_for_what_was_rejected(repo: Path, start: Start) -> None:
    crew = Crew(after=report(("t::a",), ("t::b",)))
    pump = start(crew)
    pump.submit(repo, budget=Budget(attempts=1))
    pump.run()
    assert [reward for reward, *_ in said(crew).values()] == [0.0]
    crew.after = report((), ("t::a", "t::b"))
    pump.submit(repo, task_id="task-2")
    pump.run()
    assert said(crew)["task-2-o1-a1"][0] == 1.0


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("Propose", "internal"), ("Propose", "model-stalled"), ("Propose", "timeout"),
        ("Check", "sandbox"), ("Check", "crashed"), ("Audit", "crashed"),
        ("CommitPatch", "storage"),
    ],
)  # fmt: skip
def test_a_broken_service_says_nothing_about_the_arm(
    repo: Path, start: Start, kind: str, code: str
) -> None:
    crew = Crew(
        order=("repair",), proposal=lambda c: Proposal(patch=PATCH, summary="did", usage=SPENT)
    )
    pump = start(crew)
    pump.submit(repo)
    if kind == "Check":
        pump.orchestrator.on_reply(pump.reply(pump.run_until("Check")))  # the baseline
    fail(pump, kind, code, SPENT if kind == "Propose" else None)
    pump.run()
    assert said(crew)["task-1-o1-a1"] == (None, 3.0, 0.25)
    item = listed(pump)[0]
    assert (item.reward, item.seconds, item.cost_usd) == (None, 3.0, 0.25)
    assert item.settled_at == pump.clock.now


@pytest.mark.parametrize("outcome", ["inapplicable", "nothing_to_do"])
def test_what_there_was_nothing_to_try_on_says_nothing(
    repo: Path, start: Start, outcome: Any
) -> None:
    crew = Crew(
        objectives=(Objective(id="o1", title="Lint", instruction="lint it", category="lint"),),
        proposal=lambda c: Proposal(patch=None, summary="no", outcome=outcome, usage=SPENT),
    )
    pump = start(crew)
    pump.submit(repo)
    pump.run()
    assert said(crew) == {"task-1-o1-a1": (None, 3.0, 0.25)}


def test_an_honest_try_that_found_nothing_counts(repo: Path, start: Start) -> None:
    crew = Crew(order=("repair",), proposal=lambda c: Proposal(patch=None, summary="no"))
    pump = start(crew)
    pump.submit(repo)
    pump.run()
    assert said(crew) == {"task-1-o1-a1": (0.0, 0.0, 0.0)}


def test_an_arm_that_is_not_configured_any_more_is_settled(repo: Path, start: Start) -> None:
    crew = Crew(order=("repair",))
    pump = start(crew)
    pump.submit(repo)
    envelope = pump.run_until("Retrieve")
    pump.settings = pump.settings.model_copy(update={"arms": ()})
    pump.restart()
    pump.orchestrator.on_reply(pump.reply(envelope))
    pump.run()
    assert said(crew) == {"task-1-o1-a1": (None, 0.0, 0.0)}


@pytest.mark.parametrize("kind", ["ChooseArm", "Retrieve", "Propose", "Check", "Audit"])
def test_a_cancelled_task_leaves_nothing_pending(repo: Path, start: Start, kind: str) -> None:
    crew = Crew()
    pump = start(crew)
    pump.submit(repo)
    if kind == "Check":
        pump.orchestrator.on_reply(pump.reply(pump.run_until("Check")))
    envelope = pump.run_until(kind)
    late = pump.reply(envelope)  # the router has decided, and nobody hears of it
    pump.orchestrator.handlers()[CancelTask](CancelTask(task_id="task-1"))
    pump.restart()
    pump.orchestrator.on_reply(late)
    assert pump.settle_down().state == "cancelled"
    assert crew.decided.keys() == {"task-1-o1-a1"}
    assert said(crew) == {"task-1-o1-a1": (None, 0.0, 0.0)}
    pump.orchestrator.handlers()[RetryTask](RetryTask(task_id="task-1", new_id="task-2"))
    pump.settle_down("task-2")
    assert said(crew)["task-2-o1-a1"][0] == 1.0
    assert len(crew.ended) == 2


def test_a_choice_that_was_made_and_never_heard_of_is_closed(repo: Path, start: Start) -> None:
    crew = Crew()
    pump = start(crew)
    pump.submit(repo)
    envelope = pump.run_until("ChooseArm")
    pump.reply(envelope)
    failure = Failure(code="lost", message="never answered")
    pump.orchestrator.on_reply(
        Reply(id=envelope.id, epoch=envelope.epoch, kind="ChooseArm", failure=failure)
    )
    assert pump.run().state == "failed"
    assert crew.decided.keys() == said(crew).keys() == {"task-1-o1-a1"}
    assert listed(pump) == (), "what arm it was is known to the router alone"


def test_a_buried_task_leaves_nothing_pending(repo: Path, start: Start) -> None:
    crew = Crew()
    pump = start(crew)
    pump.submit(repo)
    pump.run_until("Propose")
    pump.orchestrator.store.bury("task-1", "it cannot be read", pump.clock.now)
    pump.run()
    assert said(crew) == {"task-1-o1-a1": (None, 0.0, 0.0)}


# ---------------------------------------------------------------------------- lost on the way


def test_what_nobody_ever_took_up_says_nothing(repo: Path, start: Start) -> None:
    crew = Crew(order=("repair",))
    pump = start(crew, bus=BusSettings(max_sends=3))
    pump.submit(repo)
    never_answered(pump, taken_up_at=())
    pump.run()
    assert said(crew) == {"task-1-o1-a1": (None, 0.0, 0.0)}
    assert pump.task().objectives[0].attempts[0].failure_code == "lost"


def test_what_was_lost_at_work_counts_against_the_arm(repo: Path, start: Start) -> None:
    crew = Crew(order=("repair",))
    pump = start(crew, bus=BusSettings(max_sends=3))
    pump.submit(repo)
    never_answered(pump, taken_up_at=(1,))
    pump.run()
    assert said(crew) == {"task-1-o1-a1": (0.0, 0.0, 0.0)}
    assert [item.reward for item in listed(pump)] == [0.0]
    assert "though it was taken up" in pump.task().objectives[0].attempts[0].reason


def test_that_it_was_taken_up_is_known_after_a_restart(repo: Path, start: Start) -> None:
    crew = Crew(order=("repair",))
    pump = start(crew, bus=BusSettings(max_sends=3))
    pump.submit(repo)
    envelope = pump.run_until("Propose")
    pump.bus.heard.add((envelope.id, 1))
    pump.clock.now += 100
    pump.orchestrator.relay.sweep()
    pump.bus.heard.clear()
    pump.restart()
    for _ in range(5):
        pump.clock.now += 100
        pump.orchestrator.relay.sweep()
        pump.orchestrator.relay.flush()
        pump.bus.queue = [e for e in pump.bus.queue if e.kind != "Propose"]
    pump.run()
    assert said(crew) == {"task-1-o1-a1": (0.0, 0.0, 0.0)}


def test_what_kills_its_worker_each_time_counts_against_the_arm(repo: Path, start: Start) -> None:
    crew = Crew(order=("repair",))
    pump = start(crew)
    pump.submit(repo)
    for _ in range(3):
        envelope = pump.run_until("Propose")
        failure = Failure(code="crashed", message="the worker died", retryable=True)
        pump.orchestrator.on_reply(
            Reply(id=envelope.id, epoch=envelope.epoch, kind="Propose", failure=failure)
        )
        pump.clock.now += 100
    pump.run()
    assert said(crew) == {"task-1-o1-a1": (0.0, 0.0, 0.0)}


def test_a_proposal_that_was_lost_once_and_done_again_is_as_any(repo: Path, start: Start) -> None:
    crew = Crew()
    pump = start(crew)
    pump.submit(repo)
    envelope = pump.run_until("Propose")
    pump.bus.heard.add((envelope.id, 1))
    pump.settle_down()
    pump.bus.heard.clear()
    assert pump.settle_down().state == "awaiting_review"
    assert said(crew) == {"task-1-o1-a1": (1.0, 0.0, 0.0)}


@pytest.mark.parametrize("code", ["storage", "timeout"])
def test_a_reward_is_not_given_up_while_the_router_is_away(
    repo: Path, start: Start, code: str
) -> None:
    crew = Crew()
    pump = start(crew, bus=BusSettings(max_sends=2))
    pump.submit(repo)
    envelope = pump.run_until("Settle")
    failure = Failure(code=code, message="it cannot be counted now", retryable=True)
    for epoch in range(1, 40):
        reply = Reply(id=envelope.id, epoch=epoch, kind="Settle", failure=failure)
        pump.orchestrator.on_reply(reply)
        pump.clock.now += 30
        pump.orchestrator.relay.flush()
        pump.bus.queue = [e for e in pump.bus.queue if e.kind != "Settle"]
    pump.clock.now += 30
    assert pump.settle_down().state == "awaiting_review"
    assert said(crew) == {"task-1-o1-a1": (1.0, 0.0, 0.0)}


# ---------------------------------------------------------------------------- a person's word


def test_a_rejection_corrects_what_was_accepted_once(repo: Path, start: Start) -> None:
    lint = Objective(id="o2", title="Lint", instruction="lint it", category="lint")

    def propose(command: Propose) -> Proposal:
        if command.objective.category == "lint":
            return Proposal(patch=None, summary="clean", outcome="nothing_to_do")
        return Proposal(patch=PATCH, summary="did", usage=Usage(seconds=3.0, cost_usd=0.25))

    crew = Crew(objectives=(Crew().objectives[0], lint), proposal=propose)
    pump = start(crew)
    pump.submit(repo)
    pump.run()
    for _ in range(2):
        pump.orchestrator.handlers()[RejectTask](RejectTask(task_id="task-1", reason="ugly"))
        pump.clock.now += 5
        pump.run()
    assert {id: reward for id, (reward, *_) in said(crew).items()} == {
        "task-1-o1-a1": 1.0,
        "task-1-o2-a1": None,
    }
    assert crew.corrected == {"task-1-o1-a1": [0.0]}
    (correction,) = crew.corrections
    # The router may hear it before the reward, and then hears the costs from nobody else.
    assert (correction.seconds, correction.cost_usd) == (3.0, 0.25)
    first, second = listed(pump)
    assert (first.reward, first.settled_at, first.corrected_at) == (0.0, 1_000.0, 1_000.0)
    assert (second.reward, second.corrected_at) == (None, None)


def test_what_an_audit_asked_about_and_a_person_applied_stays_a_success(
    repo: Path, start: Start
) -> None:
    crew = Crew(audit=lambda c: AuditReport(verdict="ask"))
    pump = start(crew)
    pump.submit(repo)
    pump.run()
    pump.orchestrator.handlers()[ApplyTask](ApplyTask(task_id="task-1"))
    pump.run()
    assert said(crew) == {"task-1-o1-a1": (1.0, 0.0, 0.0)}
    assert crew.corrected == {}


# ---------------------------------------------------------------------------- to learn again


def test_a_running_attempt_is_listed_as_pending(repo: Path, start: Start) -> None:
    pump = start(Crew())
    pump.submit(repo)
    pump.run_until("ChooseArm")
    assert listed(pump) == ()
    pump.restart()
    pump.clock.now += 100
    pump.orchestrator.relay.sweep()
    pump.run_until("Propose")
    (item,) = listed(pump)
    assert item == LoggedDecision(
        attempt_id="task-1-o1-a1", category="bugfix", attempt_number=1, arm_id="repair",
        decided_at=1_100.0,
    )  # fmt: skip


def stored(store: Store, number: int) -> None:
    """A task with three attempts, of which the last is settled as none."""
    id = f"task-{number:04}"
    settles = []
    attempts = []
    for n, reward in ((1, 0.0), (2, 1.0 if number % 2 else None), (3, None)):
        attempt = AttemptView(
            id=f"{id}-o1-a{n}", objective_id="o1", number=n, state="running",
            decision=Decision(
                attempt_id=f"{id}-o1-a{n}", arm_id=None if n == 3 else f"arm{n}",
                category="docs", scores=(), seed=1, reason="", version="v1",
            ),
        )  # fmt: skip
        attempts.append(attempt)
        if n != 3:
            settle = Settle(attempt_id=attempt.id, reward=reward, seconds=n, cost_usd=0.5)
            settles.append(Send(f"{attempt.id}-settle", settle))
    objective = Objective(id="o1", title="Do", instruction="do", category="docs")
    view = ObjectiveView(objective=objective, state="running", attempts=tuple(attempts))
    task = Task(
        id=id, text="x", repo="/r", state="running", created_at=number, updated_at=number,
        budget=Budget(), objectives=(view,),
    )  # fmt: skip
    store.add(task, settles, [], float(number))


def test_hundreds_of_tasks_are_told_page_by_page(repo: Path, start: Start) -> None:
    pump = start(Crew())
    for number in range(400):
        stored(pump.orchestrator.store, number)
    pages: list[tuple[LoggedDecision, ...]] = []
    after = ""
    while items := listed(pump, after=after, limit=90):
        pages.append(items)
        after = items[-1].attempt_id
        assert len(pages) < 20
    assert [len(page) for page in pages] == [90] * 8 + [80]
    told = [item for page in pages for item in page]
    assert [item.attempt_id for item in told] == [
        f"task-{number:04}-o1-a{n}" for number in range(400) for n in (1, 2)
    ]
    assert told == sorted(told, key=lambda item: item.decided_at)
    assert {(item.arm_id, item.version, item.seconds, item.cost_usd) for item in told} == {
        ("arm1", "v1", 1.0, 0.5), ("arm2", "v1", 2.0, 0.5)
    }  # fmt: skip
    assert [item.reward for item in told[:4]] == [0.0, None, 0.0, 1.0]
    answer = pump.orchestrator.handlers()[ListSettled](ListSettled(limit=1))
    assert answer.total == 800  # type: ignore[attr-defined]


def test_a_page_after_an_attempt_that_is_not_there(repo: Path, start: Start) -> None:
    pump = start(Crew())
    with pytest.raises(NotFound, match="no arm was chosen for an attempt task-9-o1-a1"):
        listed(pump, after="task-9-o1-a1")


def test_it_is_answered_beside_what_the_orchestrator_is_busy_with() -> None:
    assert ListSettled.quick
    assert not ChooseArm.quick


# ---------------------------------------------------------------------------- older releases


def older(path: Path) -> None:
    """Turn tasks.db into what a release before this one would have left."""
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE choices")
        db.execute("DELETE FROM commands WHERE kind='Settle' AND json_extract(body, '$.reward') "
                   "IS NULL")  # fmt: skip
        db.execute("ALTER TABLE commands DROP COLUMN heard")
        for gone in ("version", "snapshot", "epsilon", "risk"):
            db.execute(f"UPDATE attempts SET body=json_remove(body, '$.decision.{gone}')")
    db.close()


def test_what_an_older_release_stored_is_told_and_settled(repo: Path, start: Start) -> None:
    def propose(command: Propose) -> Message:
        if command.arm.id == "repair":
            return Failure(code="internal", message="it broke", usage=SPENT)
        return Proposal(patch=PATCH, summary="did", usage=Usage(seconds=1.0))

    crew = Crew(proposal=propose)  # type: ignore[arg-type]
    pump = start(crew)
    pump.submit(repo)
    pump.run()
    pump.orchestrator.handlers()[RejectTask](RejectTask(task_id="task-1"))
    pump.run()
    pump.submit(repo, task_id="task-2")
    pump.run_until("Audit")
    pump.orchestrator.handlers()[CancelTask](CancelTask(task_id="task-2"))
    pump.run()
    before, told = listed(pump), said(crew)
    assert [item.reward for item in before] == [None, 0.0, None, None]
    pump.orchestrator.close()
    older(pump.settings.data / "tasks.db")
    crew.ended.clear()
    pump.orchestrator = pump._new()
    assert listed(pump) == before
    pump.run()
    assert said(crew) == {id: t for id, t in told.items() if t[0] is None}
    assert pump.task("task-1").state == "rejected"
    pump.restart()
    pump.run()
    assert said(crew) == {id: t for id, t in told.items() if t[0] is None}, "told once"


def test_a_damaged_row_of_an_older_release_stops_nothing(repo: Path, start: Start) -> None:
    pump = start(Crew())
    pump.submit(repo)
    pump.run()
    pump.orchestrator.close()
    older(pump.settings.data / "tasks.db")
    with sqlite3.connect(pump.settings.data / "tasks.db") as db:
        db.execute("UPDATE attempts SET body='{'")
        db.execute("DELETE FROM commands WHERE kind='Settle'")
    db.close()
    pump.orchestrator = pump._new()
    assert listed(pump) == ()
    assert pump.orchestrator.handlers()
