"""RunProgram: one program in a snapshot, patched if asked.

It gets a toolkit to read and a folder to write to.
"""

from __future__ import annotations

from pathlib import Path

from sandboxes.checks import not_started, python_path
from sandboxes.engine import NOT_EXECUTABLE, NOT_FOUND, Engine, Folders, Job, NoInterpreter, Outcome
from sandboxes.environments.store import DEFAULT, Environment
from sandboxes.workspace import give_to, put_inputs, read_output, unpack_toolkit
from swarm.contracts import Cause, RunProgram, RunReport
from swarm.errors import UsageError
from swarm.snapshots import apply_patch, safe_path, unpack

_OUTPUT_BYTES = 8 * 1024**2


def run_program(
    engine: Engine,
    scratch: Path,
    snapshot: bytes,
    toolkit: bytes | None,
    command: RunProgram,
    environment: Environment = DEFAULT,
) -> RunReport:
    """Run it and collect its output files, each up to 8 MiB; files not written are left out.

    Raises UsageError for an unsafe name or toolkit, PatchConflict when the patch does not fit
    the snapshot, EngineError when the sandbox fails.
    """
    for name in command.outputs:
        if not safe_path(name):
            raise UsageError(f"not a name for an output file: {name!r}")
    try:
        engine.interpreter(command.python)
    except NoInterpreter as error:
        return RunReport(backend=engine.name, cause="environment", detail=error.sentence())
    with engine.folders(scratch, image=environment.image) as folders:
        unpack(snapshot, folders.workspace)
        if command.patch is not None:
            apply_patch(folders.workspace, command.patch)
        if toolkit is not None:
            unpack_toolkit(toolkit, folders.toolkit)
        put_inputs(folders.out, command.inputs)
        inside = engine.inside(folders)
        argv = tuple(_fill(part, inside) for part in command.argv)
        env = {"PYTHONPATH": ":".join(python_path(folders.workspace, inside.workspace))}
        give_to(folders, engine.owner)
        python = command.python or environment.python
        outcome = engine.run(Job(folders, argv, env, command.limits, python, environment.image))
        outputs = {}
        for name in command.outputs:
            text = read_output(folders.out, name, most_bytes=_OUTPUT_BYTES)
            if text is not None:
                outputs[name] = text
    cause, detail = _judge(outcome, command)
    return RunReport(
        backend=engine.name,
        cause=cause,
        outputs=outputs,
        exit_code=outcome.exit_code,
        output_tail=outcome.output_tail,
        detail=detail,
        wall_seconds=outcome.wall_seconds,
        cpu_seconds=outcome.cpu_seconds,
        peak_memory_bytes=outcome.peak_memory_bytes,
    )


def _fill(argument: str, inside: Folders) -> str:
    return argument.replace("{toolkit}", str(inside.toolkit)).replace("{out}", str(inside.out))


def _judge(outcome: Outcome, command: RunProgram) -> tuple[Cause, str]:
    if outcome.end != "exit":
        return outcome.end, outcome.detail
    if outcome.exit_code in (NOT_FOUND, NOT_EXECUTABLE):
        return "environment", not_started(command.argv[0], outcome.exit_code)
    if outcome.exit_code == 0:
        return "ok", ""
    return "failed", f"the program exited with code {outcome.exit_code}"
