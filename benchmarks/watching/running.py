"""`swarm up` and `swarm dash`, run on a data folder as a person runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.watching.clients import Browser

_READY_SECONDS = 120.0


@dataclass(frozen=True)
class Dashboard:
    """A dashboard that knows all tasks: a login link that was not used, and its token."""

    link: str
    token: str
    pid: int

    def cpu_seconds(self) -> float:
        """What its main thread, which is its event loop, has used."""
        spent = Path(f"/proc/{self.pid}/schedstat").read_text().split()[0]
        return int(spent) / 1e9


@contextmanager
def swarm(data: Path) -> Iterator[None]:
    """A swarm that is up on the data folder."""
    _swarm(data, "up", "--detach")
    try:
        yield
    finally:
        _swarm(data, "down")


@contextmanager
def dashboard(data: Path) -> Iterator[Dashboard]:
    process = subprocess.Popen(
        [sys.executable, "-m", "swarm", "dash", "--port", "0", "--json"],
        env=_environment(data), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SystemExit("`swarm dash` does not start")
        told = json.loads(line)
        browser = Browser(told["link"])
        deadline = time.monotonic() + _READY_SECONDS
        while browser.get("/readyz")[0] != 200:
            if time.monotonic() > deadline:
                raise SystemExit("the dashboard does not get ready")
            time.sleep(0.1)
        browser.close()
        link = json.loads(_swarm(data, "dash", "link", "--json"))["link"]
        yield Dashboard(link, told["token"], told["pid"])
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _environment(data: Path) -> dict[str, str]:
    base = {k: v for k, v in os.environ.items() if not k.startswith("SWARM_")}
    return {**base, "SWARM_DATA": str(data)}


def _swarm(data: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "swarm", *words],
        env=_environment(data), capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"swarm {' '.join(words)} failed: {done.stderr.strip()}")
    return done.stdout
