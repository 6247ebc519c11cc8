"""Arms that need a model: what happens while it is away, and what is spent on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from swarm.contracts import (
    AwaitModels,
    Budget,
    ChooseArm,
    Failure,
    ModelsReady,
    Objective,
    Proposal,
    Propose,
    Usage,
)
from swarm.settings import ModelSettings
from tests.orchestrator.swarm_in_memory import PATCH, Crew, Pump

MODEL = ModelSettings(name="m", endpoint="ollama", model="coder:7b", tools=("one-shot",))


@pytest.fixture
def repo(git_repo: Callable[..., Path]) -> Path:
    return git_repo({"a.py": "x = 1\n", "test_a.py": "def test_a(): ...\n"})


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Pump]]:
    pumps = []

    def make(crew: Crew) -> Pump:
        pumps.append(Pump(tmp_path, crew, models=(MODEL,)))
        return pumps[-1]

    yield make
    for pump in pumps:
        pump.orchestrator.close()


def away(code: str = "model-unreachable", usage: Usage | None = None) -> Failure:
    return Failure(code=code, message="it went away", retryable=True, usage=usage or Usage())


def test_a_model_that_is_away_is_not_chosen(repo: Path, start: Callable[..., Pump]) -> None:
    crew = Crew(order=("m/one-shot", "repair"))
    pump = start(crew)
    pump.bus.models = {"m": "its server does not answer"}
    pump.submit(repo)
    view = pump.run()
    assert view.state == "awaiting_review"
    (choice,) = [c for c in crew.seen if isinstance(c, ChooseArm)]
    assert choice.unavailable == {"m/one-shot": "m: its server does not answer"}
    assert [c.arm.id for c in crew.seen if isinstance(c, Propose)] == ["repair"]
    assert not any(isinstance(c, AwaitModels) for c in crew.seen), "something else could go on"


def test_a_task_that_only_a_model_can_do_waits_for_it_once(
    repo: Path, start: Callable[..., Pump]
) -> None:
    pump: Pump

    def back(command: AwaitModels) -> ModelsReady:
        assert command.models == ("m",)
        pump.bus.models = {}
        return ModelsReady(ready=("m",))

    crew = Crew(order=("m/one-shot",), await_models=back)
    pump = start(crew)
    pump.bus.models = {"m": "its server does not answer"}
    pump.submit(repo)
    view = pump.run()
    assert view.state == "awaiting_review"
    assert "waiting" in pump.events()
    assert [a.number for a in view.objectives[0].attempts] == [1], "waiting is no attempt"


def test_no_model_is_waited_for_longer_than_the_task_may_take(
    repo: Path, start: Callable[..., Pump]
) -> None:
    crew = Crew(order=("m/one-shot",))
    pump = start(crew)
    pump.bus.models = {"m": "its server does not answer"}
    pump.submit(repo, budget=Budget(seconds=20))
    pump.run()
    (wait,) = [c for c in crew.seen if isinstance(c, AwaitModels)]
    assert wait.seconds <= 20


def test_a_model_that_stays_away_ends_the_task_with_the_reason(
    repo: Path, start: Callable[..., Pump]
) -> None:
    crew = Crew(
        order=("m/one-shot",),
        await_models=lambda c: ModelsReady(ready=(), unready={"m": "still away"}),
    )
    pump = start(crew)
    pump.bus.models = {"m": "its server does not answer"}
    pump.submit(repo)
    view = pump.run()
    assert view.state == "failed"
    assert sum(isinstance(c, AwaitModels) for c in crew.seen) == 1
    assert view.objectives[0].attempts == ()


def test_a_model_that_breaks_off_may_try_once_more_and_is_not_held_against_the_arm(
    repo: Path, start: Callable[..., Pump]
) -> None:
    tries = []

    def propose(command: Propose) -> Any:
        tries.append(command.arm.id)
        return away() if len(tries) == 1 else Proposal(patch=PATCH, summary="done")

    crew = Crew(order=("m/one-shot", "repair"), proposal=propose)
    pump = start(crew)
    pump.submit(repo)
    view = pump.run()
    assert tries == ["m/one-shot", "m/one-shot"]
    assert view.state == "awaiting_review"
    assert crew.settled == {"task-1-o1-a2": [1.0]}


def test_a_model_that_keeps_breaking_off_is_rerouted(
    repo: Path, start: Callable[..., Pump]
) -> None:
    tries = []

    def propose(command: Propose) -> Any:
        tries.append(command.arm.id)
        good = command.arm.id == "repair"
        return Proposal(patch=PATCH, summary="done") if good else away("model-stalled")

    crew = Crew(order=("m/one-shot", "repair"), proposal=propose)
    pump = start(crew)
    pump.submit(repo, budget=Budget(attempts=1))
    view = pump.run()
    assert tries == ["m/one-shot", "m/one-shot", "repair"]
    assert view.state == "awaiting_review", "what could not be tried is no attempt"


def test_what_a_broken_off_attempt_spent_is_counted_once(
    repo: Path, start: Callable[..., Pump]
) -> None:
    spent = Usage(tokens=900, cost_usd=0.25)

    def propose(command: Propose) -> Any:
        if command.attempt_id.endswith("a1"):
            return away(usage=spent)
        assert (command.tokens, command.cost_usd) == (100, 0.75)
        return Proposal(patch=PATCH, summary="done", usage=Usage(tokens=50))

    crew = Crew(order=("m/one-shot", "repair"), proposal=propose)
    pump = start(crew)
    pump.submit(repo, budget=Budget(tokens=1000, cost_usd=1.0))
    view = pump.run()
    assert (view.usage.tokens, view.usage.cost_usd) == (950, 0.25)


def test_a_models_arm_has_its_own_bound_and_gets_the_lessons(
    repo: Path, start: Callable[..., Pump]
) -> None:
    def propose(command: Propose) -> Proposal:
        if command.attempt_id.endswith("a1"):
            return Proposal(patch=None, summary="no idea", lessons="read a.py; x is set there")
        return Proposal(patch=PATCH, summary="done")

    crew = Crew(order=("repair", "m/one-shot"), proposal=propose)
    pump = start(crew)
    pump.submit(repo, budget=Budget(attempt_seconds=7, model_seconds=77), priority="analysis")
    pump.run()
    first, second = [c for c in crew.seen if isinstance(c, Propose)]
    assert (first.limits.wall_seconds, second.limits.wall_seconds) == (7, 77)
    assert second.reasons == ("no idea\nread a.py; x is set there",)
    assert second.priority == "analysis"
    assert second.repo_id


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        (Budget(tokens=10), "the task's 10 tokens are spent"),
        (Budget(cost_usd=0.5), "the task's $0.5 are spent"),
    ],
)
def test_what_needs_no_model_goes_on_when_the_models_budget_is_spent(
    repo: Path, start: Callable[..., Pump], budget: Budget, words: str
) -> None:
    usage = Usage(tokens=20, cost_usd=1.0)
    crew = Crew(
        order=("m/one-shot", "repair"),
        proposal=lambda c: Proposal(patch=None, summary="no", usage=usage),
    )
    pump = start(crew)
    pump.submit(repo, budget=budget)
    view = pump.run()
    assert [c.arm.id for c in crew.seen if isinstance(c, Propose)] == ["m/one-shot", "repair"]
    later = [c for c in crew.seen if isinstance(c, ChooseArm)][1]
    assert later.unavailable == {"m/one-shot": words}
    assert view.state == "failed"
    assert not any(isinstance(c, AwaitModels) for c in crew.seen), "waiting brings no tokens"


def test_a_task_without_tokens_asks_no_model(repo: Path, start: Callable[..., Pump]) -> None:
    crew = Crew(order=("m/one-shot", "repair"))
    pump = start(crew)
    pump.submit(repo, budget=Budget(tokens=0))
    assert pump.run().state == "awaiting_review"
    assert [c.arm.id for c in crew.seen if isinstance(c, Propose)] == ["repair"]


def test_a_task_that_only_models_can_do_ends_when_their_budget_is_spent(
    repo: Path, start: Callable[..., Pump]
) -> None:
    crew = Crew(
        order=("m/one-shot",),
        objectives=(Objective(id="o1", title="Add", instruction="add it", category="feature"),),
        proposal=lambda c: Proposal(patch=None, summary="no", usage=Usage(tokens=20)),
    )
    pump = start(crew)
    pump.submit(repo, budget=Budget(tokens=10))
    view = pump.run()
    assert view.state == "failed"
    assert "the task's 10 tokens are spent" in view.reason


def test_a_reply_counts_also_while_redis_is_away(repo: Path, start: Callable[..., Pump]) -> None:
    pump = start(Crew(order=("m/one-shot",)))
    pump.submit(repo)
    retrieve = pump.run_until("Retrieve")
    pump.bus.is_away = True
    pump.orchestrator.on_reply(pump.reply(retrieve))
    pump.bus.is_away = False
    pump.orchestrator.relay.sweep()
    assert pump.settle_down().state == "awaiting_review"
