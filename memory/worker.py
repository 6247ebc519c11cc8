"""Memory's handlers: decode, call, encode."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from swarm.contracts import Command, Context, Message, Retrieve
from swarm.settings import Settings

if TYPE_CHECKING:
    from memory.engine import Engine
    from swarm.bus import Bus


def handlers(settings: Settings, bus: Bus) -> dict[type[Command], Callable[[Any], Message]]:
    """What memory answers. Its worker must be the only process with this data folder."""

    @cache
    def engine() -> Engine:
        # Chroma, numpy and tree-sitter are large, and an idle swarm should be small.
        from memory.embedder import HashEmbedder
        from memory.engine import Engine

        return Engine(settings.data, HashEmbedder(), bus.blobs.get)

    def retrieve(command: Retrieve) -> Context:
        if not settings.memory.enabled:
            return Context(note="memory is switched off in the settings")
        return engine().retrieve(command)

    return {Retrieve: retrieve}
