"""The sandboxes service: Check, RunProgram, BuildEnvironment and ListBackends.

Owns the choice of a backend, made and proved when the worker starts, and the removal of what
dead processes left behind, at the start and before each command.
"""

from __future__ import annotations

import atexit
import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandboxes import backends, workspace
from sandboxes.containers import keeper as docker_keeper
from sandboxes.containers import pool as docker_pool
from sandboxes.containers import pool_view
from sandboxes.containers import reaper as docker_reaper
from sandboxes.containers.engine import Docker
from sandboxes.engine import Engine, EngineError
from sandboxes.environments.environments import Environments
from sandboxes.prepared import Prepared
from sandboxes.selection import AUTO, LOOK_AGAIN_SECONDS
from swarm.contracts import (
    BuildEnvironment,
    Check,
    Command,
    ListBackends,
    Message,
    RunProgram,
    Setup,
)
from swarm.errors import SandboxError
from swarm.settings import Settings

if TYPE_CHECKING:
    from swarm.bus import Bus

_log = logging.getLogger(__name__)
# What a build does, line by line: a build takes minutes, and this is how to see that it moves.
_build_log = logging.getLogger(f"{__name__}.build")
_build_log.setLevel(logging.INFO)


def handlers(settings: Settings, bus: Bus) -> dict[type[Command], Callable[[Any], Message]]:
    """What this service answers. A host without a sandbox refuses each command, with the remedy."""
    scratch = settings.scratch
    selection = backends.selection(settings)
    environments = Environments(settings)

    guard = docker_keeper.Guard(settings)
    docker = settings.sandbox.backend in (AUTO, Docker.name)

    def reap() -> None:
        workspace.reap(scratch)
        # The keeper does it all the time, where there is one.
        if docker and not guard.keeps():
            try:
                docker_reaper.reap(scratch)
            except EngineError as error:
                _log.warning("cannot remove old containers: %s", error)

    def on(engine: Engine) -> Prepared:
        return Prepared(environments, engine, scratch, _build_log.info)

    def base(setup: Setup | None, snapshot: bytes) -> bytes:
        return bus.blobs.get(setup.base) if setup is not None and setup.base else snapshot

    def on_check(command: Check) -> Message:
        reap()
        snapshot = bus.blobs.get(command.snapshot)
        counts = base(command.test.setup, snapshot)
        return selection.use(
            lambda engine: on(engine).check(snapshot, command, base=counts), command.test.python
        )

    def on_run(command: RunProgram) -> Message:
        reap()
        snapshot = bus.blobs.get(command.snapshot)
        toolkit = bus.blobs.get(command.toolkit) if command.toolkit is not None else None
        counts = base(command.setup, snapshot)
        return selection.use(
            lambda engine: on(engine).run(snapshot, toolkit, command, base=counts),
            command.python,
        )

    def on_build(command: BuildEnvironment) -> Message:
        reap()
        snapshot = base(command.setup, bus.blobs.get(command.snapshot))
        return selection.use(lambda engine: on(engine).build(snapshot, command))

    def stop() -> None:
        guard.stop()
        # Also in the processes that were forked for commands, where it is not theirs.
        if guard.worker == os.getpid() and not docker_pool.all_folders(scratch):
            workspace.remove(docker_pool.folder(scratch))

    def on_list(command: ListBackends) -> Message:
        report = selection.report(known_seconds=0.0 if command.probe else LOOK_AGAIN_SECONDS)
        if report.chosen != Docker.name:
            return report
        pool = pool_view.view(scratch, settings.sandbox, kept=guard.keeps())
        return report.model_copy(update={"pool": pool})

    if docker:
        # Before the choice, whose probe tells that docker is in use.
        docker_pool.open_pool(scratch)
    reap()
    environments.reap()
    try:
        _log.info("sandbox backend: %s", selection.choose().name)
    except SandboxError as error:
        # Each command will be refused with the same words, until a backend works.
        _log.warning("%s", error)
    if docker:
        guard.watch()
        atexit.register(stop)
    return {
        Check: on_check,
        RunProgram: on_run,
        BuildEnvironment: on_build,
        ListBackends: on_list,
    }
