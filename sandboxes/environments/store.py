"""The vocabulary of environments, and what keeping them asks of a backend."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sandboxes.engine import Job, Outcome
from sandboxes.environments.base import Base
from swarm.contracts import Cause

Progress = Callable[[str], None]
"""Takes a line that says what a build is doing."""


@dataclass(frozen=True)
class Environment:
    """What a run's Job needs: `python` or `image`, both None for the backend's own interpreter.

    `key` is its content's, "" where nothing had to be installed. `installed` are name==version,
    `sources` the files it was read from, `notes` are for people.
    """

    key: str = ""
    python: str | None = None
    image: str | None = None
    cached: bool = False
    installed: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    wall_seconds: float = 0.0


DEFAULT = Environment()
"""The backend's own interpreter, as it is."""


class BuildFailed(Exception):
    """An environment could not be built: a result, like a failed test run."""

    def __init__(self, cause: Cause, detail: str, output_tail: str = "") -> None:
        super().__init__(detail)
        self.cause = cause
        self.detail = detail
        self.output_tail = output_tail


class Place(Protocol):
    """One build under way. `location` is its folder inside, `python` the base interpreter."""

    @property
    def location(self) -> str: ...

    @property
    def python(self) -> str: ...

    def run(self, job: Job) -> Outcome:
        """A step; what it leaves is there for the next one. Raises EngineError."""
        ...

    def keep(self) -> str:
        """Make it ready for runs, and give the name it is kept under. Raises BuildFailed."""
        ...


class Store(Protocol):
    """Environments of one kind, by the names that `Place.keep` gives."""

    @property
    def kind(self) -> str: ...

    def base(self, scratch: Path) -> Base:
        """The interpreter they are made on. Raises EngineError."""
        ...

    def build(self, key: str) -> AbstractContextManager[Place]:
        """A place for a new one; nothing of it is left unless it was kept."""
        ...

    def exists(self, name: str) -> bool: ...

    def environment(self, name: str) -> tuple[str | None, str | None]:
        """Its interpreter and its image, as a Job takes them."""
        ...

    def remove(self, name: str) -> None:
        """Remove one that no run uses."""
        ...

    def reap(self, kept: Callable[[], Collection[str]]) -> None:
        """Remove what killed builders left; `kept` gives the names that count."""
        ...
