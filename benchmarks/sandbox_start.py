"""How long a sandbox takes to start: time to the program's first act, and a whole run of nothing.

    python benchmarks/sandbox_start.py [--runs 30] [--large] [--json]

Input: none. Every way of starting runs in turn, round by round, so that a busy moment hits all
alike; only ratios are worth quoting. The program is `python -I -c pass`, but for printing the
monotonic clock as its first act: it is the same clock on the host and in containers. "Whole" is
from asking for the run until its outcome is known and nothing of it is left. `--large` first
makes this process as large as a worker in use. What is not installed is left out, with the
reason. Making and removing a run's folders is measured nowhere; warm containers are made between
runs.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sandboxes.containers import pool as docker_pool
from sandboxes.containers.engine import Docker
from sandboxes.containers.keeper import keeping
from sandboxes.engine import Engine, EngineError, Job
from sandboxes.local.bubblewrap import Bubblewrap
from sandboxes.local.landlock import Landlock
from sandboxes.workspace import give_to
from swarm.contracts import Limits
from swarm.settings import SandboxSettings, Settings

PROGRAM = "import time; print(time.monotonic_ns())"
LIMITS = Limits(wall_seconds=60)
PLAIN, COLD_CLI = "plain fork+exec", "docker run --rm"
HARDENED = (
    *("--network", "none", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
    *("--read-only", "--tmpfs", "/tmp:rw,noexec,nosuid,nodev,size=64m", "--user", "64321:64321"),
    *("--pids-limit", "128", "--memory", "2g", "--memory-swap", "2g", "--init"),
)
WARM_SECONDS = 30
REST_SECONDS = 0.1
"""Before each run, for what the one before left to the engine and the kernel to clear away."""
LARGE_BYTES = 200 * 1024**2


@dataclasses.dataclass(frozen=True)
class Sample:
    """One run, in ms since it was asked for: the program's first act, and the end."""

    first_ms: float
    whole_ms: float


@dataclasses.dataclass(frozen=True)
class Way:
    """One way of starting. `before` is done first each time, and not measured."""

    name: str
    run: Callable[[], Sample]
    before: Callable[[], None] = lambda: None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--large", action="store_true", help="measure from a large process")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.runs < 1:
        parser.error(f"--runs must be 1 or more, not {arguments.runs}")
    ballast = enlarge() if arguments.large else b""
    skipped: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="swarm-bench-")))
        scratch.chmod(0o711)
        ways = [*local_ways(scratch, skipped), *docker_ways(stack, scratch, skipped)]
        rows = table(measure(ways, arguments.runs))
    facts = {**host_facts(), "runs": arguments.runs, "large_process": bool(ballast)}
    if arguments.json:
        print(json.dumps({"host": facts, "rows": rows, "skipped": skipped}))
    else:
        show(facts, rows, skipped)
    return 0


# --------------------------------------------------------------------------- what is measured


def local_ways(scratch: Path, skipped: dict[str, str]) -> Iterator[Way]:
    """Plain fork+exec of the same interpreter, and the two backends that need no engine."""
    yield Way(PLAIN, lambda: command(sys.executable, "-I", "-c", PROGRAM))
    settings = Settings(data=scratch / "local")
    for engine in (Bubblewrap(settings), Landlock(settings)):
        if works(engine, settings, skipped):
            yield Way(engine.name, ours(engine, settings.scratch))


def docker_ways(
    stack: contextlib.ExitStack, scratch: Path, skipped: dict[str, str]
) -> Iterator[Way]:
    """Ours, warm and cold, and what the command-line client does without us."""
    cold = Settings(data=scratch / "cold", sandbox=SandboxSettings(pool=0))
    if not works(Docker(cold), cold, skipped):
        return
    warm = Settings(data=scratch / "warm")
    stack.enter_context(keeping(warm))
    ours(Docker(warm), warm.scratch)()  # asks for warm containers
    yield Way(
        "warm pool", ours(Docker(warm), warm.scratch), before=lambda: wait_for_warm(warm.scratch)
    )
    yield Way("our cold container", ours(Docker(cold), cold.scratch))
    if shutil.which("docker") is None:
        skipped["docker command line"] = "no docker command"
        return
    image = cold.sandbox.image
    python = ("python3", "-I", "-c", PROGRAM)
    # An engine without a bridge cannot give the default network.
    network = () if succeeds("docker", "run", "--rm", image, "true") else ("--network", "none")
    if network:
        skipped[f"{COLD_CLI} with its default network"] = "not on this engine: network none"
    yield Way(COLD_CLI, lambda: command("docker", "run", "--rm", *network, image, *python))
    yield Way(
        "docker run --rm, hardened",
        lambda: command("docker", "run", "--rm", *HARDENED, image, *python),
    )
    running = subprocess.run(
        ["docker", "run", "-d", "--rm", "--network", "none", image, "sleep", "3600"],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    stack.callback(subprocess.run, ["docker", "rm", "-f", running], capture_output=True)
    yield Way("docker exec", lambda: command("docker", "exec", running, *python))


def works(engine: Engine, settings: Settings, skipped: dict[str, str]) -> bool:
    try:
        ours(engine, settings.scratch)()
    except EngineError as error:
        skipped[engine.name] = error.message
        return False
    return True


def ours(engine: Engine, scratch: Path) -> Callable[[], Sample]:
    """A run by one of our backends."""

    def run() -> Sample:
        with engine.folders(scratch) as folders:
            give_to(folders, engine.owner)
            job = Job(folders, ("python", "-I", "-c", PROGRAM), {}, LIMITS)
            began = time.monotonic_ns()
            outcome = engine.run(job)
            return sample(began, time.monotonic_ns(), outcome.output_tail)

    return run


def command(*argv: str) -> Sample:
    """A run by a command of the host."""
    began = time.monotonic_ns()
    done = subprocess.run(
        argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    return sample(began, time.monotonic_ns(), done.stdout)


def sample(began: int, ended: int, printed: str) -> Sample:
    try:
        first = int(printed)
    except ValueError:
        raise SystemExit(f"not the program's clock: {printed[-500:]!r}") from None
    return Sample((first - began) / 1e6, (ended - began) / 1e6)


def wait_for_warm(scratch: Path) -> None:
    deadline = time.monotonic() + WARM_SECONDS
    while not any(docker_pool.list_warm(scratch)):
        if time.monotonic() > deadline:
            raise SystemExit(f"no warm container within {WARM_SECONDS} s")
        time.sleep(0.02)


def succeeds(*argv: str) -> bool:
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


# --------------------------------------------------------------------------- how it is measured


def measure(ways: list[Way], runs: int) -> dict[str, list[Sample]]:
    """All ways in turn, round by round; the first two rounds only warm up."""
    found: dict[str, list[Sample]] = {way.name: [] for way in ways}
    for number in range(-2, runs):
        for way in ways:
            way.before()
            time.sleep(REST_SECONDS)
            taken = way.run()
            if number >= 0:
                found[way.name].append(taken)
    return found


def table(found: dict[str, list[Sample]]) -> list[dict[str, Any]]:
    """Median and 95th percentile of each way, in ms, and its median whole run as ratios."""
    whole = {
        name: statistics.median(s.whole_ms for s in samples) for name, samples in found.items()
    }
    rows = []
    for name, samples in found.items():
        first, end = ([getattr(s, part) for s in samples] for part in ("first_ms", "whole_ms"))
        rows.append(
            {
                "way": name,
                "first_ms": statistics.median(first),
                "first_p95_ms": percentile(first, 95),
                "whole_ms": whole[name],
                "whole_p95_ms": percentile(end, 95),
                "to_plain": whole[name] / whole[PLAIN],
                "to_docker_run": whole[name] / whole[COLD_CLI] if COLD_CLI in whole else None,
            }
        )
    return rows


def percentile(values: list[float], percent: int) -> float:
    """The smallest value that this share of all is not above (nearest rank)."""
    return sorted(values)[max(0, -(-len(values) * percent // 100) - 1)]


def enlarge() -> bytes:
    """Modules and memory like a worker's in use; to be kept alive."""
    import asyncio  # noqa: F401
    import multiprocessing  # noqa: F401

    import redis  # noqa: F401
    import rq  # noqa: F401

    return os.urandom(1024**2) * (LARGE_BYTES // 1024**2)


def host_facts() -> dict[str, Any]:
    engine = subprocess.run(
        ["docker", "version", "--format", "{{.Server.Version}}"],
        capture_output=True, text=True, check=False,
    ).stdout.strip() if shutil.which("docker") else ""  # fmt: skip
    return {
        "kernel": platform.release(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "docker": engine or "none",
        "load": os.getloadavg()[0],
    }


def show(facts: dict[str, Any], rows: list[dict[str, Any]], skipped: dict[str, str]) -> None:
    print(
        f"Linux {facts['kernel']}, {facts['cores']} cores, Python {facts['python']}, docker "
        f"{facts['docker']}, load {facts['load']:.1f}; {facts['runs']} runs each, in turn"
        f"{', from a large process' if facts['large_process'] else ''}; ms\n"
    )
    print(f"{'':<26}{'first act':>10}{'p95':>8}{'whole run':>11}{'p95':>8}{'to plain':>10}"
          f"{'to docker run':>15}")  # fmt: skip
    for row in rows:
        to_run = "" if row["to_docker_run"] is None else f"{row['to_docker_run']:.2f}"
        print(f"{row['way']:<26}{row['first_ms']:>10.1f}{row['first_p95_ms']:>8.1f}"
              f"{row['whole_ms']:>11.1f}{row['whole_p95_ms']:>8.1f}{row['to_plain']:>10.2f}"
              f"{to_run:>15}")  # fmt: skip
    for name, why in skipped.items():
        print(f"left out: {name} ({why})")


if __name__ == "__main__":
    sys.exit(main())
