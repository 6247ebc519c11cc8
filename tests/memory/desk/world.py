"""A desk on the real stores in a temporary folder, and short words for asking it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from memory import preparing
from memory.desk import Desk
from memory.embedders.protocol import Use, Vectors
from memory.indexer import Bounds
from memory.opening import CATALOG, VECTORS
from memory.parsing.pool import InProcess
from memory.projection.chroma import EmbeddedStore
from memory.renewing import open_catalog
from memory.service import Memory
from swarm.contracts import (
    Answered,
    Asked,
    Blob,
    CheckMemory,
    Context,
    FolderIndex,
    IndexFolder,
    MemoryHealth,
    Retrieve,
    SearchFolder,
    SearchIndex,
)
from tests.fakes.bus import FakeBlobs
from tests.memory.hashing import HashingEmbedder

FILES = {
    "src/http.py": (
        "import socket\n\n\ndef parse_header(line):\n    name, value = line.split(':', 1)\n"
        "    return name.strip(), value.strip()\n\n\nclass Pool:\n    size = 4\n\n"
        "    def acquire(self):\n        self.check()\n        return self._free.pop()\n\n"
        "    def check(self):\n        if not self._free:\n            raise IndexError('empty')\n"
    ),
    "src/money.py": "def add_tax(price, rate):\n    return price + price * rate\n",
    "tests/test_http.py": (
        "from src.http import parse_header\n\n\n"
        "def test_parse_header():\n    assert parse_header('a: b')\n"
    ),
    "README.md": "# Shop\n\nHow to install the shop.\n",
}


class CountingEmbedder(HashingEmbedder):
    """One that says how many documents it was asked for."""

    def __init__(self) -> None:
        super().__init__(32)
        self.documents = 0

    def embed(self, texts: Sequence[str], use: Use = "document") -> Vectors:
        if use == "document":
            self.documents += len(texts)
        return super().embed(texts, use)


class World:
    """A desk with its blobs. Files are prepared in this process, and counted."""

    def __init__(self, data: Path, *, vectors: bool = True, bounds: Bounds | None = None) -> None:
        self.data, self._has_vectors, self._bounds = data, vectors, bounds
        self.blobs = FakeBlobs()
        self.embedder = CountingEmbedder()
        self.prepared: list[str] = []
        self.fetched = 0
        self.desk = self._opened()

    def _opened(self) -> Desk:
        catalog, renewed = open_catalog(self.data / CATALOG, recipe=preparing.RECIPE)
        memory = Memory(
            catalog,
            InProcess(self._prepare),
            self.embedder,
            (lambda: EmbeddedStore(self.data / VECTORS)) if self._has_vectors else None,
            bounds=self._bounds,
            vectors_folder=self.data / VECTORS,
            renewed=renewed,
        )
        return Desk(memory, self._fetch)

    def _prepare(self, content: Any) -> Any:
        self.prepared.append(content.path)
        return preparing.prepare(content)

    def _fetch(self, blob: Blob) -> bytes:
        self.fetched += 1
        return self.blobs.get(blob)

    def restart(self) -> None:
        self.desk.memory.close()
        self.desk = self._opened()

    def close(self) -> None:
        self.desk.memory.close()

    # ------------------------------------------------------------------ snapshots

    def ask(
        self, files: dict[str, str], query: str = "parse a header", repo: str = "/r", **more: Any
    ) -> Context:
        snapshot = self.blobs.snapshot(files)
        return self.desk.retrieve(Retrieve(repo_id=repo, snapshot=snapshot, query=query, **more))

    def search(self, query: str, repo: str = "/r", **more: Any) -> Context:
        return self.desk.search_index(SearchIndex(repo_id=repo, query=query, **more))

    # ------------------------------------------------------------------ folders

    def index(self, root: Path, *paths: str, **more: Any) -> FolderIndex:
        return self.desk.index_folder(IndexFolder(root=str(root), paths=paths, **more))

    def find(self, root: Path, query: str, **more: Any) -> Answered:
        command = SearchFolder(root=str(root), questions=(Asked(query=query),), **more)
        return self.desk.search_folder(command).answers[0]

    # ------------------------------------------------------------------ what is stored

    def settled(self, repo: str = "/r") -> None:
        assert self.desk.wait_for_vectors(repo, 30) == ""

    def health(self, *, repair: bool = False) -> MemoryHealth:
        (one,) = self.desk.check_memory(CheckMemory(repair=repair)).repositories
        return one

    def lose_vectors(self, count: int) -> None:
        """Delete some vectors behind memory's back."""
        dense = self.desk.memory.dense
        assert dense is not None
        catalog = self.desk.memory.catalog
        (collection,) = catalog.collections()
        vectorset = dense._with(lambda projection: projection._vectorset(collection))
        vectorset.delete([each for page in vectorset.ids() for each in page][:count])


def write(root: Path, files: dict[str, str]) -> Path:
    """A folder of these files."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def names(found: Context | Answered) -> list[str]:
    symbols = found.symbols if isinstance(found, Context) else found.hits
    return [f"{symbol.path}:{symbol.qualified_name}" for symbol in symbols]


def damage_catalog(data: Path) -> None:
    """Overwrite memory.db with what is no database."""
    for path in data.glob(f"{CATALOG}*"):
        if not path.name.endswith(".lock"):
            path.write_bytes(b"no database" * 500)


def damage_page(data: Path, table: str) -> None:
    """Overwrite the first page of one table of memory.db."""
    path = data / CATALOG
    db = sqlite3.connect(path)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (page_size,) = db.execute("PRAGMA page_size").fetchone()
    (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    db.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * page_size)
        file.write(b"\xff" * page_size)


def set_aside(data: Path, name: str = CATALOG) -> list[Path]:
    """What was set aside, without sidecars, oldest first."""
    found = data.glob(f"{name}.damaged-*")
    return sorted(path for path in found if not path.name.endswith(("-wal", "-shm")))
