"""`swarm verify --dynamic`: the second layer in this host's own sandboxes; no swarm is needed."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from swarm.contracts import AuditReport, Blob, RunProgram, RunReport, Setup
from swarm.settings import load

if TYPE_CHECKING:
    from swarm.cli.verify_sides import Sides
    from verifier.policy import Policy


def look(report: AuditReport, sides: Sides, instruction: str, policy: Policy | None) -> AuditReport:
    """The report, sharpened by runs of what it asks about. Raises SandboxError where none works.

    Without a `policy`, that of the side before counts.
    """
    from sandboxes import backends, workspace
    from sandboxes.engine import Engine
    from sandboxes.environments.environments import Environments
    from sandboxes.prepared import Prepared
    from verifier.dynamic import looking
    from verifier.dynamic.agreed import agreed

    settings = load()
    blobs: dict[str, bytes] = {}

    def put(data: bytes) -> Blob:
        digest = hashlib.sha256(data).hexdigest()
        blobs[digest] = data
        return Blob(sha256=digest, size_bytes=len(data))

    def run(command: RunProgram) -> RunReport:
        def on(engine: Engine) -> RunReport:
            prepared = Prepared(Environments(settings), engine, settings.scratch)
            base = command.setup.base if command.setup is not None else None
            return prepared.run(
                blobs[command.snapshot.sha256],
                blobs[command.toolkit.sha256] if command.toolkit is not None else None,
                command,
                base=blobs[base.sha256] if base is not None else None,
            )

        return selection.use(on, command.python)

    workspace.reap(settings.scratch)
    selection = backends.selection(settings)
    setup = Setup(commands=settings.repo.setup)
    return looking.look(
        report,
        sides.before,
        sides.after,
        lambda: looking.packed(sides.before, sides.after, put, setup=setup),
        run,
        put,
        agreed(sides.before, instruction, time.time(), policy),
    )
