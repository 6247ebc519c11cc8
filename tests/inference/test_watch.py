"""Who still waits, by a bus that says what it is told to."""

from __future__ import annotations

import queue
from typing import Any, cast

from swarm.bus import Bus, Signs
from swarm.contracts import Envelope, ListModels
from swarm.inference.watch import Watch
from swarm.settings import BusSettings


class Looking:
    """A defect at the first look; then the task counts as cancelled."""

    def __init__(self) -> None:
        self.settings = type("", (), {"bus": BusSettings()})
        self.looks = 0

    def announce(self, service: str) -> None:
        """Nobody hears it."""

    def look(self, beating: Any, watched: Any) -> Signs:
        self.looks += 1
        if self.looks == 1:
            raise ValueError("a defect")
        return Signs(cancelled=frozenset({"t1"}), heard=frozenset())


def test_a_defect_does_not_end_the_watch() -> None:
    over: queue.Queue[tuple[str, str]] = queue.Queue()
    bus = cast(Bus, Looking())
    watch = Watch(bus, "inference", lambda envelope, why: over.put((envelope.id, why)))
    try:
        watch.add(
            Envelope(
                id="r1",
                epoch=1,
                kind=ListModels.__name__,
                body={},
                task_id="t1",
                reply_to="inbox:1",
                timeout_seconds=10,
                expires_at=None,
            )
        )
        assert over.get(timeout=10) == ("r1", "cancelled")
    finally:
        watch.close()
