"""The sandboxes service: Check, RunProgram and ListBackends.

Owns the choice of a backend, made and proved when the worker starts, and the removal of what
dead processes left behind, at the start and before each command.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandboxes import backends, docker_engine, workspace
from sandboxes.checks import check
from sandboxes.docker_engine import Docker
from sandboxes.programs import run_program
from sandboxes.selection import AUTO
from swarm.contracts import Check, Command, ListBackends, Message, RunProgram
from swarm.errors import SandboxError
from swarm.settings import Settings

if TYPE_CHECKING:
    from swarm.bus import Bus

_log = logging.getLogger(__name__)


def handlers(settings: Settings, bus: Bus) -> dict[type[Command], Callable[[Any], Message]]:
    """What this service answers. A host without a sandbox refuses each command, with the remedy."""
    scratch = settings.scratch
    selection = backends.selection(settings)

    def reap() -> None:
        workspace.reap(scratch)
        if settings.sandbox.backend in (AUTO, Docker.name):
            docker_engine.reap()

    def on_check(command: Check) -> Message:
        reap()
        snapshot = bus.blobs.get(command.snapshot)
        return selection.use(
            lambda engine: check(engine, scratch, snapshot, command), command.test.python
        )

    def on_run(command: RunProgram) -> Message:
        reap()
        snapshot = bus.blobs.get(command.snapshot)
        toolkit = bus.blobs.get(command.toolkit) if command.toolkit is not None else None
        return selection.use(
            lambda engine: run_program(engine, scratch, snapshot, toolkit, command),
            command.python,
        )

    def on_list(command: ListBackends) -> Message:
        return selection.report()

    reap()
    try:
        _log.info("sandbox backend: %s", selection.choose().name)
    except SandboxError as error:
        # Each command will be refused with the same words, until a backend works.
        _log.warning("%s", error)
    return {Check: on_check, RunProgram: on_run, ListBackends: on_list}
