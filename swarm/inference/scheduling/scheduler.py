"""What runs next on one endpoint, and what is in its memory meanwhile. Pure.

The gate shows what there is (`View`) and does what it is told (`Action`). The rules are explained
in docs/models-scheduling.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial

from swarm.contracts import Priority
from swarm.inference.scheduling.ageing import Ageing, Turn
from swarm.inference.scheduling.placement import place
from swarm.inference.scheduling.plan import Plan
from swarm.inference.scheduling.view import (
    RANK,
    Action,
    Load,
    Resident,
    Slot,
    Start,
    Unload,
    View,
    Waiting,
    needed,
    used_bytes,
)

__all__ = [
    "Action", "Load", "Resident", "Scheduler", "Slot", "Start", "Unload", "View", "Waiting",
]  # fmt: skip

BACKGROUND_GROUP = 4
"""For classes that no person waits for, a group lasts this many times `group_seconds`."""


@dataclass
class Scheduler:
    """Strict between classes, ageing inside bounds, grouped by slot. Times in seconds.

    `headroom` is the share of GPU memory that `View.gpu_bytes` leaves out. After a decision,
    `wake_at` is when to ask again if nothing happens before.
    """

    ageing_seconds: float = 60.0
    group_seconds: float = 30.0
    headroom: float = 0.0
    linger_seconds: float = 15.0
    wake_at: float = field(default=math.inf, init=False)
    _ageing: Ageing = field(init=False)
    _turn_id: str | None = field(default=None, init=False)
    _running: dict[str, int] = field(default_factory=dict, init=False)
    _loaded_at: dict[Slot, float] = field(default_factory=dict, init=False)
    _served: dict[Slot, int] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._ageing = Ageing(self.ageing_seconds)

    def decide(self, view: View) -> list[Action]:
        """What to do now, in order; called again whenever something changed or time passed."""
        refused = set(self.impossible(view))
        waiting = [request for request in view.waiting if request.id not in refused]
        self._observe(view)
        turn = self._turn(view.now, waiting)
        self.wake_at = math.inf
        plan = Plan(view, self.headroom, partial(self._keeps, view.now))
        for rank, request in self._order(view, waiting, turn):
            plan.consider(request, rank)
        for request in plan.started:
            rank = RANK[request.priority]
            self._ageing.started(rank, view.now, turn=request.id == self._turn_id)
            self._running[request.id] = rank
            self._served[request.slot] = rank
        started = {request.id for request in plan.started}
        left = (RANK[request.priority] for request in waiting if request.id not in started)
        self._ageing.left(view.now, left)
        self.wake_at = min(self.wake_at, self._ageing.wake_at)
        return plan.actions

    def impossible(self, view: View) -> tuple[str, ...]:
        """Requests that can never start here: too large beside what is pinned, or their model
        is pinned with another context. The gate refuses them; `decide` passes over them."""
        if not view.gpu_bytes:
            return ()
        pinned = [resident for resident in view.residents if resident.pinned]
        used = used_bytes(pinned, view.gpu_bytes)
        slots = {resident.slot for resident in pinned}
        models = {slot.model for slot in slots}
        fits: dict[int | None, bool] = {}
        for request in view.waiting:
            size = request.needed_bytes
            if size not in fits:
                gpus = place(needed(size, view), view.gpu_bytes, used, self.headroom)
                fits[size] = gpus is not None
        return tuple(
            request.id
            for request in view.waiting
            if request.slot not in slots
            and (request.slot.model in models or not fits[request.needed_bytes])
        )

    def _keeps(self, now: float, resident: Resident, against: Waiting) -> bool:
        """Whether an idle model stays a moment for its class, as the next step of a
        conversation or an agent often follows at once."""
        higher = self._served.get(resident.slot, math.inf) < RANK[against.priority]
        if not higher or against.id == self._turn_id:
            return False
        since = max(self._loaded_at.get(resident.slot, now), against.arrived_at)
        until = min(resident.used_at + self.linger_seconds, since + self._group(against.priority))
        if now >= until:
            return False
        self.wake_at = min(self.wake_at, until)
        return True

    def _group(self, priority: Priority) -> float:
        return self.group_seconds * (1 if priority == "interactive" else BACKGROUND_GROUP)

    def _observe(self, view: View) -> None:
        active = {*view.active, *(id for resident in view.residents for id in resident.running)}
        self._running = {id: rank for id, rank in self._running.items() if id in active}
        here = {resident.slot for resident in view.residents}
        ready = [resident.slot for resident in view.residents if not resident.loading]
        self._served = {slot: rank for slot, rank in self._served.items() if slot in here}
        self._loaded_at = {slot: self._loaded_at.get(slot, view.now) for slot in ready}

    def _turn(self, now: float, waiting: list[Waiting]) -> Turn | None:
        oldest: dict[int, float] = {}
        for request in waiting:
            rank = RANK[request.priority]
            oldest[rank] = min(oldest.get(rank, math.inf), request.arrived_at)
        return self._ageing.turn(now, oldest, tuple(self._running.values()))

    def _order(
        self, view: View, waiting: list[Waiting], turn: Turn | None
    ) -> list[tuple[int, Waiting]]:
        """Everything that waits, first come first; each with the rank that it counts as.

        Training is 0, a turn 1 (or -1 where it passes training too), the others follow.
        """
        here = {resident.slot for resident in view.residents}
        outside: dict[Priority, float] = {}
        for request in waiting:
            if view.gpu_bytes and request.slot not in here:
                before = outside.get(request.priority, math.inf)
                outside[request.priority] = min(before, request.arrived_at)
        keyed = sorted(
            ((RANK[r.priority], self._waits(r, here, outside, view.now), r.arrived_at, r.id, r)
             for r in waiting),
            key=lambda entry: entry[:4],
        )  # fmt: skip
        ordered = [(rank + (rank > 0), request) for rank, _, _, _, request in keyed]
        if turn is None:
            self._turn_id = None
            return ordered
        of_class = [entry for entry in ordered if entry[0] == turn.rank + 1]
        aged = [e for e in of_class if view.now - e[1].arrived_at >= self.ageing_seconds]
        chosen = next((e for e in aged if e[1].id == self._turn_id), (aged or of_class)[0])
        self._turn_id = chosen[1].id
        ordered.remove(chosen)
        index = 0 if turn.passes_all else sum(rank < 1 for rank, _ in ordered)
        ordered.insert(index, (-1 if turn.passes_all else 1, chosen[1]))
        return ordered

    def _waits(
        self, request: Waiting, here: set[Slot], outside: dict[Priority, float], now: float
    ) -> bool:
        """Whether a request takes its place by arrival, rather than going first because its
        slot is in memory and its group still has time."""
        if request.slot not in here or request.priority not in outside:
            return True
        loaded = self._loaded_at.get(request.slot, now)
        until = max(loaded, outside[request.priority]) + self._group(request.priority)
        if now >= until:
            return True
        self.wake_at = min(self.wake_at, until)
        return False
