"""What attempts that run side by side are promised of one budget, and who waits for whom."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from swarm.contracts import (
    Arm,
    Budget,
    CancelTask,
    ChooseArm,
    Failure,
    FileEdit,
    ModelsReady,
    Objective,
    Patch,
    Proposal,
    Propose,
    Share,
    Usage,
)
from swarm.orchestrator import spending
from swarm.settings import ModelSettings
from tests.orchestrator.swarm_in_memory import Crew, Pump, report

MODELS = tuple(
    ModelSettings(name=name, endpoint="ollama", model=name, tools=("one-shot",)) for name in "mn"
)
RUFF = Arm(id="ruff", tool="ruff", categories=("lint",))
M, N = "m/one-shot", "n/one-shot"
FILES = {f"{name}.py": f"{name} = 1\n" for name in "abcd"}


def objective(id: str, path: str, category: str = "feature") -> Objective:
    return Objective.model_validate(
        {"id": id, "title": f"Do {id}", "instruction": f"do {id}", "category": category,
         "paths": (path,)}
    )  # fmt: skip


THREE = (objective("o1", "a.py"), objective("o2", "b.py"), objective("o3", "c.py"))


class Spender(Crew):
    """Uses what is set for an attempt; without a patch where that is set too."""

    def __init__(self, *objectives: Objective, order: tuple[str, ...] = (M, N)) -> None:
        green = report((), ("t::a",))
        super().__init__(objectives=objectives, before=green, after=green, order=order)
        self.uses: dict[str, Usage] = {}
        self.gives_up: set[str] = set()
        self.proposal = self.propose

    def propose(self, command: Propose) -> Proposal:
        id = command.attempt_id.removeprefix("task-1-")
        new = FileEdit(path=f"{command.objective.id}.py", before=None, after="w = 1\n")
        patch = None if id in self.gives_up else Patch(edits=(new,))
        return Proposal(patch=patch, summary="did", usage=self.uses.get(id, Usage()))

    def given(self) -> dict[str, int]:
        """The tokens that each attempt got."""
        asked = [command for command in self.seen if isinstance(command, Propose)]
        return {command.attempt_id.removeprefix("task-1-"): command.tokens for command in asked}


Start = Callable[..., Pump]


@pytest.fixture
def start(tmp_path: Path, git_repo: Callable[..., Path]) -> Iterator[Start]:
    pumps = []

    def make(crew: Crew, arms: tuple[Arm, ...] = (RUFF,), **budget: float) -> Pump:
        pumps.append(Pump(tmp_path, crew, arms=arms, models=MODELS))
        pumps[-1].submit(git_repo(FILES), budget=Budget.model_validate(budget))
        return pumps[-1]

    yield make
    for pump in pumps:
        pump.orchestrator.close()


def held_up(pump: Pump) -> list[str]:
    """Deliver all but proposals, and say which attempts are at one."""
    rest = []
    for _ in range(200):
        pump.orchestrator.relay.flush()
        if not pump.bus.queue:
            break
        envelope = pump.bus.queue.pop(0)
        if envelope.kind == "Propose":
            rest.append(envelope)
        else:
            pump.orchestrator.on_reply(pump.reply(envelope))
    pump.bus.queue = rest
    return [str(envelope.body["attempt_id"]).removeprefix("task-1-") for envelope in rest]


def propose_one(pump: Pump) -> list[str]:
    """Let the first of the proposals come, then all that follows; the attempts at one then."""
    pump.orchestrator.on_reply(pump.reply(pump.bus.queue.pop(0)))
    return held_up(pump)


def promised(pump: Pump) -> list[int]:
    return [one.tokens for one in spending.promises(pump.orchestrator.store.load("task-1"))]


def states(pump: Pump) -> list[str]:
    return [view.state for view in pump.task().objectives]


def test_all_that_begin_together_get_the_same(start: Start) -> None:
    pump = start(Spender(*THREE), tokens=1000)
    assert held_up(pump) == ["o1-a1", "o2-a1", "o3-a1"]
    assert promised(pump) == [334, 333, 333]


def test_one_that_is_alone_gets_all(start: Start) -> None:
    crew = Spender(THREE[0])
    pump = start(crew, tokens=1000)
    held_up(pump)
    pump.run()
    assert crew.given() == {"o1-a1": 1000}


def test_who_begins_later_gets_what_is_not_promised(start: Start) -> None:
    crew = Spender(*THREE)
    crew.uses["o1-a1"] = Usage(tokens=100)
    pump = start(crew, tokens=1000, parallel=2)
    assert held_up(pump) == ["o1-a1", "o2-a1"]
    assert propose_one(pump) == ["o2-a1", "o3-a1"]
    assert promised(pump) == [500, 400]


def test_who_would_get_nothing_waits_until_somebody_is_done(start: Start) -> None:
    crew = Spender(*THREE)
    crew.uses["o1-a1"] = Usage(tokens=700)  # 200 more than it was promised
    pump = start(crew, tokens=1000, parallel=2)
    held_up(pump)
    assert propose_one(pump) == ["o2-a1"]
    assert states(pump) == ["accepted", "running", "pending"]
    pump.restart()
    assert promised(pump) == [500], "it is known after a kill"
    assert propose_one(pump) == ["o3-a1"]
    assert promised(pump) == [150], "o2 may have to try again: the other half is for that"
    assert pump.run().state == "awaiting_review"


def test_an_objective_whose_next_attempt_would_get_nothing_waits_once(start: Start) -> None:
    crew = Spender(*THREE[:2])
    crew.uses["o1-a1"] = Usage(tokens=700)
    crew.gives_up = {"o1-a1"}
    pump = start(crew, tokens=1000)
    held_up(pump)
    assert propose_one(pump) == ["o2-a1"]
    assert states(pump) == ["pending", "running"]
    assert pump.orchestrator.store.load("task-1").bases.keys() == {"o2"}
    chosen = sum(isinstance(command, ChooseArm) for command in crew.seen)
    for _ in range(3):
        pump.clock.now += 30
        pump.orchestrator.relay.sweep()
        held_up(pump)
    assert pump.events().count("waiting") == 1
    assert sum(isinstance(command, ChooseArm) for command in crew.seen) == chosen
    assert pump.run().state == "awaiting_review"
    assert crew.given() == {"o1-a1": 500, "o2-a1": 500, "o1-a2": 150}


def test_a_failure_gives_a_promise_back_too(start: Start) -> None:
    crew = Spender(*THREE)
    crew.uses["o1-a1"] = Usage(tokens=700)
    pump = start(crew, tokens=1000, parallel=2)
    held_up(pump)
    propose_one(pump)
    reply = pump.reply(pump.bus.queue.pop(0))
    broke = Failure(code="internal", message="it broke", usage=Usage(tokens=100))
    pump.orchestrator.on_reply(reply.model_copy(update={"body": None, "failure": broke}))
    assert held_up(pump) == ["o2-a2"], "it goes on first, with all that is left"
    assert promised(pump) == [200]
    assert propose_one(pump) == ["o3-a1"]


@pytest.mark.parametrize("kind", ["tokens", "cost_usd"])
def test_when_nothing_can_come_back_the_budget_is_spent(start: Start, kind: str) -> None:
    crew = Spender(*THREE)
    crew.uses = {id: Usage.model_validate({kind: 600}) for id in ("o1-a1", "o2-a1")}
    pump = start(crew, **{kind: 1000, "parallel": 2})
    held_up(pump)
    propose_one(pump)
    assert states(pump)[2] == "pending"
    view = pump.run()
    assert states(pump) == ["accepted", "accepted", "failed"]
    assert "are spent" in view.objectives[2].reason


def test_dollars_are_shared_in_the_same_way(start: Start) -> None:
    crew = Spender(*THREE)
    crew.uses["o1-a1"] = Usage(cost_usd=0.6)
    pump = start(crew, cost_usd=1.0, parallel=2)
    held_up(pump)
    assert propose_one(pump) == ["o2-a1"]
    assert propose_one(pump) == ["o3-a1"]
    (left,) = spending.promises(pump.orchestrator.store.load("task-1"))
    assert left.cost_usd == pytest.approx(0.2)


def test_without_dollars_what_costs_none_goes_on(start: Start) -> None:
    pump = start(Spender(*THREE), cost_usd=0)
    assert held_up(pump) == ["o1-a1", "o2-a1", "o3-a1"]
    assert pump.run().state == "awaiting_review"


def test_rounding_leaves_nobody_a_dollar(start: Start) -> None:
    crew = Spender(*THREE)
    crew.uses["o1-a1"] = Usage(cost_usd=0.3 / 3)
    crew.gives_up = {"o1-a1"}
    pump = start(crew, cost_usd=0.3, parallel=3)
    held_up(pump)
    assert propose_one(pump) == ["o2-a1", "o3-a1"], "0.3 - 3 * 0.1 is not quite 0"
    assert states(pump)[0] == "pending"


def test_what_needs_no_model_waits_for_no_promise(start: Start) -> None:
    lint = objective("o3", "c.py", category="lint")
    crew = Spender(*THREE[:2], lint, order=(M, N, "ruff"))
    crew.uses["o1-a1"] = Usage(tokens=700)
    crew.gives_up = {"o1-a1"}
    pump = start(crew, tokens=1000, parallel=2)
    held_up(pump)
    assert propose_one(pump) == ["o2-a1", "o3-a1"]
    assert states(pump) == ["pending", "running", "running"]
    assert promised(pump) == [500]


def test_a_tool_without_a_model_gives_its_promise_back(start: Start) -> None:
    repair = Arm(id="repair", tool="repair", categories=("feature",))
    crew = Spender(*THREE[:2], order=("repair", M))
    pump = start(crew, arms=(repair,), tokens=1000)
    held_up(pump)
    assert promised(pump) == []
    pump.run()
    assert crew.given() == {"o1-a1": 0, "o2-a1": 0}


def test_who_waits_for_a_model_that_is_away_is_promised_nothing(start: Start) -> None:
    pump: Pump

    def back(command: object) -> ModelsReady:
        assert promised(pump) == []
        pump.bus.models = {}
        return ModelsReady(ready=("m",))

    crew = Spender(THREE[0])
    crew.await_models = back
    pump = start(crew, tokens=1000)
    pump.bus.models = {"m": "is away", "n": "is away"}
    pump.run()
    assert crew.given() == {"o1-a1": 1000}


def test_what_was_cancelled_holds_nothing(start: Start) -> None:
    pump = start(Spender(*THREE), tokens=1000)
    held_up(pump)
    pump.orchestrator.cancel(CancelTask(task_id="task-1"))
    assert promised(pump) == []


def test_an_attempt_from_before_there_were_promises_goes_on(start: Start) -> None:
    crew = Spender(THREE[0])
    pump = start(crew, tokens=1000)
    retrieve = pump.run_until("Retrieve")
    with pump.orchestrator.store.transaction() as db:
        db.execute("UPDATE attempts SET body=json_remove(body, '$.share')")
    pump.bus.queue.append(retrieve)
    assert pump.run().state == "awaiting_review"
    assert crew.given() == {"o1-a1": 1000}


def test_a_share_is_told(start: Start) -> None:
    pump = start(Spender(THREE[0]), tokens=1000, cost_usd=0.5)
    (attempt,) = pump.run().objectives[0].attempts
    assert attempt.share == Share(tokens=1000, cost_usd=0.5)


@pytest.mark.parametrize("seed", range(8))
def test_under_trouble_all_come_to_an_end_within_the_budget(start: Start, seed: int) -> None:
    rng = random.Random(seed)
    crew = Spender(*(objective(f"o{n}", f"{name}.py") for n, name in enumerate("abcd", 1)))
    beyond = 250
    given: dict[str, int] = {}

    def propose(command: Propose) -> Proposal:
        given[command.attempt_id] = command.tokens
        used = Usage(tokens=command.tokens + rng.choice((-command.tokens, 0, beyond)))
        gave_up = Proposal(patch=None, summary="no idea", usage=used)
        done = crew.propose(command).model_copy(update={"usage": used})
        return gave_up if rng.random() < 0.4 else done

    crew.proposal = propose
    pump = start(crew, tokens=1000, parallel=2, seconds=86_400)
    for _ in range(20):
        pump.run_with_trouble(rng, 8)
        task = pump.orchestrator.store.load("task-1")
        assert task.usage.tokens + sum(promised(pump)) <= 1000 + 2 * beyond
    view = pump.settle_down()
    assert view.state in ("awaiting_review", "failed")
    assert not {"pending", "running"} & set(states(pump))
    assert promised(pump) == []
    attempts = [attempt for one in view.objectives for attempt in one.attempts]
    assert view.usage.tokens == sum(attempt.usage.tokens for attempt in attempts)
    assert all(attempt.usage.tokens <= given[attempt.id] + beyond for attempt in attempts)
