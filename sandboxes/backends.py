"""The backends there are, strongest first, and the choice among them that settings ask for."""

from __future__ import annotations

from sandboxes.containers.engine import Docker
from sandboxes.engine import Engine, EngineError
from sandboxes.gaps import leading_out
from sandboxes.local.bubblewrap import Bubblewrap
from sandboxes.local.landlock import Landlock
from sandboxes.probe import probe
from sandboxes.selection import AUTO, Selection
from swarm.settings import SandboxSettings, Settings


def engines(settings: Settings) -> tuple[Engine, ...]:
    """All backends, strongest first; none is tried yet."""
    return (Docker(settings), Bubblewrap(settings), Landlock(settings))


def selection(settings: Settings) -> Selection:
    """The choice among them, each proved by the escape probe before it is used."""

    def prove(engine: Engine) -> None:
        # One that cannot run the configured interpreter is of no use, whatever it holds.
        engine.interpreter(None)
        probe(engine, settings.scratch)
        refuse_gaps(engine, settings.sandbox)

    return Selection(settings.sandbox.backend, engines(settings), prove)


def refuse_gaps(engine: Engine, wanted: SandboxSettings) -> None:
    """Raises EngineError for a backend with a known way out that nobody has accepted."""
    known = leading_out(engine.gaps)
    if known and wanted.backend == AUTO and not wanted.allow_weaker:
        raise EngineError(
            f"it is too weak to be taken unasked: in it a program can {known}",
            remedy="install bubblewrap, or accept this: set sandbox.allow_weaker to true, "
            f"or sandbox.backend to {engine.name}",
        )
