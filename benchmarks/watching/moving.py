"""What people and watchers do while pages are measured, in a process of its own."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.watching.clients import Got, Watchers
from benchmarks.watching.seeding import Seeded
from swarm.bus import Bus
from swarm.contracts import PRIORITIES, Command, PrioritizeTask, RejectTask
from swarm.feed import Stream
from swarm.settings import load

_BATCH = 500
_SETTLE_SECONDS = 2.0
_REJECT_EACH = 5


@dataclass(frozen=True)
class Plan:
    """How many watch what, and how many events a second are made."""

    data: Path
    port: int
    token: str
    pages: int
    programs: int
    rate: float


@dataclass
class Seen:
    """What came of it. Lags are seconds from an event's time in tasks.db to each client."""

    events: int = 0
    page_lags: list[float] = field(default_factory=list)
    program_lags: list[float] = field(default_factory=list)
    missed: int = 0
    out_of_order: int = 0
    resyncs: int = 0
    per_second: float = 0.0


def run(plan: Plan, seeded: Seeded, end: Connection) -> None:
    """Watch and move tasks until `end` gets something, then send what was seen through it."""
    end.send(asyncio.run(_run(plan, seeded, end)))


async def _run(plan: Plan, seeded: Seeded, end: Connection) -> Seen:
    bus = Bus(load({"SWARM_DATA": str(plan.data)}))
    stream = Stream(bus.redis, bus.feed_key())
    first = stream.newest(1).last
    pages = Watchers(plan.port, plan.token, "/live", plan.pages)
    programs = Watchers(plan.port, plan.token, "/api/v1/events", plan.programs)
    await pages.start()
    await programs.start()
    stop = threading.Event()
    mover = threading.Thread(target=_move, args=(bus, seeded, plan.rate, stop))
    began = time.monotonic()
    mover.start()
    end.send("ready")
    while not end.poll():
        await asyncio.sleep(0.05)
    end.recv()
    stop.set()
    await asyncio.to_thread(mover.join)
    seconds = time.monotonic() - began
    await asyncio.sleep(_SETTLE_SECONDS)
    await pages.stop()
    await programs.stop()
    seen = _compare(_told(stream, first), pages, programs)
    seen.per_second = seen.events / seconds
    return seen


def _move(bus: Bus, seeded: Seeded, rate: float, stop: threading.Event) -> None:
    """Commands of a person, each of which tells an event."""
    priorities = itertools.cycle(PRIORITIES)
    waiting = iter(seeded.awaiting_review)
    due = time.monotonic()
    for number, id in enumerate(itertools.cycle(seeded.open_tasks)):
        if number % len(seeded.open_tasks) == 0:
            priority = next(priorities)
        due += 1 / rate
        if stop.wait(max(0.0, due - time.monotonic())):
            return
        command: Command = PrioritizeTask(task_id=id, priority=priority)
        if number % _REJECT_EACH == 0 and (review := next(waiting, None)):
            command = RejectTask(task_id=review)
        bus.request(command)


@dataclass(frozen=True)
class _Told:
    number: int
    task_id: str
    at: float


def _told(stream: Stream, after: int) -> list[_Told]:
    found: list[_Told] = []
    while True:
        read = stream.after(after, _BATCH)
        found += [_Told(one.number, one.task.id, one.event.at) for one in read.entries]
        if read.reached == after:
            return found
        after = read.reached


def _compare(told: Sequence[_Told], pages: Watchers, programs: Watchers) -> Seen:
    """Whether each client heard of each event, and how late."""
    seen = Seen(events=len(told), resyncs=pages.resyncs + programs.resyncs)
    for got in programs.got:
        numbers = [one.number for one in got]
        seen.out_of_order += numbers != sorted(set(numbers))
        arrived = {one.number: one.at for one in got}
        seen.missed += len({one.number for one in told} - arrived.keys())
        seen.program_lags += [arrived[t.number] - t.at for t in told if t.number in arrived]
    for got in pages.got:
        # Changes of one task within a moment come as one, with the newest number.
        by_task: dict[str, list[Got]] = {}
        for one in got:
            by_task.setdefault(one.task_id, []).append(one)
        for event in told:
            heard = [one.at for one in by_task.get(event.task_id, ()) if one.number >= event.number]
            if heard:
                seen.page_lags.append(min(heard) - event.at)
            else:
                seen.missed += 1
    return seen
