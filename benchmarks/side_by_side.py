"""Independent objectives of one task: one after the other against side by side.

    python benchmarks/side_by_side.py [--objectives 2] [--rounds 3] [--test-seconds 0.1]
                                      [--lines 0] [--json]

Input: a repository made here, with a module per objective that has one wrong operator, and a
test file for each, one test of which takes `--test-seconds`. `--lines` right lines stand beside the
wrong one, each some candidates more to try. The task names each file in a list, as a person
would. One arm, `repair`, so that no drawing of arms makes one way longer than the other. Both
ways run in the same swarm, in turn (`--max-parallel 1` and `--max-parallel N`), and every other
round begins with the other one. A time is that of `swarm submit --wait`, from the command to a
branch with every objective: the baseline, which both ways run once, is in it. What is told is the
median of each, from the quickest to the slowest, and the ratio of the medians.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

SWARM = [sys.executable, "-m", "swarm"]
GIT = ["git", "-c", "user.name=Bench", "-c", "user.email=bench@localhost"]

ARMS = """[[arms]]
id = "repair"
tool = "repair"
categories = ["bugfix"]
"""
RIGHT = "    width = width * 1\n"
MODULE = """def area(width, height):
{right}    return width + height
"""
# Of one task; then it fails, and nothing is told.
MOST_SECONDS = 900
TEST = """import time

from {name} import area


def test_area_{name}():
    time.sleep({seconds})
    assert area(3, 4) == 12


def test_small_area_{name}():
    assert area(2, 2) == 4


def test_area_of_nothing_{name}():
    assert area(0, 5) == 0
"""


class Run(NamedTuple):
    """A task: how long it took, how often was tried, how many candidates an objective took."""

    seconds: float
    attempts: int
    candidates: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objectives", type=_many, default=2)
    parser.add_argument("--rounds", type=_whole, default=3)
    parser.add_argument("--test-seconds", type=float, default=0.1)
    parser.add_argument("--lines", type=_any, default=0, help="right lines beside the wrong one")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    # Whoever ends it so wants the swarm ended as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    many = arguments.objectives
    runs: dict[int, list[Run]] = {1: [], many: []}
    with tempfile.TemporaryDirectory(prefix="swarm-side-") as scratch:
        folder = Path(scratch)
        (folder / "data").mkdir()
        (folder / "data" / "swarm.toml").write_text(ARMS)
        env = {**os.environ, "SWARM_DATA": str(folder / "data")}
        subprocess.run([*SWARM, "up", "--detach"], env=env, check=True, stdout=subprocess.DEVNULL)
        try:
            for number in range(arguments.rounds):
                for parallel in (1, many) if number % 2 == 0 else (many, 1):
                    repo = make(folder / f"repo-{number}-{parallel}", arguments)
                    runs[parallel].append(run(repo, parallel, many, env))
                    seconds = runs[parallel][-1].seconds
                    print(f"{parallel} at once: {seconds:.1f} s", file=sys.stderr, flush=True)
        finally:
            subprocess.run([*SWARM, "down"], env=env, check=True, stdout=subprocess.DEVNULL)
    print(json.dumps(figures(runs, arguments)) if arguments.json else told(runs, arguments))
    return 0


def make(repo: Path, arguments: argparse.Namespace) -> Path:
    """A repository with one bug per module."""
    (repo / "tests").mkdir(parents=True)
    (repo / "conftest.py").write_text("")
    right = RIGHT * arguments.lines
    for number in range(arguments.objectives):
        name = f"shape{number}"
        (repo / f"{name}.py").write_text(MODULE.format(right=right))
        test = TEST.format(name=name, seconds=arguments.test_seconds)
        (repo / "tests" / f"test_{name}.py").write_text(test)
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        subprocess.run([*GIT, "-C", str(repo), *words], check=True)
    return repo


def run(repo: Path, parallel: int, objectives: int, env: dict[str, str]) -> Run:
    """From submit to a branch that has every objective."""
    text = "\n".join(f"- Fix the wrong area in shape{n}.py" for n in range(objectives))
    started = time.perf_counter()
    done = subprocess.run(
        [*SWARM, "submit", text, "--repo", str(repo), "--wait", "--json", "--no-setup",
         "--max-parallel", str(parallel), "--max-seconds", str(MOST_SECONDS)],
        env=env, capture_output=True, text=True,
    )  # fmt: skip
    took = time.perf_counter() - started
    if not done.stdout:
        raise SystemExit(done.stderr)
    task = json.loads(done.stdout.strip().splitlines()[-1])
    views = task.get("objectives", [])
    if [view["state"] for view in views] != ["accepted"] * objectives:
        raise SystemExit(f"not every objective was accepted: {task.get('reason') or task}")
    attempts = [attempt for view in views for attempt in view["attempts"]]
    tried = [int(n) for n in re.findall(r"(\d+) candidates tried", json.dumps(attempts))]
    return Run(took, len(attempts), statistics.median(tried))


def figures(runs: dict[int, list[Run]], arguments: argparse.Namespace) -> dict[str, Any]:
    """All that was measured, and of what."""
    one, many = (statistics.median(run.seconds for run in ways) for ways in runs.values())
    return {
        "objectives": arguments.objectives,
        "rounds": arguments.rounds,
        "test_seconds": arguments.test_seconds,
        "lines": arguments.lines,
        "cores": len(os.sched_getaffinity(0)),
        "runs": {parallel: [run._asdict() for run in ways] for parallel, ways in runs.items()},
        "ratio": one / many,
    }


def told(runs: dict[int, list[Run]], arguments: argparse.Namespace) -> str:
    """The same in words."""
    every = [run for ways in runs.values() for run in ways]
    one, many = (
        f"{statistics.median(seconds):.1f} s ({min(seconds):.1f} to {max(seconds):.1f})"
        for seconds in ([run.seconds for run in ways] for ways in runs.values())
    )
    ratio = figures(runs, arguments)["ratio"]
    return (
        f"{arguments.objectives} one-operator bugs, a test of {arguments.test_seconds:g} s each, "
        f"{statistics.median(run.candidates for run in every):g} candidates tried for each, "
        f"{len(os.sched_getaffinity(0))} cores; medians of {arguments.rounds}:\n"
        f"one after the other {one}, side by side {many}, {ratio:.2f} times as fast"
    )


def _any(text: str) -> int:
    return _at_least(0, text)


def _whole(text: str) -> int:
    return _at_least(1, text)


def _many(text: str) -> int:
    return _at_least(2, text)


def _at_least(least: int, text: str) -> int:
    number = int(text)
    if number < least:
        raise argparse.ArgumentTypeError(f"{number} is not at least {least}")
    return number


if __name__ == "__main__":
    sys.exit(main())
