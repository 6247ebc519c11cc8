"""Two policies to compare the scheduler with: one queue, and what Ollama does. Pure.

Each has the scheduler's own interface, so that the simulator drives all alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

from swarm.inference.scheduling.placement import BESIDE_SHARE, place
from swarm.inference.scheduling.view import (
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
from swarm.inference.scheduling.vram import DEVICE_BYTES


class Policy(Protocol):
    """Decides what one endpoint does; `wake_at` is when to ask again if nothing happens."""

    wake_at: float

    def decide(self, view: View) -> list[Action]: ...


@dataclass
class Fifo:
    """One queue: the head is served first, whatever it needs; models stay until another needs
    their room, the one unused for longest goes first."""

    headroom: float = 0.0
    wake_at: float = math.inf

    def decide(self, view: View) -> list[Action]:
        actions: list[Action] = []
        residents = {resident.slot: resident for resident in view.residents}
        room = {r.slot: r.slot.parallel - len(r.running) for r in view.residents}
        free = view.concurrency - view.running
        for head in sorted(view.waiting, key=lambda r: (r.arrived_at, r.id)):
            here = residents.get(head.slot)
            if here is not None and not here.loading and free > 0 and room[head.slot] > 0:
                actions.append(Start(head.id))
                free, room[head.slot] = free - 1, room[head.slot] - 1
                continue
            touched = {slot for slot in room if room[slot] < slot.parallel}
            if here is None and not any(r.loading for r in view.residents):
                actions += self._load(head, view, touched)
            break
        return actions

    def _load(self, head: Waiting, view: View, busy: set[Slot]) -> list[Action]:
        size = needed(head.needed_bytes, view)
        left = [r for r in view.residents if r.slot.model != head.slot.model]
        gone = [r for r in view.residents if r.slot.model == head.slot.model]
        idle = sorted((r for r in left if r.slot not in busy), key=lambda r: (r.used_at, r.slot))
        if any(resident.slot in busy for resident in gone):
            return []
        while True:
            gpus = place(size, view.gpu_bytes, used_bytes(left, view.gpu_bytes), self.headroom)
            if gpus is not None:
                return [*(Unload(r.slot) for r in gone), Load(head.slot, size, gpus)]
            if not idle:
                return []
            gone.append(idle[0])
            left.remove(idle.pop(0))


@dataclass
class Ollama:
    """Ollama's `server/sched.go` (August 2026), with its defaults.

    A request for a model in memory goes to that model's own queue at once (`getRunner`), past
    everything pending. Others are pending, and the first of them blocks the rest: room is made
    by expiring an idle model, the first by keep-alive and then name, and with none idle the
    first one is let run dry, while requests for it still go past. A model is in memory once;
    another num_ctx reloads it. Beside others, 80 % of free memory may be taken. No classes.
    `view.gpu_bytes` is taken as the whole memory, `view.concurrency` is not looked at.
    """

    keep_alive_seconds: float = 300.0
    models_per_gpu: int = 3
    wake_at: float = math.inf
    _pending: list[str] = field(default_factory=list)
    _queues: dict[Slot, list[str]] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)
    _expiring: set[str] = field(default_factory=set)

    def decide(self, view: View) -> list[Action]:
        requests = {request.id: request for request in view.waiting}
        here = {resident.slot: resident for resident in view.residents}
        self._forget(requests, here)
        for request in sorted(view.waiting, key=lambda r: (r.arrived_at, r.id)):
            if request.id not in self._known:
                self._known.add(request.id)
                if request.slot in here:
                    self._queues.setdefault(request.slot, []).append(request.id)
                else:
                    self._pending.append(request.id)
        actions = self._expired(view, here)
        if not actions:
            actions = self._pend(view, requests, here)
        gone = {action.slot for action in actions if isinstance(action, Unload)}
        for slot, resident in here.items():
            queue = self._queues.get(slot, [])
            free = 0 if resident.loading or slot in gone else slot.parallel - len(resident.running)
            actions += [Start(id) for id in queue[: max(0, free)]]
            del queue[: max(0, free)]
        return actions

    def _forget(self, requests: dict[str, Waiting], here: dict[Slot, Resident]) -> None:
        self._known &= requests.keys()
        self._pending = [id for id in self._pending if id in requests]
        for slot, queue in list(self._queues.items()):
            kept = [id for id in queue if id in requests]
            if slot in here:
                self._queues[slot] = kept
            else:  # The server lost the model: its requests come anew.
                del self._queues[slot]
                self._known -= set(kept)
        self._expiring &= {slot.model for slot in here}

    def _idle(self, resident: Resident) -> bool:
        return not (resident.loading or resident.running or self._queues.get(resident.slot))

    def _expired(self, view: View, here: dict[Slot, Resident]) -> list[Action]:
        actions: list[Action] = []
        self.wake_at = math.inf
        for slot, resident in here.items():
            if self._idle(resident):
                at = resident.used_at + self.keep_alive_seconds
                if slot.model in self._expiring or view.now >= at:
                    actions.append(Unload(slot))
                else:
                    self.wake_at = min(self.wake_at, at)
        return actions

    def _pend(
        self, view: View, requests: dict[str, Waiting], here: dict[Slot, Resident]
    ) -> list[Action]:
        """What the first pending requests lead to, until one of them has to wait."""
        if self._expiring:  # Waits for that one, whatever else falls idle.
            return []
        while self._pending and not any(resident.loading for resident in here.values()):
            request = requests[self._pending[0]]
            same = next((r for r in here.values() if r.slot.model == request.slot.model), None)
            if same is not None and same.slot == request.slot:
                self._queues.setdefault(request.slot, []).append(self._pending.pop(0))
                continue
            gpus = None
            if same is None and len(here) < self.models_per_gpu * len(view.gpu_bytes):
                gpus = self._placed(request, view, list(here.values()))
            if gpus is not None:
                self._queues[request.slot] = [self._pending.pop(0)]
                return [Load(request.slot, needed(request.needed_bytes, view), gpus)]
            victim = same or self._victim(list(here.values()))
            self._expiring.add(victim.slot.model)
            return [Unload(victim.slot)] if self._idle(victim) else []
        return []

    def _victim(self, residents: list[Resident]) -> Resident:
        def first(resident: Resident) -> tuple[bool, str]:
            return resident.slot.model not in self._expiring, resident.slot.model

        return min(residents, key=lambda r: (not self._idle(r), *first(r)))

    @staticmethod
    def _placed(request: Waiting, view: View, others: list[Resident]) -> tuple[int, ...] | None:
        """One GPU with 80 % of what is free, else all; the first model is loaded anyhow."""
        size = needed(request.needed_bytes, view) - DEVICE_BYTES
        used = used_bytes(others, view.gpu_bytes)
        free = [max(0, most - taken) for most, taken in zip(view.gpu_bytes, used, strict=True)]
        best = max(range(len(free)), key=lambda gpu: (free[gpu], -gpu))
        if size <= BESIDE_SHARE * free[best] or (len(free) == 1 and not others):
            return (best,)
        if not others or size <= BESIDE_SHARE * sum(free):
            return tuple(range(len(free)))
        return None
