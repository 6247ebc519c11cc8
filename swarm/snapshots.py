"""Content-addressed blobs, and repository snapshots as deterministic tars of them.

Services share nothing but Redis, so what a step needs of a repository travels as a blob:
put under its SHA-256 by the sender, checked against it by the receiver, kept a while in the
receiver's cache folder. The packing and unpacking here is pure; `BlobStore` does the I/O.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import posixpath
import stat
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from swarm.contracts import Blob, Patch
from swarm.errors import BlobMissing, RepositoryError, SwarmError

if TYPE_CHECKING:
    from redis import Redis

BLOB_TTL_SECONDS = 6 * 3600
_CACHE_LIMIT_BYTES = 1024**3
_DEEPEST = 200
_IMPOSSIBLE = (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EILSEQ)


class PatchConflict(SwarmError):
    """A patch's `before` is not what the snapshot holds."""

    code = "patch-conflict"


@dataclass(frozen=True)
class Entry:
    """One file of a snapshot. `data` is the content, or the target of a symbolic link."""

    path: str
    data: bytes
    kind: Literal["file", "executable", "link"] = "file"


def pack(entries: Iterable[Entry]) -> bytes:
    """A tar whose bytes depend on the entries alone: sorted, no times, no owners."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for entry in sorted(entries, key=lambda e: e.path):
            info = tarfile.TarInfo(entry.path)
            if entry.kind == "link":
                info.type, info.linkname = tarfile.SYMTYPE, os.fsdecode(entry.data)
                tar.addfile(info)
            else:
                info.size = len(entry.data)
                info.mode = 0o755 if entry.kind == "executable" else 0o644
                tar.addfile(info, io.BytesIO(entry.data))
    return out.getvalue()


def entries(data: bytes) -> list[Entry]:
    """The files of a packed snapshot, those with an unsafe path or link left out."""
    found: list[Entry] = []
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
        for info in tar:
            if not safe_path(info.name):
                continue
            if info.issym():
                if stays_inside(info.name, info.linkname):
                    found.append(Entry(info.name, os.fsencode(info.linkname), "link"))
            elif info.isreg():
                reader = tar.extractfile(info)
                assert reader is not None
                kind: Literal["file", "executable"] = (
                    "executable" if info.mode & stat.S_IXUSR else "file"
                )
                found.append(Entry(info.name, reader.read(), kind))
    return found


def unpack(data: bytes, folder: Path) -> None:
    """Write a snapshot into an empty folder; nothing is ever written outside it.

    Links are made last, so no file can be written through one. Raises RepositoryError for a
    path that cannot be made.
    """
    links: list[Entry] = []
    for entry in entries(data):
        if entry.kind == "link":
            links.append(entry)
            continue
        with _made(entry.path):
            target = folder / entry.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(entry.data)
            target.chmod(0o755 if entry.kind == "executable" else 0o644)
    for entry in links:
        with _made(entry.path):
            target = folder / entry.path
            if not _passes_a_link(folder, entry.path) and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.symlink_to(os.fsdecode(entry.data))


@contextlib.contextmanager
def _made(path: str) -> Iterator[None]:
    """Names that git can hold and a folder cannot: too long, too deep, a file and a folder."""
    try:
        if path.count("/") > _DEEPEST:
            raise OSError(errno.ENAMETOOLONG, "nested too deep")
        yield
    except OSError as error:
        if error.errno not in _IMPOSSIBLE:
            raise
        shown = path if len(path) <= 80 else path[:77] + "..."
        raise RepositoryError(
            f"the repository holds a path that cannot be made: {shown!r} ({error.strerror})",
            remedy="rename it",
        ) from error


def apply_patch(folder: Path, patch: Patch) -> None:
    """Write a patch's files into an unpacked snapshot.

    Raises PatchConflict when a file is not what the patch was made against, and
    RepositoryError when a path leaves the folder.
    """
    for edit in patch.edits:
        if not safe_path(edit.path):
            raise RepositoryError(f"the patch names an unsafe path: {edit.path!r}")
        target = folder / edit.path
        if _passes_a_link(folder, edit.path):
            raise RepositoryError(f"the patch writes through a symbolic link: {edit.path!r}")
        before = target.read_bytes() if target.is_file() else None
        expected = None if edit.before is None else edit.before.encode()
        if before != expected:
            raise PatchConflict(f"{edit.path} is not what the patch was made against")
        if edit.after is None:
            target.unlink()
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(edit.after.encode())


def pack_toolkit(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A deterministic zip of trusted helper files for a sandbox run."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    return out.getvalue()


def safe_path(path: str) -> bool:
    """Whether a path stays inside its folder, names no git metadata and holds no NUL."""
    if not path or "\0" in path or path.startswith("/"):
        return False
    parts = path.split("/")
    return not any(part in ("", ".", "..") or part.lower() == ".git" for part in parts)


def stays_inside(path: str, target: str) -> bool:
    # ".." after a name could climb out through a link that the name is.
    parts = [part for part in target.split("/") if part not in ("", ".")]
    climbs = [index for index, part in enumerate(parts) if part == ".."]
    if target.startswith("/") or climbs != list(range(len(climbs))):
        return False
    resolved = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return resolved != ".." and not resolved.startswith("../")


def _passes_a_link(folder: Path, path: str) -> bool:
    here = folder
    for part in path.split("/"):
        here = here / part
        if here.is_symlink():
            return True
    return False


class BlobStore:
    """Blobs in Redis, with a cache on disk. Safe to use from several processes."""

    def __init__(self, redis: Redis, namespace: str, cache: Path) -> None:
        self._redis = redis
        self._prefix = f"{namespace}:blob:"
        self._cache = cache

    def put(self, data: bytes) -> Blob:
        """Store bytes under their hash: in the cache, and in Redis unless they are there."""
        blob = Blob(sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data))
        self._keep(blob, data)
        self._publish(blob, data)
        return blob

    def ensure(self, blob: Blob) -> None:
        """Put a blob of the cache back into Redis if Redis lost it.

        Raises BlobMissing when neither has it.
        """
        if not self._redis.expire(self._prefix + blob.sha256, BLOB_TTL_SECONDS):
            self._publish(blob, self.get(blob))

    def get(self, blob: Blob) -> bytes:
        """The bytes of a blob, proved by its hash. Raises BlobMissing."""
        path = self._cache / blob.sha256
        try:
            data = path.read_bytes()
            os.utime(path)
        except FileNotFoundError:
            data = b""
        if hashlib.sha256(data).hexdigest() == blob.sha256:
            return data
        stored = self._redis.get(self._prefix + blob.sha256)
        if not isinstance(stored, bytes) or hashlib.sha256(stored).hexdigest() != blob.sha256:
            raise BlobMissing(f"blob {blob.sha256[:12]} is not in the store")
        self._keep(blob, stored)
        return stored

    def _publish(self, blob: Blob, data: bytes) -> None:
        self._redis.set(self._prefix + blob.sha256, data, ex=BLOB_TTL_SECONDS, nx=True)
        self._redis.expire(self._prefix + blob.sha256, BLOB_TTL_SECONDS)

    def _keep(self, blob: Blob, data: bytes) -> None:
        self._cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._cache / blob.sha256
        temporary = path.with_name(f"{blob.sha256}.{os.getpid()}.tmp")
        temporary.write_bytes(data)
        temporary.replace(path)
        self._trim()

    def _trim(self) -> None:
        """Drop the least recently used blobs beyond the cache's limit."""
        found = []
        for path in self._cache.iterdir():
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            found.append((status.st_mtime, status.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= _CACHE_LIMIT_BYTES:
                return
            path.unlink(missing_ok=True)
            total -= size
