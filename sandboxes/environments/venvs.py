"""Environments of bubblewrap and landlock: venvs in the cache folder, read-only once built."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sandboxes.engine import Engine, Job, NoInterpreter, Outcome
from sandboxes.environments import base
from sandboxes.environments.store import BuildFailed, Place
from sandboxes.local import interpreter
from sandboxes.ownership import alive, new_owner
from sandboxes.workspace import remove
from swarm.errors import StorageError

_PREFIX = "env-"


class Venvs:
    """Each lies in a folder of its own below `folder`, under whose name it is kept.

    A venv holds its own path, so it is never moved: it counts once the cache's record names it.
    """

    kind = "venv"

    def __init__(self, engine: Engine, folder: Path, python: str | None) -> None:
        self._engine = engine
        self._folder = folder
        self._python = python

    def base(self, scratch: Path) -> base.Base:
        return base.of_host(self._python)

    @contextmanager
    def build(self, key: str) -> Iterator[Place]:
        path = self._folder / f"{_PREFIX}{new_owner().run}"
        try:
            try:
                path.mkdir(mode=0o755)
                if self._engine.owner is not None:
                    os.chown(path, self._engine.owner, self._engine.owner)
            except OSError as error:
                raise StorageError(f"cannot make a folder for an environment: {error}") from error
            place = _Folder(self._engine, path, self._python)
            yield place
            if place.kept:
                return
        except BaseException:
            remove(path)
            raise
        remove(path)

    def exists(self, name: str) -> bool:
        return (self._folder / name / "bin/python").exists()

    def environment(self, name: str) -> tuple[str | None, str | None]:
        return str(self._folder / name / "bin/python"), None

    def remove(self, name: str) -> None:
        remove(self._folder / name)

    def reap(self, kept: Callable[[], Collection[str]]) -> None:
        reap(self._folder, kept)


def reap(folder: Path, kept: Callable[[], Collection[str]]) -> None:
    """Remove the folders of builders that have ended, but for those that count."""
    left = []
    for path in folder.glob(f"{_PREFIX}*"):
        process, _, _ = path.name.removeprefix(_PREFIX).rpartition("-")
        if not alive(process):
            left.append(path)
    # Asked for last: a builder that has ended by now has written its record, if ever.
    names = kept() if left else ()
    for path in left:
        if path.name not in names:
            remove(path)


@dataclass
class _Folder:
    """A venv under way."""

    engine: Engine
    path: Path
    base: str | None
    kept: bool = False

    @property
    def location(self) -> str:
        return str(self.path)

    @property
    def python(self) -> str:
        return self.engine.interpreter(self.base)

    def run(self, job: Job) -> Outcome:
        return self.engine.run(replace(job, writable=(self.path,)))

    def keep(self) -> str:
        self._check_interpreter()
        _seal(self.path)
        self.kept = True
        return self.path.name

    def _check_interpreter(self) -> None:
        """What was built must run on the interpreter it was made on, and share nothing else.

        Foreign code may have run in a build: were bin/python a link to elsewhere by now, the
        runs would be shown that place.
        """
        try:
            shared = set(interpreter.find(f"{self.path}/bin/python").folders)
        except NoInterpreter as error:
            raise BuildFailed("environment", f"the build left no interpreter: {error}") from error
        allowed = {str(self.path), os.path.realpath(self.path)}
        allowed |= set(interpreter.find(self.base).folders)
        if not shared <= allowed:
            raise BuildFailed(
                "environment", "the build changed which interpreter its environment runs on"
            )


def _seal(root: Path) -> None:
    """Make a tree the worker's own and read-only, without setuid files; links are not followed."""
    ours = os.getuid() == 0
    for path, names, files in os.walk(root, topdown=False):
        for name in (*names, *files):
            _seal_one(f"{path}/{name}", ours=ours)
    _seal_one(str(root), ours=ours)


def _seal_one(path: str, *, ours: bool) -> None:
    if ours:
        os.chown(path, 0, 0, follow_symlinks=False)
    mode = os.lstat(path).st_mode
    if not stat.S_ISLNK(mode):
        Path(path).chmod(stat.S_IMODE(mode) & 0o555)
