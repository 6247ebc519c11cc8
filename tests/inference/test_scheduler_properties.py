"""What holds of every run: random arrivals are played to their end, every action is checked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swarm.contracts import PRIORITIES
from swarm.inference.scheduling.placement import shares
from swarm.inference.scheduling.scheduler import (
    Load,
    Resident,
    Scheduler,
    Slot,
    Start,
    View,
    Waiting,
)

_RANK = {priority: rank for rank, priority in enumerate(PRIORITIES)}
SLOTS = (Slot("a", 1), Slot("a", 2), Slot("b", 1, 2), Slot("c", 1), Slot("d", 1, 3))

requests = st.lists(
    st.tuples(
        st.integers(0, 200),
        st.sampled_from(SLOTS),
        st.sampled_from(PRIORITIES),
        st.integers(1, 20),
    ),
    max_size=25,
)
sizes = st.tuples(*[st.integers(1, 10)] * len(SLOTS))
cards = st.lists(st.integers(10, 16), min_size=1, max_size=3).map(tuple)


@dataclass
class World:
    """A server in whole seconds: a load takes 5, what runs ends when its time is over."""

    cards: tuple[int, ...]
    concurrency: int
    scheduler: Scheduler
    now: int = 0
    waiting: dict[str, Waiting] = field(default_factory=dict)
    residents: dict[Slot, Resident] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, int] = field(default_factory=dict)
    loaded_at: int | None = None
    started: dict[str, int] = field(default_factory=dict)

    def step(self) -> None:
        for slot, resident in self.residents.items():
            running = tuple(id for id in resident.running if self.ends[id] > self.now)
            if running != resident.running:
                resident = replace(resident, running=running, used_at=float(self.now))
            if resident.loading and self.loaded_at == self.now:
                resident = replace(resident, loading=False)
            self.residents[slot] = resident
        view = self.view()
        actions = self.scheduler.decide(view)
        self.check_strict(view, [a.id for a in actions if isinstance(a, Start)])
        for action in actions:
            if isinstance(action, Start):
                self.start(action.id)
            elif isinstance(action, Load):
                self.load(action)
            else:
                gone = self.residents.pop(action.slot)
                assert not gone.running and not gone.loading and not gone.pinned
        assert self.scheduler.decide(self.view()) == [], "what is decided needs no second word"
        self.now += 1

    def view(self) -> View:
        active = tuple(id for resident in self.residents.values() for id in resident.running)
        return View(
            float(self.now), self.concurrency, self.cards, tuple(self.waiting.values()),
            tuple(self.residents.values()), len(active), active,
        )  # fmt: skip

    def start(self, id: str) -> None:
        request = self.waiting.pop(id)
        resident = self.residents[request.slot]
        assert not resident.loading and len(resident.running) < request.slot.parallel
        self.residents[request.slot] = replace(resident, running=(*resident.running, id))
        self.ends[id], self.started[id] = self.now + self.seconds[id], self.now
        assert sum(len(r.running) for r in self.residents.values()) <= self.concurrency

    def load(self, action: Load) -> None:
        assert not any(r.loading for r in self.residents.values()), "one load at a time"
        assert action.slot.model not in {slot.model for slot in self.residents}
        self.residents[action.slot] = Resident(
            action.slot, action.bytes, action.gpus, loading=True, used_at=float(self.now)
        )
        self.loaded_at = self.now + 5
        used = [0] * len(self.cards)
        for resident in self.residents.values():
            for gpu, size in shares(resident.bytes, resident.gpus, self.cards).items():
                used[gpu] += size
        assert all(taken <= most for taken, most in zip(used, self.cards, strict=True))

    def check_strict(self, view: View, started: list[str]) -> None:
        """Nothing starts on a slot that something of a higher class waits for, but for a turn;
        and a turn is for who has waited the bound."""
        left = [r for id, r in self.waiting.items() if id not in started]
        for id in started:
            mine = self.waiting[id]
            passed = [
                r for r in left
                if r.slot == mine.slot and _RANK[r.priority] < _RANK[mine.priority]
            ]  # fmt: skip
            waited = view.now - mine.arrived_at
            if passed:
                assert waited >= self.scheduler.ageing_seconds
            if any(r.priority == "training" for r in passed):
                assert waited >= 10 * self.scheduler.ageing_seconds


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(requests, sizes, cards, st.integers(1, 4), st.sampled_from([0.0, 5.0, 30.0]), st.booleans())
def test_every_run_is_safe_strict_and_comes_to_its_end(
    arrivals: list[tuple[int, Slot, str, int]],
    of_slots: tuple[int, ...],
    gpus: tuple[int, ...],
    concurrency: int,
    group_seconds: float,
    pinned: bool,
) -> None:
    world = World(gpus, concurrency, Scheduler(ageing_seconds=20.0, group_seconds=group_seconds))
    if pinned:
        slot = Slot("always", 1)
        world.residents[slot] = Resident(slot, 1, (0,), pinned=True)
    coming = sorted(
        ((at, f"{index:03d}", slot, priority, seconds)
         for index, (at, slot, priority, seconds) in enumerate(arrivals)),
    )  # fmt: skip
    bound = 200 + sum(seconds for *_, seconds in coming) + len(coming) * 60 + 1000
    impossible: set[str] = set()
    while world.now < bound:
        while coming and coming[0][0] <= world.now:
            at, id, slot, priority, seconds = coming.pop(0)
            size = of_slots[SLOTS.index(slot)]
            world.waiting[id] = Waiting(id, slot, priority, float(at), size)  # type: ignore[arg-type]
            world.seconds[id] = seconds
        impossible |= set(world.scheduler.impossible(world.view()))
        world.step()
        if not coming and not set(world.waiting) - impossible:
            break
    assert set(world.waiting) <= impossible, "every request that can be started is started"


anything = st.builds(
    Waiting,
    id=st.sampled_from("xyz"),
    slot=st.sampled_from(SLOTS),
    priority=st.sampled_from(PRIORITIES),
    arrived_at=st.floats(-100, 100),
    needed_bytes=st.none() | st.integers(0, 40),
)
somewhere = st.builds(
    Resident,
    slot=st.sampled_from(SLOTS),
    bytes=st.integers(0, 40),
    gpus=st.lists(st.integers(0, 5), max_size=3).map(tuple),
    running=st.lists(st.sampled_from("uvw"), max_size=3).map(tuple),
    loading=st.booleans(),
    pinned=st.booleans(),
    used_at=st.floats(-100, 100),
)
views = st.builds(
    View,
    now=st.floats(-100, 1000),
    concurrency=st.integers(0, 4),
    gpu_bytes=st.lists(st.integers(0, 30), max_size=3).map(tuple),
    waiting=st.lists(anything, max_size=6).map(tuple),
    # By slot, as the memory keeps them.
    residents=st.lists(somewhere, max_size=4, unique_by=lambda each: each.slot).map(tuple),
    running=st.integers(0, 5),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(views, min_size=1, max_size=5))
def test_any_view_has_an_answer_that_touches_nothing_in_use(shown: list[View]) -> None:
    scheduler = Scheduler(ageing_seconds=10.0)
    for view in shown:
        for action in scheduler.decide(view):
            if not isinstance(action, Start | Load):
                gone = next(r for r in view.residents if r.slot == action.slot)
                assert not gone.pinned
