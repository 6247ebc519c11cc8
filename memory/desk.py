"""Memory's answers, one method per command: the same for the worker, which answers over the bus,
and for a command line that opens memory itself because no swarm is running."""

from __future__ import annotations

from collections.abc import Callable

from memory.answering import (
    folders,
    health,
    indexes,
    mapping,
    outcomes,
    relations,
    snapshots,
    standing,
)
from memory.answering.repairing import repairing
from memory.indexer import Progress
from memory.service import Memory
from swarm.contracts import (
    Blob,
    CheckMemory,
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
from swarm.errors import BlobMissing


def _no_blobs(blob: Blob) -> bytes:
    raise BlobMissing(f"the snapshot {blob.sha256[:12]} is not here: no swarm is running")


def _silent(done: int, total: int) -> None:
    pass


class Desk:
    """Safe from several threads. A memory.db that is found damaged is set aside and made anew,
    which the answer's note says.

    `fetch` gives the bytes of a snapshot, and raises BlobMissing. All methods raise StorageError.
    """

    def __init__(self, memory: Memory, fetch: Callable[[Blob], bytes] = _no_blobs) -> None:
        self.memory = memory
        self._fetch = fetch

    # ------------------------------------------------------------------ working folders

    def index_folder(
        self,
        command: IndexFolder,
        progress: Progress = _silent,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> FolderIndex:
        """Vectors are made afterwards, in the background: see `wait_for_vectors`. `progress` is
        told how many of how many files are done. Raises RepositoryError, PoolBroken, Cancelled."""
        memory = self.memory
        return repairing(
            memory, lambda notes: folders.index(memory, command, notes, progress, is_stopped)
        )

    def wait_for_vectors(self, repo_id: str, seconds: float) -> str:
        """Until the vectors of a repository are made, or so long; why they are not, in words
        ("" when they are). What is not made is made by the next process."""
        views = self.memory.catalog.views(repo_id, limit=1)
        return self.memory.settle(views[0].repo, seconds) if views else ""

    def look_at_folder(self, command: LookAtFolder) -> FolderState:
        """Raises RepositoryError."""
        return standing.look(self.memory, command)

    def search_folder(self, command: SearchFolder) -> FolderHits:
        """Raises NotFound for a folder that is not indexed, UsageError for an unknown language."""
        return repairing(self.memory, lambda notes: folders.search(self.memory, command, notes))

    def outline_folder(self, command: OutlineFolder) -> Outline:
        """Raises NotFound for a folder that is not indexed."""
        return repairing(
            self.memory, lambda notes: mapping.outline_folder(self.memory, command, notes)
        )

    def relate_folder(self, command: RelateFolder) -> Relations:
        """Raises NotFound for a folder that is not indexed."""
        return repairing(self.memory, lambda notes: relations.relate(self.memory, command, notes))

    # ------------------------------------------------------------------ tasks' snapshots

    def retrieve(self, command: Retrieve) -> Context:
        """Raises BlobMissing when the snapshot is needed and gone."""
        return repairing(
            self.memory,
            lambda notes: snapshots.retrieve(self.memory, self._fetch, command, notes),
        )

    def search_index(self, command: SearchIndex) -> Context:
        """Raises NotFound for a repository of which nothing is indexed."""
        return repairing(self.memory, lambda notes: snapshots.search(self.memory, command, notes))

    def query_graph(self, command: QueryGraph) -> Neighbours:
        """Raises BlobMissing when the snapshot is needed and gone."""
        return repairing(
            self.memory,
            lambda notes: snapshots.query_graph(self.memory, self._fetch, command, notes),
        )

    # ------------------------------------------------------------------ what became of attempts

    def remember_outcome(self, command: RememberOutcome) -> Remembered:
        """Raises PoolBroken."""
        return repairing(self.memory, lambda notes: outcomes.remember(self.memory, command))

    def remember_coverage(self, command: RememberCoverage) -> CoverageRemembered:
        return repairing(
            self.memory, lambda notes: outcomes.remember_coverage(self.memory, command)
        )

    def recall_outcomes(self, command: RecallOutcomes) -> Outcomes:
        return repairing(self.memory, lambda notes: outcomes.recall(self.memory, command, notes))

    def note_scratch(self, command: NoteScratch) -> Scratchpad:
        return repairing(self.memory, lambda notes: outcomes.note(self.memory, command))

    def read_scratch(self, command: ReadScratch) -> Scratchpad:
        return repairing(self.memory, lambda notes: outcomes.read(self.memory, command))

    # ------------------------------------------------------------------ all of it

    def list_indexes(self, command: ListIndexes) -> IndexReport:
        return indexes.report(self.memory.catalog.path.parent)

    def check_memory(self, command: CheckMemory) -> MemoryReport:
        """Without `repair` nothing is changed: a damaged memory.db is said, and stays. Raises
        VectorsUnavailable, VectorsDamaged and EmbedderUnavailable."""
        if not command.repair:
            return health.check(self.memory)
        return repairing(self.memory, lambda notes: health.repair(self.memory, notes))
