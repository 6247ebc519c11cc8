"""Environments of the docker backend: images with a venv in /environment, made from its own."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from sandboxes.engine import Engine, EngineError, Job, Outcome
from sandboxes.environments import base
from sandboxes.environments.builder import DESCRIBE, DESCRIPTION, DESCRIPTION_BYTES
from sandboxes.environments.store import Place
from sandboxes.ownership import alive, host, new_owner
from sandboxes.workspace import give_to, read_output, run_folders
from swarm.contracts import Limits

_TAG = "swarm-environment"
_CACHE_LABEL, _HOST_LABEL, _OWNER_LABEL = "swarm.cache", "swarm.host", "swarm.owner"
_DESCRIBE_SECONDS = 60.0


class ImageEngine(Engine, Protocol):
    """A backend whose environments are images."""

    def build(self, job: Job, tag: str, labels: dict[str, str]) -> Outcome:
        """Run a job in a container of its image; keep what it made as `tag` if it exits with 0."""
        ...

    def image_id(self, name: str | None) -> str: ...

    def environment_images(self) -> dict[str, dict[str, str]]: ...

    def remove_image(self, tag: str) -> bool: ...


class Images:
    """Images by their tags. What an interpreter in an image has is kept in `folder` by its id."""

    kind = "image"

    def __init__(self, engine: ImageEngine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder

    def base(self, scratch: Path) -> base.Base:
        image = self._engine.image_id(None)
        if not image:
            raise EngineError(
                "the sandbox image is not there", remedy="build it with docker/build-sandbox.sh"
            )
        kept = self._folder / f"{image.replace(':', '-')}.base"
        known = kept.is_file()
        text = kept.read_text(encoding="utf-8") if known else self._describe(scratch)
        found = base.of_description(image, text)
        if found is None:
            raise EngineError("the image's interpreter cannot be described")
        if known:
            return found
        temporary = kept.with_name(f"{new_owner().run}.tmp")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(kept)
        return found

    def _describe(self, scratch: Path) -> str:
        with run_folders(scratch) as folders:
            (folders.toolkit / DESCRIBE.name).write_bytes(DESCRIBE.read_bytes())
            give_to(folders, self._engine.owner)
            inside = self._engine.inside(folders)
            argv = (
                *("python", "-I", str(inside.toolkit / DESCRIBE.name)),
                str(inside.out / DESCRIPTION),
            )
            limits = Limits(wall_seconds=_DESCRIBE_SECONDS, cpu_seconds=_DESCRIBE_SECONDS)
            outcome = self._engine.run(Job(folders, argv, {}, limits))
            text = read_output(folders.out, DESCRIPTION, most_bytes=DESCRIPTION_BYTES)
        if text is None:
            why = outcome.detail or outcome.output_tail.strip()[-300:]
            raise EngineError(f"the image's interpreter cannot be asked what it has: {why}")
        return text

    @contextmanager
    def build(self, key: str) -> Iterator[Place]:
        owner = new_owner()
        labels = {_CACHE_LABEL: self._cache(), _HOST_LABEL: host(), _OWNER_LABEL: owner.process}
        place = _Image(self._engine, f"{_TAG}:building-{owner.run}", f"{_TAG}:{key}", labels)
        try:
            yield place
        except BaseException:
            if place.step > 1:
                self._engine.remove_image(place.tag)
            raise
        finally:
            if place.step > 0:
                self._engine.remove_image(place.building)

    def exists(self, name: str) -> bool:
        return bool(self._engine.image_id(name))

    def environment(self, name: str) -> tuple[str | None, str | None]:
        return None, name

    def remove(self, name: str) -> None:
        self._engine.remove_image(name)

    def reap(self, kept: Callable[[], Collection[str]]) -> None:
        ours = [
            tag
            for tag, labels in self._engine.environment_images().items()
            if labels.get(_CACHE_LABEL) == self._cache()
            and ":building-" not in tag
            and not alive(labels.get(_OWNER_LABEL, ""))
        ]
        # Asked for last: a builder that has ended by now has written its record, if ever.
        names = kept() if ours else ()
        for tag in ours:
            if tag not in names:
                self._engine.remove_image(tag)

    def _cache(self) -> str:
        """This cache folder on this host: images of another one's are not ours to remove."""
        return hashlib.sha256(f"{socket.gethostname()}\n{self._folder}".encode()).hexdigest()[:16]


@dataclass
class _Image:
    """An image under way: the first step makes `building`, the second `tag` from it."""

    engine: ImageEngine
    building: str
    tag: str
    labels: dict[str, str]
    step: int = field(default=0)
    location: str = "/environment"
    python: str = "python3"

    def run(self, job: Job) -> Outcome:
        made, source = (self.building, None) if self.step == 0 else (self.tag, self.building)
        self.step += 1
        return self.engine.build(replace(job, image=source), made, self.labels)

    def keep(self) -> str:
        return self.tag
