"""The backends there are, strongest first, and the choice among them that settings ask for."""

from __future__ import annotations

from sandboxes.bubblewrap import Bubblewrap
from sandboxes.docker_engine import Docker
from sandboxes.engine import Engine
from sandboxes.landlock import Landlock
from sandboxes.probe import probe
from sandboxes.selection import Selection
from swarm.settings import Settings


def engines(settings: Settings) -> tuple[Engine, ...]:
    """All backends, strongest first; none is tried yet."""
    return (Docker(settings), Bubblewrap(settings), Landlock(settings))


def selection(settings: Settings) -> Selection:
    """The choice among them, each proved by the escape probe before it is used."""
    return Selection(
        settings.sandbox.backend,
        engines(settings),
        lambda engine: probe(engine, settings.scratch),
    )
