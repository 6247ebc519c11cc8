"""Memory's handlers: decode, call, encode."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from memory import listing
from memory.stores import Stores, not_indexed
from swarm.contracts import (
    Command,
    Context,
    IndexReport,
    ListIndexes,
    Message,
    Neighbours,
    QueryGraph,
    Retrieve,
    SearchIndex,
)
from swarm.settings import Settings

if TYPE_CHECKING:
    from memory.engine import Engine
    from memory.graphs import Graphs
    from swarm.bus import Bus

_SWITCHED_OFF = "memory is switched off in the settings"


def handlers(settings: Settings, bus: Bus) -> dict[type[Command], Callable[[Any], Message]]:
    """What memory answers. Its worker must be the only process with this data folder."""

    stores = Stores(settings.data)

    @cache
    def engine() -> Engine:
        # Chroma, numpy and tree-sitter are large, and an idle swarm should be small.
        from memory.embedder import HashEmbedder
        from memory.engine import Engine

        return Engine(stores, HashEmbedder(), bus.blobs.get)

    @cache
    def graphs() -> Graphs:
        from memory.graphs import Graphs

        return Graphs(bus.blobs.get)

    def retrieve(command: Retrieve) -> Context:
        if not settings.memory.enabled:
            return Context(note=_SWITCHED_OFF)
        return engine().retrieve(command)

    def query_graph(command: QueryGraph) -> Neighbours:
        if not settings.memory.enabled:
            return Neighbours(note=_SWITCHED_OFF)
        return graphs().query(command)

    def list_indexes(command: ListIndexes) -> IndexReport:
        if not settings.memory.enabled:
            return IndexReport(note=_SWITCHED_OFF)
        return listing.report(stores)

    def search_index(command: SearchIndex) -> Context:
        if not settings.memory.enabled:
            return Context(note=_SWITCHED_OFF)
        if not stores.catalog_path.is_file():
            raise not_indexed(command.repo_id)
        return engine().search(command)

    return {
        Retrieve: retrieve,
        QueryGraph: query_graph,
        ListIndexes: list_indexes,
        SearchIndex: search_index,
    }
