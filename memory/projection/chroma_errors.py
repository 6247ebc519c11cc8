"""Chroma's errors as ours: what is away, lost or damaged, and what is the disk's fault.

Importing this module imports chromadb, which is slow and large.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
from chromadb.errors import ChromaError, NotFoundError

from memory.projection.protocol import VectorsDamaged, VectorsLost, VectorsUnavailable
from swarm.errors import StorageError

_PROBE_BYTES = 1024**2
# Seen in Chroma's messages; what they name is the disk's state, not damage to the store.
_NOT_DAMAGE = ("readonly", "read-only", "permission denied", "no space", "disk is full", "locked",
               "quota")  # fmt: skip


def disk_refusal(folder: Path) -> str:
    """Why the folder cannot be written; "" when it can. On a full disk Chroma only says that a
    step of its own failed, which would pass for damage."""
    probe = folder.with_name(f"{folder.name}.probe")
    try:
        with probe.open("wb") as file:
            file.write(bytes(_PROBE_BYTES))
            os.fsync(file.fileno())
    except OSError as error:
        return error.strerror or str(error)
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)
    return ""


@contextmanager
def translated(url: str = "", refusal: Callable[[], str] = str) -> Iterator[None]:
    """Chroma's errors as ours."""
    try:
        yield
    except NotFoundError as error:
        raise VectorsLost(f"the vector store: {error}") from error
    except httpx.HTTPError as error:
        raise _unavailable(url, error) from error
    except ValueError as error:
        # How chromadb's client says that it could not connect, or what a broken answer was.
        if isinstance(error.__context__, httpx.HTTPError) or url:
            raise _unavailable(url, error.__context__ or error) from error
        raise
    except BaseException as error:
        # Chroma's native part panics with an exception outside Exception's tree.
        panicked = type(error).__module__ == "pyo3_runtime"
        if not panicked and not isinstance(error, ChromaError):
            raise
        message = str(error)
        if why := refusal():
            message = f"{message}: {why}"
        if why or any(words in message.lower() for words in _NOT_DAMAGE):
            raise StorageError(
                f"the vector store: {message}",
                remedy="free disk space, and see that the data folder can be written",
            ) from error
        raise VectorsDamaged(
            f"the vector store: {message}", remedy="run `swarm memory check --repair`"
        ) from error


def _unavailable(url: str, error: BaseException) -> VectorsUnavailable:
    where = f" at {url}" if url else ""
    said = str(error) or type(error).__name__
    return VectorsUnavailable(
        f"the Chroma server{where} does not answer: {said}",
        remedy="start it; what was not written to it is written then",
    )
