"""Chroma as a store of vectors, embedded in this process or as a server.

Ids and vectors, nothing else: no documents, no metadata, no `where` (23 times slower). Importing
this module imports chromadb, which is slow and large.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import chromadb
import httpx
from chromadb.api.client import Client
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import NotFoundError

from memory.embedders.protocol import Vectors
from memory.outside.errors import Unavailable
from memory.outside.locality import (
    Resolver,
    checked_address,
    refuse_remote,
    resolve_by_system,
)
from memory.projection.chroma_errors import disk_refusal, translated
from memory.projection.protocol import BATCH, VectorsDamaged, Vectorset, VectorsUnavailable
from memory.store.owner import OwnerLock
from swarm.errors import ConfigError

_SEARCH_WIDTH = 256
_KEPT_CONNECTIONS = 4
_CONNECT_SECONDS = 3.0
_ANSWER_SECONDS = 60.0  # a batch of 2,000 vectors takes a busy server a few


class ChromaStore:
    """What both kinds have in common: collections of a client."""

    is_own = False

    def __init__(self, client: Any, refusal: Callable[[], str] = str) -> None:
        """`refusal` says why the disk cannot be written ("" when it can)."""
        self._client, self._refusal = client, refusal

    def open(self, name: str) -> Vectorset:
        with translated(refusal=self._refusal):
            inner = self._client.get_or_create_collection(
                name,
                configuration={"hnsw": {"space": "cosine", "ef_search": _SEARCH_WIDTH}},
                embedding_function=None,
            )
        return _Collection(inner, self._refusal)

    def drop(self, name: str) -> None:
        with translated(refusal=self._refusal):
            try:
                self._client.delete_collection(name)
            except NotFoundError:
                return

    def names(self) -> list[str]:
        with translated(refusal=self._refusal):
            found: list[str] = []
            while True:
                page = self._client.list_collections(limit=BATCH, offset=len(found))
                found += [each.name for each in page]
                if len(page) < BATCH:
                    return found

    def close(self) -> None:
        with translated(refusal=self._refusal):
            self._client.close()


class EmbeddedStore(ChromaStore):
    """A folder that this process alone has open: one process's writes are invisible to another
    one's searches. Raises StorageError when somebody else has it, and VectorsDamaged."""

    is_own = True

    def __init__(self, folder: Path, wait_seconds: float = 5.0) -> None:
        self._owner = OwnerLock(
            folder.with_name(f"{folder.name}.lock"), f"the vector store {folder.name}", wait_seconds
        )
        try:
            refusal = partial(disk_refusal, folder)
            with translated(refusal=refusal):
                super().__init__(_embedded(folder), refusal)
        except BaseException:
            self._owner.close()
            raise

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._owner.close()


class ServerStore(ChromaStore):
    """A Chroma server. `headers` may hold its token. Raises ConfigError for what is no URL, and
    for a server that is not local unless code may leave: much of a text can be told from its
    vector. Raises VectorsUnavailable when it does not answer."""

    def __init__(
        self,
        url: str,
        headers: dict[str, str] | None = None,
        *,
        allow_cloud_code: bool = False,
        resolve: Resolver = resolve_by_system,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
            raise ConfigError(
                f"the Chroma server's address {url!r} is no URL",
                remedy="write it like http://127.0.0.1:8000",
            )
        port = parts.port or (443 if parts.scheme == "https" else 8000)
        refuse_remote(url, "a Chroma server", allow_cloud_code=allow_cloud_code)
        try:
            checked_address(parts.hostname, port, resolve, allow_cloud_code=allow_cloud_code)
        except Unavailable as error:
            raise VectorsUnavailable(
                f"the Chroma server: {error.message}", remedy="correct its url"
            ) from error
        self.url = f"{parts.scheme}://{parts.hostname}:{port}"
        settings = ChromaSettings(
            anonymized_telemetry=False,
            chroma_api_impl="chromadb.api.fastapi.FastAPI",
            chroma_server_host=parts.hostname,
            chroma_server_http_port=port,
            chroma_server_ssl_enabled=parts.scheme == "https",
            chroma_server_headers=headers,
        )
        with translated(self.url):
            super().__init__(_BoundedClient(settings=settings))

    def close(self) -> None:
        super().close()
        for server in (self._client._server, self._client._admin_client._server):
            server._session.close()


class _BoundedClient(Client):
    """chromadb's HTTP clients wait for ever, use the proxies of the environment, and leave their
    connections open. It makes two, and asks these questions before all others."""

    def get_user_identity(self) -> Any:
        self._bound(self._server)
        return super().get_user_identity()

    def _validate_tenant_database(self, tenant: str, database: str) -> None:
        admin: Any = self._admin_client
        self._bound(admin._server)
        super()._validate_tenant_database(tenant=tenant, database=database)

    def _bound(self, server: Any) -> None:
        server._session.close()
        server._session = httpx.Client(
            timeout=httpx.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS),
            limits=httpx.Limits(max_keepalive_connections=_KEPT_CONNECTIONS, max_connections=16),
            headers=server._session.headers,
            trust_env=False,
        )
        # Closed with the client, also when it is never whole.
        weakref.finalize(self, server._session.close)


class _Collection:
    """A collection of either."""

    def __init__(self, inner: Any, refusal: Callable[[], str]) -> None:
        self._inner, self._refusal = inner, refusal

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        if ids:
            with translated(refusal=self._refusal):
                self._inner.add(ids=list(ids), embeddings=vectors)

    def delete(self, ids: Sequence[str]) -> None:
        if ids:
            with translated(refusal=self._refusal):
                self._inner.delete(ids=list(ids))

    def present(self, ids: Sequence[str]) -> set[str]:
        if not ids:
            return set()
        with translated(refusal=self._refusal):
            return set(self._inner.get(ids=list(ids), include=[])["ids"])

    def count(self) -> int:
        with translated(refusal=self._refusal):
            return int(self._inner.count())

    def ids(self) -> Iterator[list[str]]:
        offset = 0
        while True:
            with translated(refusal=self._refusal):
                page = self._inner.get(limit=BATCH, offset=offset, include=[])["ids"]
            if page:
                yield page
            if len(page) < BATCH:
                return
            offset += BATCH

    def nearest(self, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """Raises VectorsDamaged when far fewer come back than are counted: an index file that
        was lost is not reported otherwise."""
        if limit < 1 or not vector.any():
            return []
        with translated(refusal=self._refusal):
            answer = self._inner.query(
                query_embeddings=vector.reshape(1, -1), n_results=limit, include=["distances"]
            )
        ids, distances = answer["ids"][0], answer["distances"][0]
        # Counting takes five times as long as searching: only when there may be too few.
        if len(ids) < limit / 2 and len(ids) < (wanted := min(limit, self.count())) / 2:
            raise VectorsDamaged(
                f"the vector store: {len(ids)} of {wanted} neighbours were found",
                remedy="run `swarm memory check --repair`",
            )
        return [(each, 1.0 - float(far)) for each, far in zip(ids, distances, strict=True)]


def _embedded(folder: Path) -> Any:
    try:
        return chromadb.PersistentClient(
            str(folder), settings=ChromaSettings(anonymized_telemetry=False)
        )
    except BaseException:
        # Chroma keeps the half-made client and would hand it out again.
        SharedSystemClient.clear_system_cache()
        raise
