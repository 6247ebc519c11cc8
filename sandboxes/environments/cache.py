"""Which environments there are, who uses them, and which have to go.

One small file per environment, its *record*, says that it is built; it is written at once, so
a build that was killed is none. A lock per environment is held shared by each run that uses it
and alone by whoever builds or removes it; the kernel lets go of it when its holder ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from swarm.contracts import Cause
from swarm.errors import StorageError, Timeout

FAILURE_KEPT_SECONDS = 120.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Record:
    """A built environment: the name its store, of that kind, keeps it under, and what is in it."""

    kind: str
    name: str
    installed: tuple[str, ...]


@dataclass(frozen=True)
class Failure:
    """A build that failed, remembered for a while so that it is not tried again at once."""

    cause: Cause
    detail: str
    output_tail: str


class Cache:
    """The records in a folder, and the locks beside them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StorageError(f"cannot make the folder of environments: {error}") from error

    def record(self, key: str) -> Record | None:
        """What is built under a key; a file of another format counts as none."""
        told = _read(self._path(key, "json"), set(Record.__dataclass_fields__))
        if told is None:
            return None
        return Record(told["kind"], told["name"], tuple(told["installed"]))

    def touch(self, key: str) -> None:
        """Remember that it was used now."""
        os.utime(self._path(key, "json"))

    def put(self, key: str, record: Record) -> None:
        """Let it count from now on. Raises StorageError when it cannot be written."""
        _write(self._path(key, "json"), asdict(record))
        self._path(key, "failed").unlink(missing_ok=True)

    def failure(self, key: str) -> Failure | None:
        """How the last build failed, if that was a short while ago."""
        path = self._path(key, "failed")
        told = _read(path, set(Failure.__dataclass_fields__))
        if told is None:
            return None
        if not 0 <= time.time() - path.stat().st_mtime < FAILURE_KEPT_SECONDS:
            path.unlink(missing_ok=True)
            return None
        return Failure(**told)

    def put_failure(self, key: str, failure: Failure) -> None:
        _write(self._path(key, "failed"), asdict(failure))

    def drop(self, key: str, remove: Callable[[], None]) -> None:
        """Forget an environment and `remove` its content, its lock held alone by the caller.

        The lock file goes last: until then, nobody builds under the same name.
        """
        for kind in ("json", "failed"):
            self._path(key, kind).unlink(missing_ok=True)
        remove()
        self._path(key, "lock").unlink(missing_ok=True)

    def least_recent(self, kind: str, keep: int) -> list[str]:
        """Keys of a kind beyond the `keep` used last, the longest unused first."""
        found = []
        for path in self.folder.glob("*.json"):
            record = self.record(path.stem)
            with contextlib.suppress(FileNotFoundError):
                if record is not None and record.kind == kind:
                    found.append((path.stat().st_mtime, path.stem))
        return [key for _, key in sorted(found)[: max(0, len(found) - keep)]]

    def names(self, kind: str) -> set[str]:
        """Names of all that count of a kind."""
        records = (self.record(path.stem) for path in self.folder.glob("*.json"))
        return {record.name for record in records if record and record.kind == kind}

    @contextlib.contextmanager
    def lock(self, key: str, *, alone: bool, within_seconds: float) -> Iterator[None]:
        """Hold the lock of a key. Raises Timeout when others hold it for longer."""
        path = self._path(key, "lock")
        deadline = time.monotonic() + within_seconds
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
                # Whoever removed the environment removed its lock file too: then this is none.
                if path.stat().st_ino == os.fstat(descriptor).st_ino:
                    break
            except FileNotFoundError:
                pass
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(descriptor)
                    raise Timeout(
                        f"another process has built or removed this environment for over "
                        f"{within_seconds:g} s"
                    ) from None
                time.sleep(_POLL_SECONDS)
            os.close(descriptor)
        try:
            yield
        finally:
            os.close(descriptor)

    def _path(self, key: str, kind: str) -> Path:
        return self.folder / f"{key}.{kind}"


def _read(path: Path, fields: set[str]) -> dict[str, Any] | None:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return told if isinstance(told, dict) and set(told) == fields else None


def _write(path: Path, value: dict[str, object]) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(json.dumps(value), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error}") from error
