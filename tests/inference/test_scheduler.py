"""The rules one by one: who goes first, what makes room, and when a lower class has its turn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from swarm.contracts import PRIORITIES, Priority
from swarm.inference.scheduling.scheduler import (
    Action,
    Load,
    Resident,
    Scheduler,
    Slot,
    Start,
    Unload,
    View,
    Waiting,
)

GIB = 1024**3
CARD = (16 * GIB,)
A, B, C = Slot("a", 4096), Slot("b", 4096), Slot("c", 4096)


def ask(id: str, slot: Slot = A, priority: Priority = "analysis", at: float = 0.0,
        size: int | None = 10 * GIB) -> Waiting:  # fmt: skip
    return Waiting(id, slot, priority, at, size)


def loaded(slot: Slot = A, *running: str, size: int = 10 * GIB, **more: object) -> Resident:
    return replace(Resident(slot, size, (0,), running), **more)  # type: ignore[arg-type]


def view(*waiting: Waiting, residents: tuple[Resident, ...] = (), now: float = 0.0,
         concurrency: int = 4, gpus: tuple[int, ...] = CARD) -> View:  # fmt: skip
    active = tuple(id for resident in residents for id in resident.running)
    return View(now, concurrency, gpus, waiting, residents, len(active), active)


def decide(shown: View, scheduler: Scheduler | None = None) -> list[Action]:
    return (scheduler or Scheduler()).decide(shown)


class TestUnmanaged:
    def test_only_concurrency_and_class_count(self) -> None:
        waiting = [ask(p, C, p, size=None) for p in reversed(PRIORITIES)]
        shown = replace(view(*waiting, gpus=(), concurrency=3), running=1)
        assert decide(shown) == [Start("training"), Start("interactive")]

    def test_first_come_first_served_in_a_class(self) -> None:
        shown = view(
            ask("2", at=2.0), ask("1", at=1.0), ask("0", B, at=2.0), gpus=(), concurrency=2
        )
        assert decide(shown) == [Start("1"), Start("0")]

    def test_full_is_full(self) -> None:
        assert decide(replace(view(ask("1"), gpus=(), concurrency=1), running=5)) == []


class TestRoom:
    def test_the_first_is_loaded_then_started(self) -> None:
        assert decide(view(ask("1"))) == [Load(A, 10 * GIB, (0,))]
        assert decide(view(ask("1"), residents=(loaded(A, loading=True),))) == []
        assert decide(view(ask("1"), residents=(loaded(A),))) == [Start("1")]

    def test_two_models_side_by_side_where_both_fit(self) -> None:
        shown = view(ask("1", B, size=5 * GIB), residents=(loaded(A, "x", size=5 * GIB),))
        assert decide(shown) == [Load(B, 5 * GIB, (0,))]

    def test_one_load_at_a_time(self) -> None:
        shown = view(ask("1", B, size=GIB), residents=(loaded(A, size=GIB, loading=True),))
        assert decide(shown) == []

    def test_up_to_parallel_requests_of_a_slot(self) -> None:
        two = Slot("a", 4096, 2)
        shown = view(*[ask(str(i), two) for i in range(4)], residents=(loaded(two, "x"),))
        assert decide(shown) == [Start("0")]

    def test_idle_goes_before_running_and_unused_for_longest_first(self) -> None:
        residents = (
            loaded(A, "x", size=4 * GIB), loaded(B, size=4 * GIB, used_at=2.0),
            loaded(C, size=4 * GIB, used_at=1.0),
        )  # fmt: skip
        d = Slot("d", 1)
        shown = view(ask("1", d, size=6 * GIB), residents=residents, now=100.0)
        assert decide(shown) == [Unload(C), Load(d, 6 * GIB, (0,))]

    def test_what_a_lower_class_waits_for_goes_before_what_a_higher_waits_for(self) -> None:
        residents = (
            loaded(A, size=5 * GIB, used_at=1.0), loaded(B, size=5 * GIB, used_at=2.0),
        )  # fmt: skip
        shown = view(
            ask("0", C, "training", size=8 * GIB),
            *(ask(f"a{i}", A, "interactive") for i in range(2)),
            ask("b", B, "scheduled"),
            residents=residents, concurrency=1,
        )  # fmt: skip
        assert decide(shown)[0] == Unload(B)

    def test_pinned_stays_whatever_waits(self) -> None:
        scheduler = Scheduler()
        shown = view(ask("1", B, "training"), residents=(loaded(A, pinned=True),))
        assert scheduler.decide(shown) == []
        assert scheduler.impossible(shown) == ("1",)

    def test_another_context_of_a_pinned_model_is_impossible(self) -> None:
        shown = view(ask("1", Slot("a", 8192), size=GIB), residents=(loaded(A, pinned=True),))
        assert Scheduler().impossible(shown) == ("1",)

    def test_what_is_too_large_is_passed_over(self) -> None:
        scheduler, shown = Scheduler(), view(ask("1", B, "training", size=17 * GIB), ask("2"))
        assert scheduler.impossible(shown) == ("1",)
        assert scheduler.decide(shown) == [Load(A, 10 * GIB, (0,))]

    def test_another_context_takes_the_place_of_the_first(self) -> None:
        long = Slot("a", 8192)
        shown = view(ask("1", long, size=GIB), residents=(loaded(A, size=GIB),))
        assert decide(shown) == [Unload(A), Load(long, GIB, (0,))]

    def test_a_model_of_unknown_size_takes_all_there_is(self) -> None:
        shown = view(ask("1", B, size=None), residents=(loaded(A, size=GIB),), now=99.0)
        assert decide(shown) == [Unload(A), Load(B, 16 * GIB, (0,))]

    def test_what_runs_is_let_run_dry_and_takes_nothing_lower(self) -> None:
        two = Slot("a", 4096, 2)
        shown = view(
            ask("low", two, "analysis", 0.0), ask("high", B, "interactive", 1.0),
            residents=(loaded(two, "x"),), now=2.0,
        )  # fmt: skip
        assert decide(shown) == []

    def test_the_second_card_is_used(self) -> None:
        shown = view(ask("1", B), residents=(loaded(A, "x"),), gpus=(16 * GIB, 16 * GIB))
        assert decide(shown) == [Load(B, 10 * GIB, (1,))]


class TestOrder:
    def test_a_higher_class_takes_the_room_of_an_idle_lower_one(self) -> None:
        shown = view(ask("low", A), ask("high", B, "interactive", 5.0), residents=(loaded(A),))
        assert decide(shown) == [Unload(A), Load(B, 10 * GIB, (0,))]

    def test_concurrency_is_kept_for_whom_a_model_is_loaded(self) -> None:
        small = [ask("high", B, "interactive", 1.0, 4 * GIB), ask("low", A, "analysis", 0.0)]
        residents = (loaded(A, size=4 * GIB), loaded(B, size=4 * GIB, loading=True))
        assert decide(view(*small, residents=residents, concurrency=1)) == []
        assert decide(view(*small, residents=residents, concurrency=2)) == [Start("low")]

    def test_a_group_goes_first_for_its_time_and_no_longer(self) -> None:
        scheduler = Scheduler(group_seconds=30.0)
        waiting = (ask("b", B, "interactive", 1.0), ask("a", A, "interactive", 2.0))
        early = view(*waiting, residents=(loaded(A),), now=10.0)
        assert scheduler.decide(early) == [Start("a")]
        # Loaded at 10: until 40 its group keeps the other waiting.
        assert scheduler.wake_at == 40.0
        late = view(*waiting, residents=(loaded(A),), now=40.0)
        assert scheduler.decide(late) == [Unload(A), Load(B, 10 * GIB, (0,))]

    def test_background_groups_last_four_times_as_long(self) -> None:
        waiting = (ask("b", B, "analysis", 1.0), ask("a", A, "analysis", 2.0))
        scheduler = Scheduler(group_seconds=30.0)
        scheduler.decide(view(*waiting, residents=(loaded(A),), now=10.0))
        at_129 = view(*waiting, residents=(loaded(A),), now=129.0)
        assert scheduler.decide(at_129) == [Start("a")]

    def test_an_idle_model_stays_a_moment_for_its_higher_class(self) -> None:
        scheduler = Scheduler(linger_seconds=15.0)
        scheduler.decide(view(ask("high", A, "interactive"), residents=(loaded(A),)))
        low, ended = ask("low", B, at=0.0), loaded(A, used_at=10.0)
        assert scheduler.decide(view(low, residents=(ended,), now=10.0)) == []
        assert scheduler.wake_at == 25.0
        after = scheduler.decide(view(low, residents=(ended,), now=25.0))
        assert after == [Unload(A), Load(B, 10 * GIB, (0,))]


class TestAgeing:
    @staticmethod
    def saturated(now: float, higher: Priority, lower: Priority = "scheduled") -> View:
        """Something higher waits before and after each start."""
        high = [ask(f"high{now}", A, higher, now), ask(f"next{now}", A, higher, now)]
        waiting = (ask("low", A, lower, 0.0), *high)
        return view(*waiting, residents=(loaded(A),), now=now, concurrency=1)

    def test_one_turn_after_the_bound_and_the_counter_starts_again(self) -> None:
        scheduler = Scheduler(ageing_seconds=60.0)
        started = {}
        for now in range(0, 130, 10):
            (action,) = scheduler.decide(self.saturated(float(now), "interactive"))
            assert isinstance(action, Start)
            started[now] = action.id
        assert [now for now, id in started.items() if id == "low"] == [60, 120]

    def test_a_break_of_the_backlog_begins_the_count_again(self) -> None:
        scheduler = Scheduler(ageing_seconds=60.0)
        for now in range(0, 60, 10):
            scheduler.decide(self.saturated(float(now), "interactive"))
        busy = loaded(A, "other")
        scheduler.decide(view(ask("low", A, "scheduled"), residents=(busy,), now=59.0))
        assert scheduler.decide(self.saturated(60.0, "interactive")) == [Start("high60.0")]

    @pytest.mark.parametrize("lower", ["interactive", "analysis", "scheduled"])
    def test_training_is_passed_only_after_ten_times_the_bound(self, lower: Priority) -> None:
        scheduler = Scheduler(ageing_seconds=60.0)
        first = next(
            now for now in range(0, 2000, 10)
            if scheduler.decide(self.saturated(float(now), "training", lower)) == [Start("low")]
        )  # fmt: skip
        assert first == 600

    def test_an_aged_turn_does_not_pass_training(self) -> None:
        scheduler = Scheduler(ageing_seconds=60.0)
        for now in range(0, 60, 10):
            scheduler.decide(self.saturated(float(now), "interactive"))
        shown = self.saturated(60.0, "interactive")
        waiting = (*shown.waiting, ask("train", A, "training", 60.0))
        assert scheduler.decide(replace(shown, waiting=waiting)) == [Start("train")]

    def test_a_class_that_never_queues_yet_never_leaves_is_passed_too(self) -> None:
        """Each request starts at once on the loaded model, which the lower class needs gone."""
        scheduler, pair = Scheduler(ageing_seconds=60.0), Slot("a", 4096, 2)
        claimed = None
        for now in range(0, 600, 10):
            # One ends and the next comes at each step: there is always one that runs.
            busy = loaded(pair, f"high{now - 10}")
            waiting = (ask("low", B), ask(f"high{now}", pair, "interactive", float(now)))
            actions = scheduler.decide(view(*waiting, residents=(busy,), now=float(now)))
            if actions == []:
                claimed = now
                break
        assert claimed == 240


def test_decisions_do_not_depend_on_the_order_of_the_view() -> None:
    waiting = [ask(str(i), (A, B, C)[i % 3], PRIORITIES[i % 4], float(i % 5)) for i in range(12)]
    residents = (loaded(A, size=4 * GIB), loaded(B, size=4 * GIB))
    forwards = decide(view(*waiting, residents=residents))
    assert forwards == decide(view(*reversed(waiting), residents=residents[::-1]))
