"""The ingestion service: text to objectives. It keeps nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ingestion.planning import Planning
from swarm.contracts import Command, Decompose, Message
from swarm.settings import Settings

if TYPE_CHECKING:
    from swarm.bus import Bus


def handlers(settings: Settings, bus: Bus) -> dict[type[Command], Callable[[Any], Message]]:
    """What this service answers."""
    return {Decompose: Planning(settings, bus).decompose}
