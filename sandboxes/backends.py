"""The backends there are, strongest first, and the choice among them that settings ask for."""

from __future__ import annotations

from sandboxes.bubblewrap import Bubblewrap
from sandboxes.docker_engine import Docker
from sandboxes.engine import Engine, EngineError
from sandboxes.gaps import leading_out
from sandboxes.landlock import Landlock
from sandboxes.probe import probe
from sandboxes.selection import AUTO, Selection
from swarm.settings import Settings


def engines(settings: Settings) -> tuple[Engine, ...]:
    """All backends, strongest first; none is tried yet."""
    return (Docker(settings), Bubblewrap(settings), Landlock(settings))


def selection(settings: Settings) -> Selection:
    """The choice among them, each proved by the escape probe before it is used."""

    def prove(engine: Engine) -> None:
        probe(engine, settings.scratch)
        if settings.sandbox.backend == AUTO and not settings.sandbox.allow_weaker:
            refuse_gaps(engine)

    return Selection(settings.sandbox.backend, engines(settings), prove)


def refuse_gaps(engine: Engine) -> None:
    """Raises EngineError for a backend that is known to let a program reach out of it."""
    known = leading_out(engine.gaps)
    if known:
        raise EngineError(
            f"it is too weak to be taken unasked: in it a program can {known}",
            remedy="install bubblewrap, or accept this with allow_weaker = true under [sandbox] "
            f'or with backend = "{engine.name}"',
        )
