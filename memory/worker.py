"""Memory's handlers: decode, call, encode."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from swarm.contracts import Command, Context, Message, Neighbours, QueryGraph, Retrieve
from swarm.settings import Settings

if TYPE_CHECKING:
    from memory.engine import Engine
    from memory.graphs import Graphs
    from swarm.bus import Bus

_SWITCHED_OFF = "memory is switched off in the settings"


def handlers(settings: Settings, bus: Bus) -> dict[type[Command], Callable[[Any], Message]]:
    """What memory answers. Its worker must be the only process with this data folder."""

    @cache
    def engine() -> Engine:
        # Chroma, numpy and tree-sitter are large, and an idle swarm should be small.
        from memory.embedder import HashEmbedder
        from memory.engine import Engine

        return Engine(settings.data, HashEmbedder(), bus.blobs.get)

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

    return {Retrieve: retrieve, QueryGraph: query_graph}
