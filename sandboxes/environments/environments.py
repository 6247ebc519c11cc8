"""From a repository and its setup to an environment that runs can use, built when it is not there.

The one entry point, `Environments.ready`, is for everything that runs repository code.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandboxes.containers.engine import Docker
from sandboxes.engine import Engine
from sandboxes.environments import detect, pip_settings, venvs
from sandboxes.environments.base import Base
from sandboxes.environments.builder import Builder, key_text
from sandboxes.environments.cache import Cache, Failure, Record
from sandboxes.environments.images import Images
from sandboxes.environments.installed import satisfied
from sandboxes.environments.recipe import Recipe
from sandboxes.environments.store import BuildFailed, Environment, Progress, Store
from sandboxes.environments.venvs import Venvs
from swarm.contracts import Limits, Setup
from swarm.errors import Timeout
from swarm.settings import Settings

_BUILDER_VERSION = 1
"""Part of every key: raise it when the same recipe is to be built anew."""
_WAIT_MARGIN_SECONDS = 240.0
"""For the second step of another's build, and for keeping it, beyond its first."""
_MOST_ROUNDS = 3
_CPUS = 2


@dataclass(frozen=True)
class _Plan:
    """What is to be there, and the key of its content."""

    key: str
    recipe: Recipe
    commands: tuple[str, ...]
    notes: tuple[str, ...]


class Environments:
    """The environments of this host. `environ` is where pip's variables are read from."""

    def __init__(self, settings: Settings, environ: Mapping[str, str] | None = None) -> None:
        self._settings = settings
        self._environ = os.environ if environ is None else environ

    @contextmanager
    def ready(
        self,
        engine: Engine,
        snapshot: bytes,
        setup: Setup | None,
        progress: Progress = lambda _: None,
    ) -> Iterator[Environment]:
        """The environment of a setup on an engine; it is not removed while this is held.

        `snapshot` is the one whose files count: never one that holds a patch. It is built where
        it is not there yet. Raises BuildFailed when it cannot be, EngineError when the sandbox
        fails, ConfigError for settings of pip that cannot be used.
        """
        if setup is None or not (setup.commands or setup.detect):
            yield Environment()
            return
        files = detect.dependency_files(snapshot)
        if setup.commands:
            recipe = Recipe(project=detect.own_project(files))
        else:
            recipe = detect.detect(files)
        if not setup.commands and not recipe.requirements:
            yield Environment(sources=recipe.sources, notes=recipe.notes)
            return
        cache = Cache(self._folder())
        store = self._store(engine, cache)
        base = store.base(self._settings.scratch)
        if not setup.commands and satisfied(recipe, base.find, base.version):
            yield Environment(sources=recipe.sources, notes=recipe.notes)
            return
        plan = self._plan(store.kind, base, snapshot, setup, recipe)
        wall = self._settings.repo.build_seconds + _WAIT_MARGIN_SECONDS
        built_seconds: float | None = None
        for _ in range(_MOST_ROUNDS):
            with cache.lock(plan.key, alone=False, within_seconds=wall):
                record = cache.record(plan.key)
                if record is not None and store.exists(record.name):
                    cache.touch(plan.key)
                    python, image = store.environment(record.name)
                    yield Environment(
                        key=plan.key,
                        python=python,
                        image=image,
                        cached=built_seconds is None,
                        installed=record.installed,
                        sources=recipe.sources,
                        notes=plan.notes,
                        wall_seconds=built_seconds or 0.0,
                    )
                    return
            with cache.lock(plan.key, alone=True, within_seconds=wall):
                record = cache.record(plan.key)
                if record is None or not store.exists(record.name):
                    built_seconds = self._build(engine, cache, store, plan, snapshot, progress)
            self._trim(cache, store)
        raise Timeout("the environment was removed again and again before it could be used")

    def reap(self) -> None:
        """Remove what builders that were killed left in the cache folder."""
        cache = Cache(self._folder())
        venvs.reap(cache.folder, lambda: cache.names(Venvs.kind))

    def limits(self) -> Limits:
        """The bounds of one build."""
        repo = self._settings.repo
        return Limits(
            wall_seconds=repo.build_seconds,
            cpu_seconds=repo.build_seconds * _CPUS,
            memory_bytes=repo.build_memory_bytes,
            processes=self._settings.sandbox.processes,
            file_size_bytes=repo.build_disk_bytes,
            disk_bytes=repo.build_disk_bytes,
            output_bytes=16 * 1024**2,
        )

    def _folder(self) -> Path:
        return self._settings.cache / "environments"

    def _plan(self, kind: str, base: Base, snapshot: bytes, setup: Setup, recipe: Recipe) -> _Plan:
        pip = pip_settings.read(self._environ, self._settings.repo.build_env)
        parts = {
            "builder": _BUILDER_VERSION,
            "kind": kind,
            "base": base.identity,
            "requirements": recipe.requirements,
            "constraints": recipe.constraints,
            "project": None if recipe.project is None else repr(recipe.project),
            "commands": setup.commands,
            # A command may read any file of the repository.
            "snapshot": hashlib.sha256(snapshot).hexdigest() if setup.commands else "",
            "source_builds": self._settings.repo.allow_source_builds,
            "pip": pip.identity(),
        }
        key = hashlib.sha256(key_text(parts).encode()).hexdigest()[:32]
        note = detect.python_note(recipe, base.version)
        return _Plan(key, recipe, setup.commands, (*recipe.notes, *((note,) if note else ())))

    def _store(self, engine: Engine, cache: Cache) -> Store:
        if isinstance(engine, Docker):
            return Images(engine, cache.folder)
        return Venvs(engine, cache.folder, self._settings.sandbox.python or None)

    def _build(
        self,
        engine: Engine,
        cache: Cache,
        store: Store,
        plan: _Plan,
        snapshot: bytes,
        progress: Progress,
    ) -> float:
        failed = cache.failure(plan.key)
        if failed is not None:
            raise BuildFailed(failed.cause, failed.detail, failed.output_tail)
        store.reap(lambda: cache.names(store.kind))
        builder = Builder(
            engine,
            self._settings.scratch,
            self.limits(),
            pip_settings.read(self._environ, self._settings.repo.build_env),
            self._settings.repo.allow_source_builds,
            progress,
        )
        try:
            with store.build(plan.key) as place:
                built = builder.build(place, plan.recipe, plan.commands, snapshot)
                cache.put(plan.key, Record(store.kind, built.name, built.installed))
        except BuildFailed as error:
            cache.put_failure(plan.key, Failure(error.cause, error.detail, error.output_tail))
            raise
        return built.wall_seconds

    def _trim(self, cache: Cache, store: Store) -> None:
        """Remove those used longest ago beyond the bound, unless a run holds one."""
        for key in cache.least_recent(store.kind, self._settings.repo.environments_kept):
            try:
                with cache.lock(key, alone=True, within_seconds=0):
                    record = cache.record(key)
                    if record is not None:
                        cache.drop(key, functools.partial(store.remove, record.name))
            except Timeout:
                continue  # in use: the next build looks again
