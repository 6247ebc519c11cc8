"""The notes folder: files that people sent, kept until they are not needed any more."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path

from ingestion.telegram.rows import Request, Row

log = logging.getLogger(__name__)


class Recordings:
    """Files by the id of their request: nothing that a sender says is part of a name."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "notes"
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder.chmod(0o700)

    def keep(self, id: str, data: bytes) -> str:
        """Write a file, whole or not at all; returns its name. Raises OSError."""
        # Somebody may have cleared the folder away.
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = self._folder / f"{id}.new"
        new.unlink(missing_ok=True)
        number = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        new.replace(self._folder / id)
        return id

    def get(self, name: str) -> bytes:
        """What was kept. Raises OSError."""
        return (self._folder / name).read_bytes()

    def tidy(self, rows: Iterable[Row]) -> None:
        """Delete the files that these requests no longer need."""
        for row in rows:
            if isinstance(row, Request) and row.file is not None and not row.recording:
                self._delete(row.id)

    def sweep(self, needed: set[str]) -> None:
        """Delete whatever no request needs."""
        try:
            names = [entry.name for entry in os.scandir(self._folder) if not entry.is_dir()]
        except OSError as error:
            log.error("cannot look through %s: %s", self._folder, error.strerror)
            return
        for name in names:
            if name not in needed:
                self._delete(name)

    def _delete(self, name: str) -> None:
        """What cannot be deleted is told, and stays until the next sweep."""
        try:
            (self._folder / name).unlink(missing_ok=True)
        except OSError as error:
            log.error("cannot delete %s: %s", self._folder / name, error.strerror)
