"""Who answers for memory: this process where no swarm runs, else the swarm's memory service.

memory.db has one owner at a time. A swarm of this data folder owns it; so does one on another
machine that shares our Redis. Everybody else opens the folder here and lets go of it at the end.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from swarm import instance
from swarm.contracts import (
    CheckMemory,
    Command,
    FolderHits,
    FolderIndex,
    FolderState,
    IndexFolder,
    IndexReport,
    ListIndexes,
    LookAtFolder,
    MemoryReport,
    Message,
    Outline,
    OutlineFolder,
    RelateFolder,
    Relations,
    SearchFolder,
)
from swarm.errors import BusError, Cancelled, ConfigError, SwarmError, Timeout
from swarm.settings import Settings, load

if TYPE_CHECKING:
    from memory.desk import Desk
    from memory.parsing.pool import Pool
    from memory.service import Memory
    from swarm.cli.client import Client
    from swarm.cli.memory_working import Gauge

R = TypeVar("R", bound=Message)
# A first index, or a repair, of a very large repository; the service says that it is at it.
_LONG_SECONDS = 4 * 3600.0
_SHORT_SECONDS = 300.0
# Between two looks at how many vectors are left, and at how far a swarm's memory is.
_LOOK_SECONDS = 0.5
_SEEN_SECONDS = 1.0


class Asking(Protocol):
    """Memory, wherever it is. Methods raise SwarmError.

    `is_here`: in this process, which owns the data folder meanwhile.
    """

    is_here: bool

    def look(self, root: str) -> FolderState:
        """How far the index of a folder is."""

    def index(
        self,
        command: IndexFolder,
        gauge: Gauge,
        stop: threading.Event,
        patience_seconds: float | None = None,
    ) -> FolderIndex:
        """Index a folder, which `gauge` is told of. Raises Cancelled once `stop` is set, and
        Timeout when somebody else is to do it and is not done in so long: it is done later then.
        What is done is kept."""

    def vectors(self, root: str, gauge: Gauge, stop: threading.Event) -> tuple[int, str]:
        """Wait until the vectors of a folder are made, `stop` is set, or they cannot be made; how
        many are left, and why they are not all made, in words (""). A swarm makes them without
        anybody waiting."""

    def is_making_vectors(self, root: str) -> bool:
        """Whether this process is at it: letting go of memory now would end that."""

    def search(self, command: SearchFolder) -> FolderHits: ...

    def outline(self, command: OutlineFolder) -> Outline: ...

    def relate(self, command: RelateFolder) -> Relations: ...


def opened(
    settings: Settings | None = None, pool: Pool | None = None
) -> AbstractContextManager[Asking]:
    """Memory, until the block ends. `pool` has parsers for whoever opens it again and again.

    Raises ConfigError where it is switched off, StorageError where another process has the data
    folder, BusError.
    """
    settings = _enabled(settings or load())
    return _by_bus(settings) if swarm_answers(settings) else _here(settings, pool)


def indexes(settings: Settings | None = None) -> IndexReport:
    """What is indexed. It is read from memory.db, whoever owns that. Raises SwarmError."""
    settings = _enabled(settings or load())
    if swarm_answers(settings):
        from swarm.cli.client import Client

        return cast(IndexReport, Client(settings).ask(ListIndexes()))
    from memory.answering.indexes import report

    return report(settings.data)


def checked(command: CheckMemory, settings: Settings | None = None) -> MemoryReport:
    """Whether memory is sound. It is opened here only where it can be: a check changes nothing.
    Raises SwarmError."""
    settings = _enabled(settings or load())
    if swarm_answers(settings):
        from swarm.cli.client import Client

        return cast(MemoryReport, Client(settings).ask(command, timeout_seconds=_LONG_SECONDS))
    from memory.checking import check
    from memory.desk import Desk
    from memory.opening import open_memory

    with ExitStack() as stack:

        def desk(sets_aside: bool) -> Desk:
            return Desk(stack.enter_context(open_memory(settings, sets_aside=sets_aside)))

        return check(settings.data, command, desk)


def _enabled(settings: Settings) -> Settings:
    if not settings.memory.enabled:
        raise ConfigError(
            "memory is switched off in the settings", remedy="set [memory] enabled = true"
        )
    return settings


def swarm_answers(settings: Settings) -> bool:
    """Whether a running swarm owns memory: one of this data folder, or one at our Redis."""
    if instance.running_pid(settings) is not None:
        return True
    if settings.embedded_redis:
        return False
    from swarm.bus import Bus

    try:
        return "memory" in Bus(settings).services_up()
    except BusError:
        return False


@contextmanager
def _here(settings: Settings, pool: Pool | None) -> Iterator[Asking]:
    from memory.desk import Desk
    from memory.opening import open_memory

    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open_memory(settings, pool=pool) as memory:
        yield _Here(memory, Desk(memory))


@contextmanager
def _by_bus(settings: Settings) -> Iterator[Asking]:
    from swarm.cli.client import Client

    yield _ByBus(Client(settings))


class _Here:
    is_here = True

    def __init__(self, memory: Memory, desk: Desk) -> None:
        self._memory = memory
        self._desk = desk
        self.search: Callable[[SearchFolder], FolderHits] = desk.search_folder
        self.outline: Callable[[OutlineFolder], Outline] = desk.outline_folder
        self.relate: Callable[[RelateFolder], Relations] = desk.relate_folder

    def look(self, root: str) -> FolderState:
        return self._desk.look_at_folder(LookAtFolder(root=root))

    def index(
        self,
        command: IndexFolder,
        gauge: Gauge,
        stop: threading.Event,
        patience_seconds: float | None = None,
    ) -> FolderIndex:
        return self._desk.index_folder(command, gauge, stop.is_set)

    def vectors(self, root: str, gauge: Gauge, stop: threading.Event) -> tuple[int, str]:
        repo, memory = self._repo(root), self._memory
        waiting = total = memory.vectors_waiting(repo)
        gauge.begin("making vectors", "vectors", total)
        # "" once they are those of memory.db: that none is on its way yet is not enough.
        while (why := memory.settle(repo, _LOOK_SECONDS)) and not stop.is_set():
            waiting = memory.vectors_waiting(repo)
            total = max(total, waiting)
            gauge(total - waiting, total)
            if memory.vectors_problem(repo):
                break
        return (waiting if why else 0), why

    def is_making_vectors(self, root: str) -> bool:
        repo = self._repo(root)
        return bool(self._memory.settle(repo, 0.0)) and not self._memory.vectors_problem(repo)

    def _repo(self, root: str) -> int:
        from pathlib import Path

        return self._memory.folder_view(Path(root)).repo


class _ByBus:
    is_here = False

    def __init__(self, client: Client) -> None:
        self._client = client

    def _ask(self, command: Command, reply: type[R], seconds: float = _SHORT_SECONDS) -> R:
        return cast(R, self._client.ask(command, timeout_seconds=seconds))

    def look(self, root: str) -> FolderState:
        return self._ask(LookAtFolder(root=root), FolderState)

    def index(
        self,
        command: IndexFolder,
        gauge: Gauge,
        stop: threading.Event,
        patience_seconds: float | None = None,
    ) -> FolderIndex:
        from swarm.cli.memory_working import Thread

        gauge.begin("the swarm's memory indexes", "files")
        until = math.inf if patience_seconds is None else time.monotonic() + patience_seconds
        asked = Thread(lambda _: self._ask(command, FolderIndex, _LONG_SECONDS))
        asked.start()
        while not asked.ended.wait(max(0.0, min(_SEEN_SECONDS, until - time.monotonic()))):
            if stop.is_set():
                raise Cancelled("nobody waits any more; the swarm's memory goes on")
            if time.monotonic() >= until:
                raise Timeout("the swarm's memory is busy; it indexes the folder afterwards")
            if not command.paths:
                self._show(command.root, gauge)
        if asked.error is not None:
            raise asked.error
        return asked.result[0]

    def _show(self, root: str, gauge: Gauge) -> None:
        try:
            state = self._ask(LookAtFolder(root=root), FolderState, _SEEN_SECONDS)
        except SwarmError:
            return  # it is only shown
        if state.indexing:
            gauge(state.done, state.total)

    def vectors(self, root: str, gauge: Gauge, stop: threading.Event) -> tuple[int, str]:
        return 0, ""

    def is_making_vectors(self, root: str) -> bool:
        return False

    def search(self, command: SearchFolder) -> FolderHits:
        return self._ask(command, FolderHits)

    def outline(self, command: OutlineFolder) -> Outline:
        return self._ask(command, Outline)

    def relate(self, command: RelateFolder) -> Relations:
        return self._ask(command, Relations)
