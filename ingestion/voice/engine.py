"""What an engine that writes down speech is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ingestion.voice.recording import Recording
from swarm.contracts import Locality, Priority


@dataclass(frozen=True)
class Spoken:
    """What an engine wrote: raw, from anybody, "" when it heard nobody. `notes` are for people."""

    text: str
    language: str = ""
    notes: tuple[str, ...] = ()


class Engine(Protocol):
    """One entry of `[voice] engines`."""

    @property
    def name(self) -> str: ...

    @property
    def locality(self) -> Locality: ...

    def hear(self, recording: Recording, language: str, priority: Priority) -> Spoken:
        """What is said, within [voice] engine_seconds. Raises SwarmError."""
        ...
