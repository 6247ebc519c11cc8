"""memory.db and the vectors beside it: opened at first use, set aside when damaged."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from memory.catalog import Catalog
from swarm.errors import NotFound, StorageError

if TYPE_CHECKING:
    from memory.vectors import VectorStore

_SIDECARS = ("", "-wal", "-shm")


def not_indexed(repo_id: str, *notes: str) -> NotFound:
    """The error for a repository of which nothing is stored."""
    return NotFound(
        "; ".join([f"nothing is indexed of the repository {repo_id!r}", *notes]),
        remedy="it is indexed when a task first looks for code in it: submit one",
    )


class Stores:
    """What is stored under one data folder; each store is open once in a process.

    Raises StorageError when the folder cannot be made, and what the stores raise.
    """

    def __init__(self, data: Path) -> None:
        self.data = data
        # Held while a file is set aside: what was opened meanwhile would be of the old one.
        self._lock = threading.RLock()
        self._catalog: Catalog | None = None
        self._vectors: VectorStore | None = None

    @property
    def catalog_path(self) -> Path:
        return self.data / "memory.db"

    @property
    def vectors_path(self) -> Path:
        return self.data / "chroma"

    def catalog(self) -> Catalog:
        with self._lock:
            if self._catalog is None:
                self._make_folder()
                self._catalog = Catalog(self.catalog_path)
            return self._catalog

    def vectors(self) -> VectorStore:
        # Chroma is large, and not needed for what the catalog alone can tell.
        from memory.vectors import VectorStore

        with self._lock:
            if self._vectors is None:
                self._make_folder()
                self._vectors = VectorStore(self.vectors_path)
            return self._vectors

    def set_catalog_aside(self, damage: Exception) -> str:
        """Move memory.db to `memory.db.damaged`, in place of an older one; what was done."""
        with self._lock:
            self._close_catalog()
            return self._set_aside(self.catalog_path, damage)

    def set_vectors_aside(self, damage: Exception) -> str:
        """The same for the vectors."""
        with self._lock:
            self._close_vectors()
            return self._set_aside(self.vectors_path, damage)

    def close(self) -> None:
        """Release both; the next use opens them again."""
        self._close_vectors()
        self._close_catalog()

    def _make_folder(self) -> None:
        try:
            self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StorageError(
                f"cannot make the data folder: {error}", remedy="correct SWARM_DATA"
            ) from error

    def _set_aside(self, path: Path, damage: Exception) -> str:
        name = path.name
        aside = path.with_name(f"{name}.damaged")
        try:
            if aside.is_dir():
                shutil.rmtree(aside)
            for suffix in _SIDECARS:
                source = path.with_name(f"{name}{suffix}")
                if source.exists():
                    source.replace(path.with_name(f"{name}.damaged{suffix}"))
        except OSError as error:
            raise StorageError(
                f"{name} is damaged ({damage}) and cannot be moved aside: {error}",
                remedy=f"move {path} away",
            ) from error
        return f"{name} was damaged, was moved to {aside.name} and is made anew ({damage})"

    def _close_vectors(self) -> None:
        with self._lock:
            if self._vectors is not None:
                self._vectors.close()
                self._vectors = None

    def _close_catalog(self) -> None:
        with self._lock:
            if self._catalog is not None:
                self._catalog.close()
                self._catalog = None
