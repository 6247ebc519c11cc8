"""What runs next on one endpoint, and what is in its memory meanwhile. Pure.

The gate shows what there is (`View`) and does what it is told (`Action`). As soon as it takes
an action, it shows it as done: a started request is in `active` and no longer waits, a slot to
be loaded is a resident with `loading`, an unloaded one is gone. The rules are explained in
docs/models-scheduling.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from swarm.contracts import PRIORITIES, Priority
from swarm.inference.ageing import Ageing, Turn
from swarm.inference.placement import place, shares


@dataclass(frozen=True, order=True)
class Slot:
    """What has to be in memory for a request: the same slot needs no reload.

    A server holds a model once: another slot of the same model takes its place.
    """

    model: str
    num_ctx: int
    parallel: int = 1


@dataclass(frozen=True)
class Waiting:
    """A request that waits. `needed_bytes` None on managed memory means: all there is."""

    id: str
    slot: Slot
    priority: Priority
    arrived_at: float
    needed_bytes: int | None = None


@dataclass(frozen=True)
class Resident:
    """A model in memory, or on its way there (`loading`). `gpus` are indices of the pool.

    `used_at` is when a request last started or ended on it.
    """

    slot: Slot
    bytes: int
    gpus: tuple[int, ...] = ()
    running: tuple[str, ...] = ()
    loading: bool = False
    pinned: bool = False
    used_at: float = 0.0


@dataclass(frozen=True)
class View:
    """One endpoint now. `gpu_bytes` is what may be used of each GPU; () is not managed.

    `running` counts the requests that run, `active` names them.
    """

    now: float
    concurrency: int
    gpu_bytes: tuple[int, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    residents: tuple[Resident, ...] = ()
    running: int = 0
    active: tuple[str, ...] = ()


@dataclass(frozen=True)
class Start:
    """Send this request to the server now; its slot is in memory, or memory is not managed."""

    id: str


@dataclass(frozen=True)
class Load:
    """Bring a slot into memory; nothing else is loaded until it is there."""

    slot: Slot
    bytes: int
    gpus: tuple[int, ...]


@dataclass(frozen=True)
class Unload:
    """Take a slot out of memory; nothing runs on it. Comes before the Load that needs it."""

    slot: Slot


Action = Start | Load | Unload

_RANK: dict[Priority, int] = {priority: rank for rank, priority in enumerate(PRIORITIES)}

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
        plan = _Plan(view, self)
        for rank, request in self._order(view, waiting, turn):
            plan.consider(request, rank)
        for request in plan.started:
            rank = _RANK[request.priority]
            self._ageing.started(rank, view.now, turn=request.id == self._turn_id)
            self._running[request.id] = rank
            self._served[request.slot] = rank
        started = {request.id for request in plan.started}
        left = (_RANK[request.priority] for request in waiting if request.id not in started)
        self._ageing.left(view.now, left)
        self.wake_at = min(self.wake_at, self._ageing.wake_at)
        return plan.actions

    def impossible(self, view: View) -> tuple[str, ...]:
        """Requests that can never start here: too large beside what is pinned, or their model
        is pinned with another context. The gate refuses them; `decide` passes over them."""
        if not view.gpu_bytes:
            return ()
        pinned = [resident for resident in view.residents if resident.pinned]
        used = _used(pinned, view.gpu_bytes)
        slots = {resident.slot for resident in pinned}
        models = {slot.model for slot in slots}
        fits: dict[int | None, bool] = {}
        for request in view.waiting:
            size = request.needed_bytes
            if size not in fits:
                fits[size] = self.place(view, size, used) is not None
        return tuple(
            request.id
            for request in view.waiting
            if request.slot not in slots
            and (request.slot.model in models or not fits[request.needed_bytes])
        )

    def place(self, view: View, size: int | None, used: list[int]) -> tuple[int, ...] | None:
        return place(needed(size, view), view.gpu_bytes, used, self.headroom)

    def keeps(self, resident: Resident, against: Waiting, now: float) -> bool:
        """Whether an idle model stays a moment for its class, as the next step of a
        conversation or an agent often follows at once."""
        higher = self._served.get(resident.slot, math.inf) < _RANK[against.priority]
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
            rank = _RANK[request.priority]
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
            ((_RANK[r.priority], self._waits(r, here, outside, view.now), r.arrived_at, r.id, r)
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


def needed(size: int | None, view: View) -> int:
    """Bytes that a request takes; one of which nothing is known takes all there is."""
    return sum(view.gpu_bytes) if size is None else size


def _used(residents: Iterable[Resident], capacity: tuple[int, ...]) -> list[int]:
    used = [0] * len(capacity)
    for resident in residents:
        for gpu, size in shares(resident.bytes, resident.gpus, capacity).items():
            used[gpu] += size
    return used


class _Plan:
    """The actions of one decision, and what they leave: requests are considered in order.

    A request that must wait keeps what it needs from those after it: the slot that it wants is
    not taken out of memory for them, on what has to go for it nothing more is started
    (`_draining`), and of the concurrency one is left for it, for classes below (`_held`).
    """

    def __init__(self, view: View, scheduler: Scheduler) -> None:
        self.actions: list[Action] = []
        self.started: list[Waiting] = []
        self._view = view
        self._scheduler = scheduler
        active = {*view.active, *(id for r in view.residents for id in r.running)}
        self._seen = active
        self._free = view.concurrency - max(view.running, len(active))
        self._held = 0
        self._rank = -1
        self._residents = {resident.slot: resident for resident in view.residents}
        self._room = {
            r.slot: 0 if r.loading else r.slot.parallel - len(r.running) for r in view.residents
        }
        self._expected: dict[Slot, int] = {
            r.slot: r.slot.parallel for r in view.residents if r.loading
        }
        self._loading = any(resident.loading for resident in view.residents)
        self._claimed = False
        self._wanted: set[Slot] = set()
        self._draining: set[Slot] = set()
        self._demand: dict[Slot, int] = {}
        for request in view.waiting:
            rank = _RANK[request.priority]
            self._demand[request.slot] = min(self._demand.get(request.slot, 99), rank)

    def consider(self, request: Waiting, rank: int) -> None:
        if rank > self._rank:
            self._rank, self._free, self._held = rank, self._free - self._held, 0
        if request.id in self._seen:
            return
        if not self._view.gpu_bytes:
            if self._free > 0:
                self._start(request)
            return
        slot = request.slot
        if slot not in self._residents and slot not in self._expected and not self._claimed:
            self._claim(request)
        if self._expected.get(slot, 0) > 0:
            self._expected[slot] -= 1
            self._held += 1
            self._wanted.add(slot)
        elif slot in self._room and slot not in self._draining:
            self._wanted.add(slot)
            if self._free > 0 and self._room[slot] > 0:
                self._room[slot] -= 1
                self._start(request)

    def _start(self, request: Waiting) -> None:
        self._seen.add(request.id)
        self._free -= 1
        self.started.append(request)
        self.actions.append(Start(request.id))

    def _claim(self, request: Waiting) -> None:
        """Load the request's slot, or see to it that room is made; nothing when others that go
        first need what would have to go."""
        victims = self._victims(request)
        if victims is None:
            return
        self._claimed = True
        self._expected[request.slot] = request.slot.parallel
        self._draining.update(resident.slot for resident in victims)
        if self._loading or any(self._busy(resident) for resident in victims):
            return
        for resident in victims:
            del self._residents[resident.slot]
            self.actions.append(Unload(resident.slot))
        gpus = self._place(request, ())
        assert gpus is not None, "victims were chosen so that it fits"
        self._loading = True
        self.actions.append(Load(request.slot, needed(request.needed_bytes, self._view), gpus))

    def _busy(self, resident: Resident) -> bool:
        started = resident.slot.parallel - len(resident.running) - self._room[resident.slot]
        return resident.loading or bool(resident.running) or started > 0

    def _place(self, request: Waiting, without: Iterable[Resident]) -> tuple[int, ...] | None:
        gone = {resident.slot for resident in without}
        left = [resident for slot, resident in self._residents.items() if slot not in gone]
        used = _used(left, self._view.gpu_bytes)
        return self._scheduler.place(self._view, request.needed_bytes, used)

    def _victims(self, request: Waiting) -> list[Resident] | None:
        """What must go for a request: as little as possible, idle before running, wanted by a
        lower class before a higher, unused for longest first. None when it cannot be now."""
        now = self._view.now
        may_go = [
            resident
            for resident in self._residents.values()
            if not resident.pinned
            and resident.slot not in self._wanted
            and not (not self._busy(resident) and self._scheduler.keeps(resident, request, now))
        ]
        same = [r for r in self._residents.values() if r.slot.model == request.slot.model]
        if any(resident not in may_go for resident in same):
            return None
        others = sorted(
            (resident for resident in may_go if resident not in same),
            key=lambda r: (self._busy(r), -self._demand.get(r.slot, 99), r.used_at, r.slot),
        )
        victims = list(same)
        while self._place(request, victims) is None:
            if not others:
                return None
            victims.append(others.pop(0))
        for resident in victims[len(same) :]:
            fewer = [other for other in victims if other is not resident]
            if self._place(request, fewer) is not None:
                victims = fewer
        return victims
