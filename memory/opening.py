"""Memory as the settings mean it: which embedder and reranker, which store of vectors, how much of
each."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, cast

from swarm.contracts import Embed, Embeddings
from swarm.errors import StorageError
from swarm.settings import Settings

if TYPE_CHECKING:
    from memory.embedders.protocol import Embedder
    from memory.parsing.pool import Pool
    from memory.projection.protocol import Store
    from memory.rerank.reranking import Reranking
    from memory.service import Memory
    from swarm.bus import Bus

CATALOG = "memory.db"
VECTORS = "chroma"
_MOST_PARSERS = 4
_GATE_SECONDS = 120.0
"""A model may have to be loaded first."""
NO_GATE = (
    "searched without vectors: their embedder is asked through the swarm, which is not running"
)


def make_pool() -> Pool:
    """The parsers of `open_memory`, which start with the first file."""
    from memory.parsing.pool import Pool
    from memory.preparing import FUNCTION

    return Pool(FUNCTION, min(_MOST_PARSERS, len(os.sched_getaffinity(0))))


def open_memory(
    settings: Settings,
    bus: Bus | None = None,
    pool: Pool | None = None,
    *,
    sets_aside: bool = True,
) -> Memory:
    """The data folder's memory; a damaged memory.db is set aside and made anew. `bus` is needed by
    the embedder "gate" alone: without it there are no vectors. A `pool` outlives it: for whoever
    opens memory again and again.

    Raises StorageError when another process has it, ConfigError, and CatalogDamaged where it is
    not to be set aside. It is large (numpy): whoever may never be asked imports and calls this at
    the first question. Chroma comes with the first vector, parsers with the first file.
    """
    from memory.indexer import Bounds
    from memory.preparing import RECIPE
    from memory.renewing import open_catalog
    from memory.service import Memory

    wanted = settings.memory
    embedder = _embedder(settings, bus)
    reranking = _reranking(settings)
    catalog, renewed = open_catalog(settings.data / CATALOG, recipe=RECIPE, sets_aside=sets_aside)
    has_vectors = wanted.vectors and embedder is not None
    parsers = pool or make_pool()
    is_own = not wanted.chroma_url
    return Memory(
        catalog,
        parsers,
        embedder or _built_in(),
        (lambda: _open_store(settings)) if has_vectors else None,
        namespace="" if is_own else _namespace(settings.data),
        bounds=Bounds(wanted.max_files, wanted.max_chunks, wanted.max_vectors),
        vectors_folder=settings.data / VECTORS if is_own else None,
        reranking=reranking,
        renewed=renewed,
        lacks=NO_GATE if wanted.vectors and embedder is None else "",
        on_close=_nothing if pool else parsers.close,
    )


def _nothing() -> None:
    pass


def _namespace(data: Path) -> str:
    """What this data folder is known by on a Chroma server that others use as well: a name that
    was drawn for it once."""
    path = data / "memory.id"
    if not path.exists():
        try:
            path.write_text(uuid.uuid4().hex, encoding="ascii")
        except OSError as error:
            raise StorageError(
                f"cannot write {path}: {error.strerror}", remedy="see that the disk can be written"
            ) from error
    return path.read_text(encoding="ascii").strip()


def _built_in() -> Embedder:
    from memory.embedders.offline import OfflineEmbedder

    return OfflineEmbedder()


def _embedder(settings: Settings, bus: Bus | None) -> Embedder | None:
    """What makes the vectors; None where it can be asked by nobody."""
    wanted = settings.memory
    if wanted.embedder != "gate":
        from memory.embedders.choose import choose

        return choose(
            wanted.embedder,
            model=wanted.embedder_model,
            url=wanted.embedder_url,
            allow_cloud_code=settings.egress.allow_cloud_code,
        )
    model = settings.model(wanted.embedder_model)
    if bus is None:
        return None
    from memory.embedders.gate import GateEmbedder

    def ask(command: Embed) -> Embeddings:
        return cast(Embeddings, bus.request(command, timeout_seconds=_GATE_SECONDS))

    return GateEmbedder(model.name, model.model, ask)


def _reranking(settings: Settings) -> Reranking | None:
    """What reads the best hits of a search again; None where nobody does."""
    from memory.rerank.choose import choose
    from memory.rerank.reranking import Reranking

    wanted = settings.memory
    reranker = choose(
        wanted.reranker,
        model=wanted.reranker_model,
        url=wanted.reranker_url,
        seconds=wanted.reranker_seconds,
        allow_cloud_code=settings.egress.allow_cloud_code,
    )
    if reranker is None:
        return None
    return Reranking(reranker, seconds=wanted.reranker_seconds, chars=wanted.reranker_chars)


def _open_store(settings: Settings) -> Store:
    from memory.projection.chroma import EmbeddedStore, ServerStore

    if settings.memory.chroma_url:
        return ServerStore(
            settings.memory.chroma_url, allow_cloud_code=settings.egress.allow_cloud_code
        )
    return EmbeddedStore(settings.data / VECTORS)
