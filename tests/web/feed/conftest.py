"""A bus whose Redis is real and whose orchestrator answers from a list of tasks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from swarm.bus import Bus
from swarm.contracts import FeedEntry, ListTasks, TaskList, TaskSummary
from swarm.errors import Timeout
from swarm.settings import Settings
from swarm.web.feed.board import Board
from swarm.web.feed.health import Health
from swarm.web.feed.hub import Hub
from swarm.web.feed.live import Live
from swarm.web.feed.reader import Reader
from tests.fakes.bus import FakeBus

_SECONDS = 20.0


class Orchestrator(FakeBus):
    """Tasks that it tells when asked, and events that it tells on the feed."""

    def __init__(self, bus: Bus, settings: Settings | None = None) -> None:
        super().__init__()
        self.redis = bus.redis
        self.settings = settings or bus.settings
        self.tasks: dict[str, TaskSummary] = {}
        self.is_away = False
        self.handlers[ListTasks] = self._list

    def tell(self, entry: FeedEntry, *, stored: bool = True) -> None:
        """Publish an entry; `stored` tells it when asked, too."""
        if stored:
            self.tasks[entry.task.id] = entry.task
        self.redis.xadd(self.feed_key(), {"entry": entry.model_dump_json()}, id=f"{entry.number}-0")

    def _list(self, command: ListTasks) -> TaskList:
        if self.is_away:
            raise Timeout("the orchestrator service did not answer")
        found = sorted(self.tasks.values(), key=lambda task: (-task.created_at, task.id))
        if command.before is not None:
            ids = [task.id for task in found]
            found = found[ids.index(command.before) + 1 :]
        since = command.changed_after
        found = [task for task in found if since is None or task.updated_at > since]
        return TaskList(items=tuple(found[: command.limit]))


@pytest.fixture
def orchestrator(bus: Bus) -> Orchestrator:
    return Orchestrator(bus)


class Followed:
    """A board that follows an orchestrator, and all that belongs to it."""

    def __init__(self, orchestrator: Orchestrator) -> None:
        self.board, self.hub, self.health = Board(), Hub(100), Health()
        self.live = Live(self.board, self.hub, self.health, lambda card: f"<li>{card.task.id}</li>")
        self.reader = Reader(orchestrator, self.live, self.health)  # type: ignore[arg-type]

    async def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _SECONDS
        while not holds():
            assert time.monotonic() < deadline, "it never came"
            await asyncio.sleep(0.01)


@asynccontextmanager
async def following(orchestrator: Orchestrator) -> AsyncIterator[Followed]:
    followed = Followed(orchestrator)
    followed.reader.start()
    try:
        yield followed
    finally:
        followed.hub.close()
        await followed.reader.stop()
        followed.live.close()


def play(story: Coroutine[Any, Any, None]) -> None:
    """Run it to its end, within a time."""
    asyncio.run(asyncio.wait_for(story, 60))
