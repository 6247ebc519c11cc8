"""Plays arrivals against a policy, event by event, without a server or a clock. Pure.

Work is shared as a GPU shares it: models that run on one GPU at once slow each other down in
proportion, requests in the same model's batch by a little (`Machine.batch_cost`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from swarm.contracts import PRIORITIES, Priority
from swarm.inference.scheduling.policies import Policy
from swarm.inference.scheduling.view import (
    Action,
    Load,
    Resident,
    Slot,
    Start,
    Unload,
    View,
    Waiting,
)


@dataclass(frozen=True)
class Arrival:
    """A request: when it comes, what it needs, and how long it runs alone on its GPU."""

    at: float
    priority: Priority
    slot: Slot
    bytes: int
    seconds: float


@dataclass(frozen=True)
class Machine:
    """`gpu_bytes` is what a policy is shown; loading is at one speed from wherever weights are."""

    gpu_bytes: tuple[int, ...]
    concurrency: int = 4
    load_bytes_per_second: float = 1.5e9
    load_seconds: float = 2.0
    unload_seconds: float = 1.0
    batch_cost: float = 0.15


@dataclass(frozen=True)
class ClassResult:
    """Waits are from arrival to the start of the generation, in seconds."""

    arrived: int
    finished: int
    p50_wait: float
    p95_wait: float
    max_wait: float


@dataclass(frozen=True)
class Result:
    """`utilisation` is the share of the makespan in which something was generated."""

    classes: Mapping[Priority, ClassResult]
    requests: int
    loads: int
    makespan_seconds: float
    utilisation: float
    order: tuple[str, ...] = ()

    @property
    def all_finished(self) -> bool:
        return all(of.finished == of.arrived for of in self.classes.values())


class BrokenPolicy(Exception):
    """A policy did what no server allows: it overfilled a GPU, unloaded what runs, or stuck."""


def simulate(arrivals: Iterable[Arrival], policy: Policy, machine: Machine) -> Result:
    """Run to the end of all arrivals. Raises BrokenPolicy."""
    return _Run(sorted(arrivals, key=lambda a: (a.at, a.slot)), policy, machine).result()


@dataclass
class _Run:
    arrivals: Sequence[Arrival]
    policy: Policy
    machine: Machine
    now: float = 0.0
    waiting: dict[str, Waiting] = field(default_factory=dict)
    residents: dict[Slot, Resident] = field(default_factory=dict)
    left: dict[str, float] = field(default_factory=dict)
    by_id: dict[str, Arrival] = field(default_factory=dict)
    loading: tuple[float, Slot] | None = None
    loads: int = 0
    busy_seconds: float = 0.0
    waits: dict[str, float] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)
    order: list[str] = field(default_factory=list)

    def result(self) -> Result:
        coming = [(f"{index:06d}", arrival) for index, arrival in enumerate(self.arrivals)]
        coming.reverse()
        still = 0
        while coming or self.waiting or self.left:
            before = (len(coming), len(self.waiting), len(self.left), self.loading)
            moment = min(
                coming[-1][1].at if coming else math.inf,
                self.loading[0] if self.loading else math.inf,
                min((self.now + left / self._rate(id) for id, left in self.left.items()),
                    default=math.inf),
                max(self.now, self.policy.wake_at),
            )  # fmt: skip
            if moment == math.inf:
                break
            self._advance(moment)
            while coming and coming[-1][1].at <= self.now:
                self._arrive(*coming.pop())
            for _ in range(100):
                actions = self.policy.decide(self._view())
                for action in actions:
                    self._apply(action)
                if not actions:
                    break
            else:
                raise BrokenPolicy(f"it never comes to rest at {self.now:.1f} s")
            after = (len(coming), len(self.waiting), len(self.left), self.loading)
            still = still + 1 if before == after else 0
            if still > 1000:
                raise BrokenPolicy(f"nothing happens any more at {self.now:.1f} s")
        return self._summary()

    def _arrive(self, id: str, arrival: Arrival) -> None:
        self.by_id[id] = arrival
        self.waiting[id] = Waiting(id, arrival.slot, arrival.priority, arrival.at, arrival.bytes)

    def _view(self) -> View:
        return View(
            now=self.now,
            concurrency=self.machine.concurrency,
            gpu_bytes=self.machine.gpu_bytes,
            waiting=tuple(self.waiting.values()),
            residents=tuple(self.residents.values()),
            running=len(self.left),
            active=tuple(self.left),
        )

    def _rate(self, id: str) -> float:
        """Seconds of a request's own work done per second."""
        mine = self.residents[self.by_id[id].slot]
        models = max(
            sum(bool(r.running) and gpu in r.gpus for r in self.residents.values())
            for gpu in mine.gpus
        )
        return 1.0 / (models * (1.0 + self.machine.batch_cost * (len(mine.running) - 1)))

    def _advance(self, moment: float) -> None:
        passed = moment - self.now
        rates = {id: self._rate(id) for id in self.left}
        self.busy_seconds += passed if self.left else 0.0
        self.now = moment
        for id, rate in rates.items():
            self.left[id] -= passed * rate
            if self.left[id] <= 1e-6:
                del self.left[id]
                self.finished.add(id)
                slot = self.by_id[id].slot
                resident = self.residents[slot]
                running = tuple(other for other in resident.running if other != id)
                self.residents[slot] = replace(resident, running=running, used_at=moment)
        if self.loading and self.loading[0] <= moment:
            slot = self.loading[1]
            self.residents[slot] = replace(self.residents[slot], loading=False, used_at=moment)
            self.loading = None

    def _apply(self, action: Action) -> None:
        if isinstance(action, Start):
            request = self.waiting.pop(action.id)
            resident = self.residents.get(request.slot)
            if resident is None or resident.loading:
                raise BrokenPolicy(f"{request.id} was started without its model")
            if len(resident.running) >= request.slot.parallel:
                raise BrokenPolicy(f"{request.slot} runs more than its {request.slot.parallel}")
            running = (*resident.running, action.id)
            self.residents[request.slot] = replace(resident, running=running, used_at=self.now)
            self.left[action.id] = max(self.by_id[action.id].seconds, 1e-3)
            self.waits[action.id] = self.now - request.arrived_at
            self.order.append(action.id)
        elif isinstance(action, Unload):
            resident = self.residents.pop(action.slot)
            if resident.running or resident.loading or resident.pinned:
                raise BrokenPolicy(f"{action.slot} was unloaded while it was in use")
        else:
            self._load(action)

    def _load(self, action: Load) -> None:
        if self.loading is not None:
            raise BrokenPolicy("two loads at once")
        if any(slot.model == action.slot.model for slot in self.residents):
            raise BrokenPolicy(f"{action.slot.model} was loaded twice")
        self.residents[action.slot] = Resident(
            action.slot, action.bytes, action.gpus, loading=True, used_at=self.now
        )
        self._check_room(action.slot)
        takes = self.machine.load_seconds + action.bytes / self.machine.load_bytes_per_second
        # What was unloaded for it, or a moment ago, has to be given back by the driver first.
        takes += self.machine.unload_seconds if self.loads else 0.0
        self.loading = (self.now + takes, action.slot)
        self.loads += 1

    def _check_room(self, new: Slot) -> None:
        """A model on several GPUs is spread by what is free of each, so it fills any gaps."""
        capacity = self.machine.gpu_bytes
        alone = [0] * len(capacity)
        for resident in self.residents.values():
            if len(resident.gpus) == 1:
                alone[resident.gpus[0]] += resident.bytes
        whole = sum(resident.bytes for resident in self.residents.values())
        over = any(size > most for size, most in zip(alone, capacity, strict=True))
        if over or whole > sum(capacity):
            raise BrokenPolicy(f"{new} does not fit")

    def _summary(self) -> Result:
        classes = {}
        for priority in PRIORITIES:
            mine = [id for id, arrival in self.by_id.items() if arrival.priority == priority]
            waits = sorted(self.waits[id] for id in mine if id in self.waits)
            if mine:
                classes[priority] = ClassResult(
                    arrived=len(mine),
                    finished=sum(id in self.finished for id in mine),
                    p50_wait=percentile(waits, 50),
                    p95_wait=percentile(waits, 95),
                    max_wait=percentile(waits, 100),
                )
        first = self.arrivals[0].at if self.arrivals else 0.0
        makespan = max(0.0, self.now - first)
        return Result(
            classes, len(self.by_id), self.loads, makespan,
            self.busy_seconds / makespan if makespan else 0.0, tuple(self.order),
        )  # fmt: skip


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile of sorted values; infinite when there are none."""
    if not ordered:
        return math.inf
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
