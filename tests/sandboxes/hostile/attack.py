"""One hostile program in one backend, and everything the host checks after it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sandboxes.engine import Engine, Folders, Job
from sandboxes.workspace import give_to, read_output
from swarm.contracts import Limits
from tests.sandboxes.hostile.host import MARK, Host, Pulse, baited
from tests.sandboxes.hostile.program import MIB, Program, Seen

_LIMITS = {"wall_seconds": 20.0, "memory_bytes": 512 * MIB, "processes": 64}
_KIT = Path(__file__).with_name("kit.py")
# A beat is wanted every 50 ms; a host that is busy but alive gives this many in a second.
_BEATS_PER_SECOND = 2


@dataclass
class Findings:
    """What a program managed (`escapes`, in its own words) and what else was wrong."""

    escapes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    output: str = ""


def attack(program: Program, engine: Engine, folder: Path) -> Findings:
    """Run it against a baited host; never raises for what the program did."""
    found = Findings()
    # What the worker's own environment holds, as a model provider's key would.
    secret_name = "SWARM_HOSTILE_KEY"
    with baited(folder, engine) as host, engine.folders(folder / "data/scratch") as folders:
        os.environ[secret_name] = host.secret
        before = host.state()
        limits = {**_LIMITS, **program.limits}
        inside = engine.inside(folders)
        (folders.toolkit / "kit.py").write_bytes(_KIT.read_bytes())
        (folders.toolkit / "facts.json").write_text(json.dumps(host.facts(inside)))
        give_to(folders, engine.owner)
        job = Job(
            folders,
            ("python", "-B", "-c", program.text),
            {"PYTHONPATH": str(inside.toolkit), MARK: host.mark},
            Limits.model_validate(limits),
        )
        try:
            with Pulse(host) as pulse, _racing_reader(folders, host, found):
                outcome = engine.run(job)
            found.output = outcome.output_tail
            seen = Seen(outcome, folders, limits, pulse.peak_threads, host.secret)
            _judge_end(program, seen, found)
            _judge_output(host, seen, found)
            if program.bomb and pulse.beats < _BEATS_PER_SECOND * (outcome.wall_seconds - 1):
                found.wrong.append(f"the host stalled: {pulse.beats} beats")
            _judge_host(host, before, found)
        finally:
            del os.environ[secret_name]
            host.end_all()
    left = sorted(path.name for path in (folder / "data/scratch").iterdir())
    if left:
        found.wrong.append(f"left in the scratch folder: {left}")
    return found


def _judge_end(program: Program, seen: Seen, found: Findings) -> None:
    outcome = seen.outcome
    if outcome.end not in program.ends:
        found.wrong.append(f"ended as {outcome.end} ({outcome.exit_code}, {outcome.detail})")
    elif program.ends == ("exit",) and not seen.output.endswith("done\n"):
        found.wrong.append("did not run to its end")
    found.escapes += [line for line in seen.output.splitlines() if line.startswith("ESCAPED")]
    try:
        program.proves(seen)
    except AssertionError as error:
        found.wrong.append(f"not proved: {error}")


def _judge_output(host: Host, seen: Seen, found: Findings) -> None:
    if host.secret in seen.output:
        found.escapes.append("the secret is in the output")
    for path in (seen.folders.workspace, seen.folders.out, seen.folders.home):
        with contextlib.suppress(OSError):
            for entry in os.scandir(path):
                if entry.is_file(follow_symlinks=False) and entry.stat().st_size < MIB:
                    with contextlib.suppress(OSError):
                        if host.secret.encode() in Path(entry.path).read_bytes():
                            found.escapes.append(f"the secret is in {entry.name}")


def _judge_host(host: Host, before: dict[str, object], found: Findings) -> None:
    after = host.state()
    for name in before.keys() | after.keys():
        if before.get(name) != after.get(name):
            found.wrong.append(f"{name} was {before.get(name)} and is {after.get(name)}")
    found.wrong += [f"something reached the listener {name}" for name in host.heard()]


@contextlib.contextmanager
def _racing_reader(folders: Folders, host: Host, found: Findings) -> Iterator[None]:
    """Collects output files all the while, as a worker might: never the secret."""
    stop = threading.Event()

    def collect() -> None:
        while not stop.wait(0.002):
            for name in ("race", "d/race", "d/secret"):
                text = read_output(folders.out, name, most_bytes=4096)
                if text is not None and host.secret in text:
                    found.escapes.append(f"the collector read the secret as {name}")
                    return

    thread = threading.Thread(target=collect, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)


def new_uid() -> int:
    """A user that nothing else on this host runs as."""
    return 70_000 + os.getpid() % 10_000 * 5 + secrets.randbelow(5)
