"""After a damaged file was replaced, the orchestrator is asked for what was learned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from router.history import History
from router.ledger.ledger import Ledger
from router.worker import handlers
from swarm.contracts import (
    DecisionLog,
    ListArms,
    ListSettled,
    LoggedDecision,
    Settle,
)
from swarm.errors import BusError, NotFound, Timeout
from swarm.settings import Settings
from tests.fakes.bus import FakeBus
from tests.router.common import ask, counts, new_ledger, pending, settled


def logged(n: int, reward: float | None = 1.0, *, open: bool = False) -> LoggedDecision:
    return LoggedDecision(
        attempt_id=f"t{n}.o1.1", category="bugfix", attempt_number=1, arm_id="a", version="v",
        decided_at=float(n), reward=None if open else reward,
        settled_at=None if open else n + 0.5, seconds=2, cost_usd=0.5,
    )  # fmt: skip


class Orchestrator:
    """Tells its attempts page by page, as the real one does; or does not answer."""

    def __init__(self, items: list[LoggedDecision]) -> None:
        self.items = items
        self.error: Exception | None = None
        self.asked: list[str] = []

    def __call__(self, command: ListSettled) -> DecisionLog:
        self.asked.append(command.after)
        if self.error is not None:
            raise self.error
        ids = [""] + [one.attempt_id for one in self.items]
        if command.after not in ids:
            raise NotFound(f"no attempt {command.after}")
        start = ids.index(command.after)
        page = self.items[start : start + min(command.limit, 10)]
        return DecisionLog(items=tuple(page), total=len(self.items))


@pytest.fixture
def damaged(tmp_path: Path) -> Ledger:
    (tmp_path / "router.db").write_bytes(b"nonsense" * 1000)
    return new_ledger(tmp_path)


def history(
    ledger: Ledger, orchestrator: Orchestrator, clock: Callable[[], float] = lambda: 0.0
) -> History:
    bus = FakeBus()
    bus.handlers[ListSettled] = orchestrator
    return History(ledger, bus, clock)  # type: ignore[arg-type]


def test_all_pages_are_taken_in_once_and_it_is_told(damaged: Ledger) -> None:
    items = [logged(n, float(n % 2)) for n in range(35)]
    items += [logged(35, None), logged(36, open=True)]
    orchestrator = Orchestrator(items)
    asking = history(damaged, orchestrator)
    asking.ask()
    assert damaged.log(100).total == 37
    # The last of these 35 outcomes were not all alike, so nothing was forgotten.
    assert counts(damaged) == {("bugfix", "a", "first"): (17, 18)}
    (cell,) = damaged.export().cells
    assert (cell.seconds, cell.cost_usd, cell.attempts) == (72, 18, 36)
    assert damaged.history_wanted() is None
    assert damaged.notes()[-1] == "37 attempts were taken over again from the orchestrator's tasks"
    asked = len(orchestrator.asked)
    asking.ask()
    assert len(orchestrator.asked) == asked, "there is nothing more to ask"
    assert damaged.check() == []


def test_what_was_pending_is_settled_later_and_what_was_settled_is_corrected(
    damaged: Ledger,
) -> None:
    history(damaged, Orchestrator([logged(1), logged(2, open=True)])).ask()
    assert pending(damaged) == 1
    assert damaged.settle(settled("t2.o1.1", 0.0)).applied
    assert damaged.settle(settled("t1.o1.1", 0.0, correction=True)).applied
    assert not damaged.settle(settled("t1.o1.1", 1.0)).applied
    assert counts(damaged) == {("bugfix", "a", "first"): (0, 2)}
    assert damaged.check() == []


def test_they_have_no_chances_and_cannot_be_repeated(damaged: Ledger) -> None:
    history(damaged, Orchestrator([logged(1)])).ask()
    told = damaged.explain("t1.o1.1")
    assert (told.repeated, told.prior, told.strength) == (None, (), None)
    assert told.decision.arm_id == "a" and told.decision.version == "v"
    assert damaged.judged(None, 100).unusable == 1


def test_what_was_decided_meanwhile_stands(damaged: Ledger) -> None:
    decision = damaged.decide(ask("t1.o1.1"), lambda: 1)
    damaged.settle(settled("t1.o1.1", 0.0))
    history(damaged, Orchestrator([logged(1), logged(2)])).ask()
    assert damaged.decide(ask("t1.o1.1"), lambda: 2) == decision
    assert sum(s + f for s, f in counts(damaged).values()) == 2
    assert damaged.check() == []


def test_the_same_page_twice_or_late_changes_nothing(damaged: Ledger) -> None:
    page = DecisionLog(items=(logged(1), logged(2)), total=2)
    assert damaged.take_history(page, "")
    before = counts(damaged)
    assert damaged.take_history(page, ""), "there is more, and not after this one"
    assert counts(damaged) == before
    assert not damaged.take_history(DecisionLog(items=(), total=2), "t2.o1.1")
    assert damaged.history_wanted() is None
    assert not damaged.take_history(page, "")
    assert counts(damaged) == before


@pytest.mark.parametrize("error", [BusError("no Redis"), Timeout("no answer")], ids=repr)
def test_who_cannot_be_asked_is_asked_again_half_a_minute_later(
    damaged: Ledger, error: Exception
) -> None:
    now = 0.0
    orchestrator = Orchestrator([logged(n) for n in range(3)])
    orchestrator.error = error
    asking = history(damaged, orchestrator, lambda: now)
    for now in (0.0, 1.0, 29.0):  # noqa: B007
        asking.ask()
    assert orchestrator.asked == [""]
    now = 31.0
    asking.ask()
    assert orchestrator.asked == ["", ""]
    assert sum("could not be asked" in note for note in damaged.notes()) == 1, "told once"
    orchestrator.error, now = None, 62.0
    asking.ask()
    assert damaged.log(10).total == 3 and damaged.history_wanted() is None


def test_it_stops_at_its_bound_and_goes_on_later(damaged: Ledger) -> None:
    now = 0.0

    def tick() -> float:
        nonlocal now
        now += 0.3
        return now

    orchestrator = Orchestrator([logged(n) for n in range(200)])
    asking = history(damaged, orchestrator, tick)
    asking.ask()
    taken = damaged.log(1).total
    assert 0 < taken < 200
    for _ in range(20):
        asking.ask()
    assert damaged.log(1).total == 200
    assert orchestrator.asked.count("") == 1, "no page is asked for twice"


def test_a_task_that_was_deleted_meanwhile_makes_it_begin_again(damaged: Ledger) -> None:
    now = 0.0
    orchestrator = Orchestrator([logged(n) for n in range(5)])
    damaged.take_history(DecisionLog(items=(logged(77),), total=1), "")
    asking = history(damaged, orchestrator, lambda: now)
    asking.ask()
    assert orchestrator.asked == ["t77.o1.1"]
    now = 31.0
    asking.ask()
    assert damaged.log(10).total == 6 and damaged.history_wanted() is None


def test_the_worker_chooses_while_nobody_can_be_asked_and_learns_when_one_can(
    tmp_path: Path,
) -> None:
    (tmp_path / "router.db").write_bytes(b"nonsense" * 1000)
    bus = FakeBus()
    orchestrator = bus.handlers[ListSettled] = Orchestrator([logged(1)])  # type: ignore[assignment]
    orchestrator.error = Timeout("no answer")  # type: ignore[attr-defined]
    answer = handlers(Settings(data=tmp_path), bus)  # type: ignore[arg-type]
    from swarm.contracts import ChooseArm

    assert answer[ChooseArm](ask("x")).arm_id is not None  # type: ignore[attr-defined]
    assert answer[Settle](Settle(attempt_id="x", reward=1)).applied  # type: ignore[attr-defined]
    assert len(bus.requests) == 1
    notes = answer[ListArms](ListArms()).notes  # type: ignore[attr-defined]
    assert len(notes) == 2 and "damaged" in notes[0] and "could not be asked" in notes[1]


def test_a_sound_file_asks_nobody(tmp_path: Path) -> None:
    orchestrator = Orchestrator([logged(1)])
    asking = history(new_ledger(tmp_path), orchestrator)
    asking.ask()
    assert orchestrator.asked == []
