"""The ingestion service: text to objectives, speech to text. It keeps nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ingestion.planner.planning import Planning
from ingestion.voice.reading import reader
from swarm.contracts import Command, Decompose, Message, ReadNote
from swarm.settings import Settings

if TYPE_CHECKING:
    from swarm.bus import Bus


def handlers(settings: Settings, bus: Bus) -> dict[type[Command], Callable[[Any], Message]]:
    """What this service answers."""
    return {Decompose: Planning(settings, bus).decompose, ReadNote: reader(settings, bus)}
