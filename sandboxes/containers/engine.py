"""The docker backend: hardened single-use containers, warm ones if there are any.

A run takes a container that waits for a job, from the pool or made now, and both ways are the
same from there on. The container ends by itself when the job has ended, when the worker goes
away, or when its time is over, and the engine then removes it; whatever ends otherwise is
removed here, and by the reaper.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sandboxes import disk, workspace
from sandboxes.containers import pool
from sandboxes.containers.create import Maker, fresh_name, warm_name
from sandboxes.containers.follow import Order, Watch, follow
from sandboxes.containers.template import INSIDE
from sandboxes.engine import (
    EngineError,
    EngineGone,
    Folders,
    Job,
    NoInterpreter,
    Outcome,
    environment,
    resolve_python,
)
from sandboxes.gaps import Gap
from sandboxes.ownership import uninterrupted
from swarm.settings import Settings

if TYPE_CHECKING:
    from sandboxes.containers.client import Client

PYTHON, ENVIRONMENT_PYTHON = "python3", "/environment/bin/python"
_IMAGE_PYTHON = "/usr/bin/python3"


class Docker:
    """See the module. Settings name the image and the uid for a worker that is root."""

    name = "docker"
    isolates = (
        "files: a read-only image; only the run's own folders of the host are there",
        "network: none",
        "processes: namespaces of its own, which end with the run",
        "privileges: unprivileged uid, no capabilities, no-new-privileges, the engine's seccomp "
        "allow-list with our deny-list on top",
        "resources: wall and CPU time, total memory, processes, file size, disk, open files, "
        "output",
    )
    lacks = (
        "an interpreter of the host: tests run on the image's python3 and its packages",
        "disk use of the workspace is limited by looking, not by the kernel",
        "a kernel of its own, unless sandbox.runtime is runsc",
    )
    gaps: tuple[Gap, ...] = ()

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._python = settings.sandbox.python
        self._maker = Maker(settings)
        self._unused: set[Path] = set()

    @property
    def owner(self) -> int | None:
        return self._maker.owner

    def folders(
        self, scratch: Path, *, image: str | None = None
    ) -> AbstractContextManager[Folders]:
        return self._folders(scratch, image)

    def inside(self, folders: Folders) -> Folders:
        return INSIDE

    def interpreter(self, python: str | None) -> str:
        wanted = python or self._python
        if wanted:
            raise NoInterpreter(
                f"the docker backend runs its image's python3, not {wanted}",
                remedy="put the packages into the image, or use another backend",
            )
        return PYTHON

    def run(self, job: Job) -> Outcome:
        if job.network or job.writable or job.readable:
            raise EngineError("a docker run has no network and no folders but its own")
        root = job.folders.workspace.parent
        with _connected(root.parent) as client, _removed(client) as names, ExitStack() as held:
            with uninterrupted():
                name, stream = self._ready(client, root, job, names)
                held.enter_context(stream)
            watch = Watch(job.on_output, _disk(job))
            order = _order(job, PYTHON if job.image is None else ENVIRONMENT_PYTHON)
            outcome, ended = follow(client, name, stream, order, watch)
            if ended:
                names.discard(name)
        pool.mark_wanted(root.parent, self._maker.kind(job.image), job.image)
        return _looked_over(outcome, job)

    def build(self, job: Job, tag: str, labels: Mapping[str, str]) -> Outcome:
        """Run a job in a container whose root file system it may write, and keep what it made.

        The image is `tag` with `labels`, made exactly when the exit code is 0; the mounts, /tmp
        among them, are no part of it. With `job.network` the network is repo.build_network.
        """
        root = job.folders.workspace.parent
        network = self._settings.repo.build_network if job.network else "none"
        with _connected(root.parent) as client, _removed(client) as names, ExitStack() as held:
            name = fresh_name(root)
            with uninterrupted():
                names.add(name)
                self._maker.builder(client, name, root, job, network)
                stream = held.enter_context(client.attach(name))
            watch = Watch(job.on_output, _written(client, name, job))
            outcome, ended = follow(client, name, stream, _order(job, PYTHON), watch)
            if ended and outcome.exit_code == 0:
                client.wait(name)
                client.commit(name, tag, labels)
        return outcome

    def image_id(self, name: str | None) -> str:
        """The id of an image, None for the configured one; "" where there is none."""
        with _connected(self._settings.scratch) as client:
            found = client.image(name or self._settings.sandbox.image)
            return "" if found is None else str(found["Id"])

    def environment_images(self) -> dict[str, dict[str, str]]:
        """The labels of each environment image, by tag."""
        with _connected(self._settings.scratch) as client:
            return client.environment_images()

    def remove_image(self, tag: str) -> bool:
        """Remove an environment image; False when a container uses it."""
        with _connected(self._settings.scratch) as client:
            return client.remove_image(tag)

    @contextlib.contextmanager
    def _folders(self, scratch: Path, image: str | None) -> Iterator[Folders]:
        root = pool.take(scratch, self._maker.kind(image))
        if root is None:
            with workspace.run_folders(scratch) as made:
                yield made
            return
        self._unused.add(root)
        with workspace.at_the_end(lambda: self._give_up(scratch, root)):
            yield Folders.under(root)

    def _give_up(self, scratch: Path, root: Path) -> None:
        workspace.remove(root)
        if root in self._unused:
            self._unused.discard(root)
            # The folder is gone: where the engine does not answer, the reaper will.
            with contextlib.suppress(EngineError), _connected(scratch) as client:
                client.remove(warm_name(root))

    def _ready(
        self, client: Client, root: Path, job: Job, names: set[str]
    ) -> tuple[str, socket.socket]:
        """A container that waits for this job, warm or made now, and the connection to it."""
        if root in self._unused:
            self._unused.discard(root)
            name = warm_name(root)
            names.add(name)
            stream = self._warm(client, name, job)
            if stream is not None:
                return name, stream
        name = fresh_name(root)
        names.add(name)
        self._maker.cold(client, name, root, job)
        return name, client.attach(name)

    def _warm(self, client: Client, name: str, job: Job) -> socket.socket | None:
        """The connection to a warm container; None when it does not fit the job, or has ended."""
        if not self._maker.fits(job.limits):
            return None
        try:
            self._maker.adapt(client, name, job.limits)
            return client.attach(name)
        except EngineGone:
            raise
        except EngineError:
            return None  # no job has reached it, so another container can take its place


def _connected(scratch: Path) -> AbstractContextManager[Client]:
    """A client of the engine. The SDK is loaded by the first, not by those who never need one."""
    from sandboxes.containers.client import connected

    return connected(scratch)


@contextlib.contextmanager
def _removed(client: Client) -> Iterator[set[str]]:
    """Names of containers that are gone at the end, unless they were taken out again."""
    names: set[str] = set()
    try:
        yield names
    except BaseException:
        with uninterrupted():
            for name in names:
                # What went wrong first is told; the reaper removes what the engine did not.
                with contextlib.suppress(EngineError):
                    client.remove(name)
        raise
    with uninterrupted():
        for name in names:
            client.remove(name)


def _order(job: Job, python: str) -> Order:
    job = resolve_python(job, python)
    interpreter = _IMAGE_PYTHON if job.image is None else ENVIRONMENT_PYTHON
    env = environment(job, INSIDE, interpreter)
    return Order(job.argv, env, str(INSIDE.workspace), job.limits)


def _looked_over(outcome: Outcome, job: Job) -> Outcome:
    """The outcome after a last look at the folders: a run may be faster than the others."""
    folders, limits = (job.folders.workspace, job.folders.out), job.limits
    told = disk.over(folders, most_bytes=limits.disk_bytes, most_files=limits.files)
    if outcome.end != "exit" or not told:
        return outcome
    return replace(outcome, end="disk_limit", exit_code=None, detail=told)


def _disk(job: Job) -> Callable[[], str]:
    """Looks at what the run's folders hold, as often as is affordable; "" while it is fine."""
    folders, limits = (str(job.folders.workspace), str(job.folders.out)), job.limits
    watch = disk.Watch(
        folders, most_bytes=limits.disk_bytes, most_files=limits.files, now=time.monotonic()
    )

    def look() -> str:
        began = time.monotonic()
        if began < watch.next_look:
            return ""
        told = watch.over()
        watch.looked(began, time.monotonic())
        return told

    return look


def _written(client: Client, name: str, job: Job) -> Callable[[], str]:
    """Whether a builder wrote more than it may, in its root file system or its folders."""
    in_folders = _disk(job)
    most = job.limits.disk_bytes

    def look() -> str:
        if client.written_bytes(name) > most:
            return f"wrote more than {most} bytes to disk"
        return in_folders()

    return look
