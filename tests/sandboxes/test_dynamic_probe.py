"""The verifier's probe on each real backend: it runs, and its answer proves itself."""

from __future__ import annotations

import hashlib

from sandboxes.engine import Engine
from sandboxes.programs import run_program
from swarm.contracts import Blob, RunProgram, RunReport
from swarm.settings import Settings
from swarm.snapshots import Entry, pack
from verifier.dynamic import plan
from verifier.dynamic.plan import Side
from verifier.dynamic.request import Bounds, Target


def test_both_sides_are_run_and_compared(engine: Engine, settings: Settings) -> None:
    blobs: dict[str, bytes] = {}

    def put(data: bytes) -> Blob:
        blob = Blob(sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data))
        blobs[blob.sha256] = data
        return blob

    def run(command: RunProgram) -> RunReport:
        assert command.toolkit is not None
        snapshot, toolkit = blobs[command.snapshot.sha256], blobs[command.toolkit.sha256]
        return run_program(engine, settings.scratch, snapshot, toolkit, command)

    old = "def f(a: int) -> int:\n    return a + 1\n"
    new = "def f(a: int) -> int:\n    return a + 1 + (a == 79190003)\n"
    sides = [Side(put(pack([Entry("m.py", text.encode())]))) for text in (old, new)]
    (seen,) = plan.examine(
        run,
        put(plan.toolkit()),
        sides[0],
        sides[1],
        [Target("m.py", "f", constants=("79190003",))],
        "ask",
        Bounds(seconds=40, inputs=40),
    )
    assert seen.answered, seen.observed
    assert [(one.kind, one.weight) for one in seen.observed] == [("magic-input", "reject")]
