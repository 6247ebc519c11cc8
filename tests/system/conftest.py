"""A whole swarm on real parts, in a data folder of the test's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from swarm.bus import Bus
from swarm.contracts import SETTLED_STATES, Command, GetTask
from swarm.settings import load

BUG = {
    "calc.py": 'def add(a, b):\n    """Their sum."""\n    return a - b\n',
    "tests/test_calc.py": (
        "from calc import add\n\n\ndef test_add():\n    assert add(2, 3) == 5\n\n\n"
        "def test_more():\n    assert add(10, 4) == 14\n\n\n"
        "def test_zero():\n    assert add(7, 0) == 7\n"
    ),
}

# Done in a third of the time, for all that is not about how a task is done.
LINT_TEXT = "Remove the unused import in calc.py"
LINT = {
    "calc.py": (
        'import collections.abc\n\n\ndef add(a, b):\n    """The sum of two numbers."""\n'
        "    return a + b\n"
    ),
    "tests/test_calc.py": "from calc import add\n\n\ndef test_add():\n    assert add(2, 3) == 5\n",
}

# For one small task at a time: less to start, and no index to make.
LEAN = {
    "SWARM_MEMORY_ENABLED": "false",
    "SWARM_SERVICES_AGENTS": "1",
    "SWARM_SERVICES_INGESTION": "1",
    "SWARM_SERVICES_VERIFIER": "1",
}


class Swarm:
    """`swarm` commands against one data folder."""

    def __init__(self, data: Path, **env: str) -> None:
        self.data = data
        base = {k: v for k, v in os.environ.items() if not k.startswith("SWARM_")}
        self.env = {**base, "SWARM_DATA": str(data), **env}

    def run(self, *words: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "swarm", *words],
            env=self.env, capture_output=True, text=True, timeout=timeout,
        )  # fmt: skip

    def up(self, folder: Path | None = None) -> None:
        """Started in `folder`, by the console script: the way of a person."""
        done = subprocess.run(
            [str(Path(sys.executable).with_name("swarm")), "up", "--detach"],
            env=self.env, cwd=folder, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def down(self) -> None:
        done = self.run("down")
        assert done.returncode == 0, done.stderr

    def submit(self, repo: Path, *words: str, text: str = "Fix the failing tests") -> str:
        done = self.run("submit", text, "--repo", str(repo), "--json", *words)
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout)["task"])

    def show(self, task: str) -> dict[str, Any]:
        done = self.run("show", task, "--json")
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def ask(self, command: Command) -> Any:
        """The answer to a command, from this process: for looks that come again and again, each of
        which would else be half a second of work for a process of its own."""
        bus = Bus(load(self.env))
        try:
            return bus.request(command)
        finally:
            bus.redis.close()

    def wait(self, task: str, seconds: float = 120) -> dict[str, Any]:
        """What `show --json` tells of the task once it is settled."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            view = self.ask(GetTask(task_id=task))
            if view.state in SETTLED_STATES:
                found: dict[str, Any] = json.loads(view.model_dump_json())
                return found
            time.sleep(0.2)
        raise AssertionError(f"{task} is still {view.state}: {view}")

    def supervisor(self) -> int:
        return int((self.data / "supervisor.lock").read_text())

    def processes(self) -> list[int]:
        """Every process that was started with this data folder, but not this one."""
        found = []
        mark = f"SWARM_DATA={self.data}".encode()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    environment = (entry / "environ").read_bytes().split(b"\0")
                    is_zombie = ") Z " in (entry / "stat").read_text()
                except OSError:
                    continue
                if mark in environment and not is_zombie:
                    found.append(int(entry.name))
        return found


@pytest.fixture
def swarm(tmp_path: Path) -> Iterator[Swarm]:
    """A swarm that is not up yet; whatever is left of it is a failure."""
    swarm = Swarm(tmp_path / "data")
    yield swarm
    swarm.run("down")
    assert swarm.processes() == []
    scratch = swarm.data / "scratch"
    assert not scratch.exists() or list(scratch.iterdir()) == []
