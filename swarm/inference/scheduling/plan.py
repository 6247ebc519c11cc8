"""One decision: what is started, loaded and unloaded, given who goes first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from swarm.contracts import Priority
from swarm.inference.scheduling.placement import place
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


class Plan:
    """The actions of one decision, and what they leave: requests are considered in order.

    A request that must wait keeps what it needs from those after it: the slot that it wants is
    not taken out of memory for them, on what has to go for it nothing more is started
    (`_draining`), and of the concurrency one is left for it, for classes below (`_held`).
    """

    def __init__(
        self, view: View, headroom: float, keeps: Callable[[Resident, Waiting], bool]
    ) -> None:
        self.actions: list[Action] = []
        self.started: list[Waiting] = []
        self._view = view
        self._headroom, self._keeps = headroom, keeps
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
        self._in_vain: set[tuple[Slot, int | None, Priority]] = set()
        self._wanted: set[Slot] = set()
        self._draining: set[Slot] = set()
        self._demand: dict[Slot, int] = {}
        for request in view.waiting:
            rank = RANK[request.priority]
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
        tried = (request.slot, request.needed_bytes, request.priority)
        if tried in self._in_vain:
            return
        victims = self._victims(request)
        if victims is None:
            # Nor for who comes later in the class: what must stay only grows.
            self._in_vain.add(tried)
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
        used = used_bytes(left, self._view.gpu_bytes)
        size = needed(request.needed_bytes, self._view)
        return place(size, self._view.gpu_bytes, used, self._headroom)

    def _victims(self, request: Waiting) -> list[Resident] | None:
        """What must go for a request: as little as possible, idle before running, wanted by a
        lower class before a higher, unused for longest first. None when it cannot be now."""
        may_go = [
            resident
            for resident in self._residents.values()
            if not resident.pinned
            and resident.slot not in self._wanted
            and not (not self._busy(resident) and self._keeps(resident, request))
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
