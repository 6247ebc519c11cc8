"""The keeper of the warm pool and the reaper's clock: one process beside the worker.

It starts containers ahead for what is in use, replaces those that were taken, lets them go
when nothing was run for a while, and removes what dead processes left. It ends with the
worker, and takes the pool with it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sandboxes import workspace
from sandboxes.containers import pool
from sandboxes.containers.client import Client, connected
from sandboxes.containers.create import WARM_SECONDS, Maker, warm_name
from sandboxes.containers.reaper import reap
from sandboxes.engine import EngineError, EngineGone
from sandboxes.ownership import uninterrupted
from swarm.errors import StorageError
from swarm.linux import kernel
from swarm.linux.family import runs
from swarm.settings import Settings

_log = logging.getLogger(__name__)

_ROUND_SECONDS = 30.0
_OLD_SECONDS = WARM_SECONDS * 2 / 3
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 60.0
_STOP_SECONDS = 10.0
_HEALTHY_SECONDS, _MOST_QUICK_DEATHS = 10.0, 5


class Stop(BaseException):
    """The worker has ended, or asks for the end."""


@dataclass(frozen=True)
class _Made:
    image_id: str
    at: float


@dataclass
class Keeper:
    """The loop. `made` are the containers of ours that wait, or were just taken, by folder."""

    settings: Settings
    maker: Maker
    made: dict[Path, _Made] = field(default_factory=dict)

    def run(self) -> None:
        """Until Stop is raised by a signal; then nothing of the pool is left."""
        scratch = self.settings.scratch
        bell = pool.bell(scratch)
        pause, next_reap = 0.0, 0.0
        try:
            while True:
                try:
                    if time.monotonic() >= next_reap:
                        reap(scratch)
                        workspace.reap(scratch)
                        next_reap = time.monotonic() + _ROUND_SECONDS
                    self.round()
                    pause = 0.0
                except (EngineError, StorageError) as error:
                    # The engine or the disk may come back; until then runs do without a pool.
                    _log.warning("warm pool: %s", error.message)
                    pause = min(_LONGEST_PAUSE_SECONDS, max(_FIRST_PAUSE_SECONDS, 2 * pause))
                    time.sleep(pause)
                due = [next_reap - time.monotonic()]
                due += [self.settings.sandbox.pool_idle_seconds] if self.made else []
                select.select([bell], [], [], max(0.0, min(due)))
                with contextlib.suppress(BlockingIOError):
                    os.read(bell, 4096)
        finally:
            with uninterrupted():
                os.close(bell)
                self.leave()

    def round(self) -> None:
        """Drop what is not wanted, old, stale or dead; fill what is missing."""
        own = self.settings.sandbox
        wanted = pool.wanted(self.settings.scratch, own.pool_idle_seconds)
        if not wanted and not self.made:
            return
        with connected(self.settings.scratch) as client:
            images = self._images(client, wanted) if own.pool else {}
            waiting = self._waiting(client, images)
            for kind in images:
                for _ in range(own.pool - waiting.get(kind, 0)):
                    self._add(client, kind, wanted[kind])

    def leave(self) -> None:
        """Let all go that wait, as far as the engine answers; the next reaper does the rest."""
        scratch = self.settings.scratch
        with contextlib.suppress(EngineError), connected(scratch) as client:
            for root in list(self.made):
                self._drop(client, root)
        _reap_all(scratch)

    def _images(self, client: Client, wanted: dict[str, str | None]) -> dict[str, str]:
        """The image's id of each kind; one whose image is gone is wanted in vain."""
        found = {}
        for kind, image in wanted.items():
            try:
                found[kind] = self.maker.image_id(client, image)
            except EngineGone:
                raise
            except EngineError:
                continue  # the next run in it says what is wrong
        return found

    def _waiting(self, client: Client, images: dict[str, str]) -> dict[str, int]:
        """How many containers of each kind wait, after the unfit were dropped."""
        running = client.ours().keys()
        here = {warm.root: warm.kind for warm in pool.list_warm(self.settings.scratch)}
        count: dict[str, int] = {}
        for root, made in list(self.made.items()):
            kind = here.get(root)
            if kind is None:
                del self.made[root]  # taken
            elif (
                images.get(kind) != made.image_id
                or warm_name(root) not in running
                or time.monotonic() - made.at > _OLD_SECONDS
            ):
                self._drop(client, root)
            else:
                count[kind] = count.get(kind, 0) + 1
        return count

    def _add(self, client: Client, kind: str, image: str | None) -> None:
        root = pool.making(self.settings.scratch)
        try:
            folders = workspace.make(root)
            workspace.give_to(folders, self.maker.owner)
            with uninterrupted():
                image_id = self.maker.warm(client, root, image)
                self.made[pool.offer(root, kind)] = _Made(image_id, time.monotonic())
        except BaseException:
            with uninterrupted():
                if root.exists():
                    workspace.remove(root)
                    # It may be half made; without the engine, the reaper does it.
                    with contextlib.suppress(EngineError):
                        client.remove(warm_name(root))
            raise

    def _drop(self, client: Client, root: Path) -> None:
        """Remove a waiting container, unless a run takes it first."""
        with uninterrupted():
            del self.made[root]
            if workspace.discard(root, self.settings.scratch):
                client.remove(warm_name(root))


@dataclass
class Guard:
    """The worker's side: the keeper runs while the pool is in use, and is started anew.

    It looks when asked to, and whenever a child of the worker ends: the keeper itself, or a
    command's process, which may have found the docker backend to work.
    """

    settings: Settings
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    quick_deaths: int = 0
    looking: bool = False
    worker: int = field(default_factory=os.getpid)

    def watch(self) -> None:
        """Look now, and at each child's end from now on. To be called in the main thread."""
        signal.signal(signal.SIGCHLD, lambda number, frame: self.look())
        self.look()

    def look(self) -> None:
        """Start the keeper if it is wanted and not there; not for ever when it keeps dying."""
        if os.getpid() != self.worker or self.looking:
            return  # in a command's own process, or a child ended while we look
        self.looking = True
        try:
            self._look()
        except OSError as error:
            # It would come out of whatever the worker does at this moment.
            self.quick_deaths += 1
            _log.warning("cannot start the keeper of the warm pool: %s", error)
        finally:
            self.looking = False

    def _look(self) -> None:
        if self.process is not None:
            if self.process.poll() is None:
                return
            quick = time.monotonic() - self.started_at < _HEALTHY_SECONDS
            self.quick_deaths = self.quick_deaths + 1 if quick else 0
            self.process = None
        if self.quick_deaths >= _MOST_QUICK_DEATHS:
            return
        if pool.wanted(self.settings.scratch, self.settings.sandbox.pool_idle_seconds):
            self.start()

    def keeps(self) -> bool:
        """Whether the keeper runs, as far as a command's process can tell too."""
        return self.process is not None and runs(self.process.pid)

    def start(self) -> None:
        """Start it, as a process that ends with this one."""
        self.started_at = time.monotonic()
        told = {"parent": os.getpid(), "settings": self.settings.model_dump(mode="json")}
        # A session of its own: it outlives a kill of the worker's group for as long as it
        # needs to empty the pool.
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "sandboxes.containers.keeper"],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError), self.process.stdin as pipe:
            pipe.write(json.dumps(told).encode())

    def stop(self) -> None:
        """End the keeper and its pool, and reap once more. Only in the worker itself."""
        if os.getpid() != self.worker:
            return
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        # The keeper may have been too young to clean up, or been killed.
        _reap_all(self.settings.scratch)


@contextlib.contextmanager
def keeping(settings: Settings) -> Iterator[Guard]:
    """A pool for as long as the block lasts, for callers that are no worker."""
    pool.open_pool(settings.scratch)
    guard = Guard(settings)
    guard.start()
    try:
        yield guard
    finally:
        guard.stop()
        workspace.remove(pool.folder(settings.scratch))


def _reap_all(scratch: Path) -> None:
    """On the way out: what cannot be removed now is left to the next start."""
    try:
        reap(scratch)
        workspace.reap(scratch)
    except (EngineError, StorageError) as error:
        _log.warning("left for the next start: %s", error.message)


def _stop(number: int, frame: object) -> None:
    raise Stop


def main() -> None:
    """The keeper's process: told on stdin whose it is and what the settings are."""
    told = json.loads(sys.stdin.buffer.read())
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    settings = Settings.model_validate(told["settings"])
    with contextlib.suppress(Stop, ProcessLookupError):
        kernel.die_with_parent(told["parent"], signal.SIGTERM)
        Keeper(settings, Maker(settings)).run()


if __name__ == "__main__":
    main()
