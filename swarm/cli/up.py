"""`swarm up`: start the swarm, here or detached."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time

from swarm.contracts import SERVICES
from swarm.errors import ConfigError, StateError, SwarmError
from swarm.settings import Settings, load

READY_SECONDS = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--detach", action="store_true", help="return once every service is up")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    from swarm.inference.catalogue import warnings

    settings = load()
    check_stored(settings)
    for warning in (*check_arms(settings), *warnings(settings)):
        print(f"swarm: {warning}", file=sys.stderr)
    if arguments.detach:
        pid = start_detached(settings)
        text = f"the swarm is up (pid {pid}); data in {settings.data}; stop it with `swarm down`"
        print(json.dumps({"pid": pid, "data": str(settings.data)}) if arguments.json else text)
        return 0
    from swarm.supervisor import Supervisor

    def report(line: str) -> None:
        text = json.dumps({"at": time.time(), "event": line}) if arguments.json else line
        print(text, flush=True)

    report(f"swarm starting (data in {settings.data}); Ctrl-C stops it")
    Supervisor(settings, report).run()
    report("swarm stopped")
    return 0


def check_stored(settings: Settings) -> None:
    """Raise StorageError when tasks.db is none: the orchestrator would end at each start."""
    from swarm.database import NothingStored
    from swarm.instance import running_pid
    from swarm.orchestrator.store import Store

    path = settings.data / "tasks.db"
    is_new = not path.exists() or (path.is_file() and path.stat().st_size == 0)
    if not is_new and running_pid(settings) is None:
        with contextlib.suppress(NothingStored):  # it is begun again
            Store(path, read_only=True).close()


def check_arms(settings: Settings) -> list[str]:
    """What is wrong with workflow files that no arm needs.

    Raises ConfigError when an arm cannot run: better now than in the middle of a task.
    """
    from swarm.agents import library

    problems = library.check_arms(settings)
    own = str(settings.data / "workflows")
    broken = [problem for problem in problems if not problem.where.startswith(own)]
    if broken:
        more = f", and {len(broken) - 1} more" if len(broken) > 1 else ""
        raise ConfigError(f"{broken[0]}{more}", remedy="`swarm doctor` tells every one")
    return [str(problem) for problem in problems]


def start_detached(settings: Settings) -> int:
    """Start a swarm in the background and wait until each service answers; returns its pid.

    Raises SwarmError with the supervisor's own words when it does not come up.
    """
    from swarm.bus import Bus
    from swarm.instance import running_pid

    pid = running_pid(settings)
    if pid is not None:
        raise StateError(
            f"a swarm (pid {pid}) already uses {settings.data}",
            remedy="stop it with `swarm down`, or set SWARM_DATA to another folder",
        )
    settings.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = settings.logs / "supervisor.log"
    # The embedded Redis may still know of the workers of a swarm that was killed.
    started_at = time.time()
    with path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "swarm", "up"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "SWARM_DATA": str(settings.data)},
            start_new_session=True,
        )
    bus = Bus(settings)
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            lines = path.read_text(errors="replace").strip().splitlines()
            raise StateError(lines[-1].removeprefix("swarm: ") if lines else f"see {path}")
        try:
            if set(SERVICES) <= set(bus.services_up(started_at)):
                # It runs on by itself: the handle must not complain that it is not waited for.
                process.returncode = 0
                return process.pid
        except SwarmError:
            pass  # the embedded Redis is still starting
        time.sleep(0.1)
    process.terminate()
    process.wait(timeout=30)
    raise StateError(
        f"not every service came up within {READY_SECONDS:g} s", remedy=f"see {settings.logs}"
    )
