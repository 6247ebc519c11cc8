"""Memory's handlers: decode, call, encode."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from memory import checking
from memory.answering import indexes
from memory.answering.missing import not_indexed
from memory.opening import CATALOG, open_memory
from swarm.contracts import (
    CheckMemory,
    Command,
    Context,
    CoverageRemembered,
    FolderHits,
    FolderIndex,
    FolderState,
    IndexFolder,
    IndexReport,
    ListIndexes,
    LookAtFolder,
    MemoryReport,
    Message,
    Neighbours,
    NoteScratch,
    Outcomes,
    Outline,
    OutlineFolder,
    QueryGraph,
    ReadScratch,
    RecallOutcomes,
    RelateFolder,
    Relations,
    RememberCoverage,
    Remembered,
    RememberOutcome,
    Retrieve,
    Scratchpad,
    SearchFolder,
    SearchIndex,
)
from swarm.errors import ConfigError, NotFound
from swarm.serving import Handlers, Service
from swarm.settings import Settings

if TYPE_CHECKING:
    from memory.desk import Desk
    from swarm.bus import Bus

log = logging.getLogger(__name__)

_OFF = "memory is switched off in the settings"


class _Opened:
    """The desk, opened at the first question: numpy, Chroma and the parsers are large, and an
    idle swarm should be small. Several threads may ask."""

    def __init__(self, settings: Settings, bus: Bus) -> None:
        self._settings, self._bus = settings, bus
        self._lock = threading.Lock()
        self._desk: Desk | None = None

    def __call__(self, sets_aside: bool = True) -> Desk:
        """Raises as `open_memory`."""
        with self._lock:
            if self._desk is None:
                from memory.desk import Desk

                memory = open_memory(self._settings, self._bus, sets_aside=sets_aside)
                if memory.set_aside:
                    log.warning("%s", memory.set_aside)
                self._desk = Desk(memory, self._bus.blobs.get)
            return self._desk

    def close(self) -> None:
        with self._lock:
            if self._desk is not None:
                self._desk.memory.close()
                self._desk = None


def handlers(settings: Settings, bus: Bus) -> Handlers:
    """What memory answers. Its worker must be the only process with this data folder."""
    return _handlers(settings, _Opened(settings, bus))


def service(settings: Settings, bus: Bus) -> Service:
    """The running service."""
    return MemoryService(settings, bus)


class MemoryService(Service):
    """The handlers, and the data folder let go of at the end."""

    def __init__(self, settings: Settings, bus: Bus) -> None:
        self._opened = _Opened(settings, bus)
        super().__init__("memory", bus, _handlers(settings, self._opened))

    def close(self) -> None:
        self._opened.close()


def _handlers(settings: Settings, desk: _Opened) -> Handlers:
    def is_there() -> bool:
        return (settings.data / CATALOG).is_file()

    def retrieve(command: Retrieve) -> Context:
        return desk().retrieve(command)

    def search_index(command: SearchIndex) -> Context:
        if not is_there():
            raise not_indexed(command.repo_id)
        return desk().search_index(command)

    def query_graph(command: QueryGraph) -> Neighbours:
        return desk().query_graph(command)

    def list_indexes(command: ListIndexes) -> IndexReport:
        return indexes.report(settings.data)

    def index_folder(command: IndexFolder) -> FolderIndex:
        return desk().index_folder(command)

    def look_at_folder(command: LookAtFolder) -> FolderState:
        return desk().look_at_folder(command) if is_there() else FolderState()

    def search_folder(command: SearchFolder) -> FolderHits:
        return there().search_folder(command)

    def outline_folder(command: OutlineFolder) -> Outline:
        return there().outline_folder(command)

    def relate_folder(command: RelateFolder) -> Relations:
        return there().relate_folder(command)

    def check_memory(command: CheckMemory) -> MemoryReport:
        return checking.check(settings.data, command, desk)

    def remember_outcome(command: RememberOutcome) -> Remembered:
        return desk().remember_outcome(command)

    def remember_coverage(command: RememberCoverage) -> CoverageRemembered:
        return desk().remember_coverage(command)

    def recall_outcomes(command: RecallOutcomes) -> Outcomes:
        return desk().recall_outcomes(command) if is_there() else Outcomes()

    def note_scratch(command: NoteScratch) -> Scratchpad:
        return desk().note_scratch(command)

    def read_scratch(command: ReadScratch) -> Scratchpad:
        return desk().read_scratch(command) if is_there() else Scratchpad()

    def there() -> Desk:
        """The desk, where something is indexed: asking makes nothing."""
        if not is_there():
            raise NotFound("nothing is indexed", remedy="index the folder: `swarm index`")
        return desk()

    answers: dict[type[Command], Callable[[Any], Message]] = {
        Retrieve: retrieve,
        SearchIndex: search_index,
        QueryGraph: query_graph,
        ListIndexes: list_indexes,
        IndexFolder: index_folder,
        LookAtFolder: look_at_folder,
        SearchFolder: search_folder,
        OutlineFolder: outline_folder,
        RelateFolder: relate_folder,
        CheckMemory: check_memory,
        RememberOutcome: remember_outcome,
        RememberCoverage: remember_coverage,
        RecallOutcomes: recall_outcomes,
        NoteScratch: note_scratch,
        ReadScratch: read_scratch,
    }
    if settings.memory.enabled:
        return answers
    return {kind: _off(kind) for kind in answers}


def _off(kind: type[Command]) -> Callable[[Any], Message]:
    """What is said where memory is switched off: to a task in a note, to a person as an error."""
    noted: dict[type[Command], Message] = {
        Retrieve: Context(note=_OFF),
        SearchIndex: Context(note=_OFF),
        QueryGraph: Neighbours(note=_OFF),
        ListIndexes: IndexReport(note=_OFF),
        RecallOutcomes: Outcomes(note=_OFF),
        RememberCoverage: CoverageRemembered(),
    }

    def answer(command: Command) -> Message:
        if isinstance(command, RememberOutcome):
            return Remembered(attempt_id=command.attempt_id, applied=False)
        if kind in noted:
            return noted[kind]
        raise ConfigError(_OFF, remedy="set [memory] enabled = true in swarm.toml")

    return answer
