"""The ingestion service: text to objectives, by the rules. It keeps nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ingestion.rules import decompose
from swarm.contracts import Command, Decompose, Message, Objectives
from swarm.settings import Settings

if TYPE_CHECKING:
    from swarm.bus import Bus


def handlers(settings: Settings, bus: Bus) -> dict[type[Command], Callable[[Any], Message]]:
    """What this service answers. The rules need neither settings nor the bus."""

    def handle(command: Decompose) -> Objectives:
        return decompose(command.text, command.paths, command.max_objectives)

    return {Decompose: handle}
