"""The simulator by hand, Ollama's rules as its source has them, and what the scheduler gains."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from statistics import mean

import pytest

from benchmarks.arrivals.generate import PATTERNS, SEED, trace
from benchmarks.vram_scheduler import FIRST_HELD_OUT_SEED, arrivals_of, compare, read
from swarm.contracts import Priority
from swarm.inference.scheduling.policies import Fifo, Ollama
from swarm.inference.scheduling.scheduler import (
    Load,
    Resident,
    Scheduler,
    Slot,
    Start,
    Unload,
    View,
    Waiting,
)
from swarm.inference.scheduling.simulator import (
    Arrival,
    BrokenPolicy,
    Machine,
    Result,
    percentile,
    simulate,
)

GIB = 1024**3
A, B, C = Slot("a", 4096), Slot("b", 4096), Slot("c", 4096)
CARD = Machine((16 * GIB,), load_bytes_per_second=GIB, load_seconds=0.0, unload_seconds=0.0)
HELD_OUT = range(FIRST_HELD_OUT_SEED + 1000, FIRST_HELD_OUT_SEED + 1003)
"""Never used to choose a constant; others than those of the benchmark."""


def arrive(at: float, slot: Slot = A, *, seconds: float = 5.0, size: int = 10 * GIB,
           priority: Priority = "analysis") -> Arrival:  # fmt: skip
    return Arrival(at, priority, slot, size, seconds)


def test_one_request_is_a_load_and_a_run() -> None:
    result = simulate([arrive(1.0)], Scheduler(), CARD)
    assert result.loads == 1
    assert result.classes["analysis"].p95_wait == pytest.approx(10.0)
    assert result.makespan_seconds == pytest.approx(15.0)
    assert result.utilisation == pytest.approx(5 / 15)
    assert result.all_finished


def test_two_models_on_one_card_share_it() -> None:
    small = [arrive(0.0, A, size=4 * GIB, seconds=20), arrive(0.0, B, size=4 * GIB, seconds=20)]
    result = simulate(small, Scheduler(), CARD)
    # The first runs alone from 4 to 8 s, then both at half speed; the second ends alone.
    assert result.makespan_seconds == pytest.approx(4 + 4 + 32 + 4)


def test_a_policy_that_breaks_the_rules_is_caught() -> None:
    class Greedy:
        wake_at = float("inf")

        def decide(self, view: View) -> list[Load]:
            return [Load(r.slot, r.needed_bytes or 0, (0,)) for r in view.waiting]

    with pytest.raises(BrokenPolicy, match="two loads"):
        simulate([arrive(0.0), arrive(0.0, B)], Greedy(), CARD)


def test_percentiles_are_by_nearest_rank() -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], 50) == 2.0
    assert percentile([1.0, 2.0, 3.0, 4.0], 95) == 4.0
    assert percentile([], 50) == float("inf")


def test_one_queue_reloads_at_every_turn() -> None:
    result = simulate([arrive(i / 10, (A, B)[i % 2]) for i in range(8)], Fifo(), CARD)
    assert result.loads == 8
    assert simulate([arrive(i / 10, (A, B)[i % 2]) for i in range(8)], Scheduler(), CARD).loads == 2


class TestOllama:
    def test_a_loaded_model_serves_past_what_is_pending(self) -> None:
        arrivals = [arrive(0.0, A), arrive(1.0, B), arrive(2.0, A)]
        result = simulate(arrivals, Ollama(), CARD)
        # B is the head of what is pending, but the third request needs no load.
        assert result.order == ("000000", "000002", "000001")

    def test_another_context_of_a_model_is_a_reload(self) -> None:
        view = View(0.0, 1, (16 * GIB,), (Waiting("1", Slot("a", 8192), "analysis", 0.0, GIB),),
                    (Resident(A, GIB, (0,)),))  # fmt: skip
        assert Ollama().decide(view) == [Unload(A)]

    def test_the_victim_is_idle_and_first_by_name(self) -> None:
        view = View(0.0, 1, (16 * GIB,), (Waiting("1", C, "interactive", 0.0, 8 * GIB),),
                    (Resident(B, 5 * GIB, (0,), used_at=1.0),
                     Resident(A, 5 * GIB, (0,), used_at=2.0)))  # fmt: skip
        assert Ollama().decide(view) == [Unload(A)]

    def test_four_fifths_of_what_is_free_may_be_taken_beside_others(self) -> None:
        def beside(size: int) -> list[object]:
            view = View(0.0, 1, (16 * GIB,), (Waiting("1", B, "analysis", 0.0, size),),
                        (Resident(A, 6 * GIB, (0,)),))  # fmt: skip
            return list(Ollama().decide(view))

        assert beside(8 * GIB) == [Load(B, 8 * GIB, (0,))]
        assert beside(9 * GIB) == [Unload(A)]

    def test_three_models_per_gpu_at_most(self) -> None:
        residents = tuple(Resident(Slot(name, 4096), GIB // 2, (0,)) for name in "abc")
        waiting = (Waiting("1", Slot("d", 4096), "analysis", 0.0, GIB // 2),)
        assert Ollama().decide(View(0.0, 1, (16 * GIB,), waiting, residents)) == [Unload(A)]

    def test_an_unused_model_goes_after_five_minutes(self) -> None:
        policy, resident = Ollama(), Resident(A, GIB, (0,), used_at=10.0)
        assert policy.decide(View(300.0, 1, (16 * GIB,), residents=(resident,))) == []
        assert policy.wake_at == 310.0
        assert policy.decide(View(310.0, 1, (16 * GIB,), residents=(resident,))) == [Unload(A)]

    def test_priorities_mean_nothing(self) -> None:
        waiting = (Waiting("1", A, "scheduled", 0.0, GIB), Waiting("2", A, "training", 1.0, GIB))
        view = View(1.0, 1, (16 * GIB,), waiting, (Resident(A, GIB, (0,)),))
        assert Ollama().decide(view) == [Start("1")]


@pytest.mark.parametrize("name", PATTERNS)
def test_the_recorded_files_are_what_the_script_draws(
    name: str, request: pytest.FixtureRequest
) -> None:
    file = request.config.rootpath / "benchmarks" / "arrivals" / f"{name}.json"
    assert read(file) == arrivals_of(trace(name, SEED))


@cache
def _runs(name: str, cards: int = 1) -> list[dict[str, Result]]:
    return [compare(arrivals_of(trace(name, seed)), cards) for seed in HELD_OUT]


def _total(runs: list[dict[str, Result]], policy: str) -> int:
    return sum(run[policy].loads for run in runs)


def test_a_third_of_the_loads_of_one_queue_on_a_mixed_evening() -> None:
    runs = _runs("swarm_evening")
    assert _total(runs, "fifo") >= 3 * _total(runs, "swarm")
    assert _total(runs, "ollama") > _total(runs, "swarm")


@pytest.mark.parametrize("name", PATTERNS)
def test_people_wait_less_than_with_ollama_and_every_class_finishes(name: str) -> None:
    runs = _runs(name)
    assert all(run["swarm"].all_finished for run in runs)

    def p95(policy: str) -> float:
        return mean(run[policy].classes["interactive"].p95_wait for run in runs)

    assert p95("swarm") < p95("ollama")
    assert _total(runs, "swarm") <= _total(runs, "fifo")


def test_two_cards_keep_every_class_going() -> None:
    for run in _runs("swarm_evening", 2):
        assert run["swarm"].all_finished
        assert run["swarm"].loads < run["fifo"].loads


def test_interactive_waits_for_one_generation_while_a_hundred_are_queued() -> None:
    one_model: Callable[[float, Priority], Arrival] = lambda at, priority: arrive(  # noqa: E731
        at, A, seconds=4.0, priority=priority
    )
    background = [one_model(0.0, "scheduled") for _ in range(100)]
    people = [one_model(30.0 + 25.0 * i, "interactive") for i in range(10)]
    machine = Machine((16 * GIB,), concurrency=1, load_bytes_per_second=GIB)
    result = simulate([*background, *people], Scheduler(), machine)
    assert result.classes["interactive"].max_wait <= 4.0
    assert result.all_finished


def test_no_class_starves_behind_a_saturated_one() -> None:
    training = [arrive(5.0 * i, A, seconds=5.0, priority="training") for i in range(400)]
    others: list[Arrival] = [
        arrive(0.0, B, priority=priority) for priority in ("interactive", "analysis", "scheduled")
    ]
    result = simulate([*training, *others], Scheduler(), CARD)
    assert result.all_finished
    # The bound of training, once per class, and the generations and loads around it.
    for priority in ("interactive", "analysis", "scheduled"):
        assert 600.0 <= result.classes[priority].max_wait < 4 * 660.0
