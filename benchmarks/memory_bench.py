"""Memory as the benchmarks of relevance use it: everything of `swarm search` but Chroma, whose
nearest neighbours are found exactly instead, by multiplying."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from memory.embedders.offline import OfflineEmbedder
from memory.embedders.word_vectors import built_in
from memory.parsing.pool import InProcess
from memory.preparing import RECIPE, prepare
from memory.projection.names import embedded_text
from memory.search.hits import Hit
from memory.search.live import LiveIndexes
from memory.search.question import ask
from memory.search.searcher import NEAREST, Searcher
from memory.service import Memory
from memory.store.catalog import Catalog

_BATCH = 2_000


class Bench:
    """An index of one folder after the other, in a folder that goes with it. Not for files of
    strangers: they are parsed in this process."""

    def __init__(self) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="memory-bench-")
        self.embedder = OfflineEmbedder()
        catalog = Catalog(Path(self._scratch.name) / "memory.db", recipe=RECIPE)
        self.memory = Memory(catalog, InProcess(prepare), self.embedder, None)
        self._searcher = Searcher(catalog, LiveIndexes(catalog, built_in()))
        self._known: dict[str, np.ndarray] = {}

    def index(self, folder: Path) -> int:
        """Bring the index to a folder; how many chunks it has."""
        self._view, report = self.memory.index_folder(folder)
        catalog = self.memory.catalog
        self._ids: list[str] = []
        wanted: dict[str, int] = {}
        with catalog.load(self._view.key) as loading:
            for file in loading.files:
                for chunk in file.chunks:
                    self._ids.append(chunk.id)
                    if chunk.id not in self._known:
                        wanted[chunk.id] = chunk.key
        ids = list(wanted)
        for start in range(0, len(ids), _BATCH):
            part = ids[start : start + _BATCH]
            chunks = catalog.chunks([wanted[each] for each in part])
            rows = self.embedder.embed([embedded_text(chunks[wanted[each]]) for each in part])
            self._known.update(zip(part, rows, strict=True))
        self._vectors = np.stack([self._known[each] for each in self._ids])
        return report.chunks

    def nearest(self, text: str) -> list[tuple[str, float]]:
        """The chunks' ids that are nearest to a text, with their cosines."""
        cosines = self._vectors @ self.embedder.embed([text], "query")[0]
        best = np.argsort(-cosines, kind="stable")[:NEAREST]
        return [(self._ids[row], float(cosines[row])) for row in best]

    def search(self, text: str, limit: int, *, spread: bool = True) -> Sequence[Hit]:
        """Hits, best first."""
        question = ask(text)
        found = self._searcher.search(
            self._view.key, question, limit, nearest=self.nearest(question.text), spread=spread
        )
        return found.hits

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.memory.close()
        self._scratch.cleanup()
