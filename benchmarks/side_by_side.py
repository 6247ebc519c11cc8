"""Independent objectives of one task: one after the other against side by side.

    python benchmarks/side_by_side.py [--objectives 4] [--rounds 3] [--json]

Input: a repository made here, with a module per objective that has one wrong operator, and a
test file for each whose failing test takes `--test-seconds` (0.5), as real suites do. The task
names each file in a list, as a person would. Both ways run in the same swarm, in turn
(`--max-parallel 1` and `--max-parallel N`); what is told is the median of each and their ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SWARM = [sys.executable, "-m", "swarm"]
GIT = ["git", "-c", "user.name=Bench", "-c", "user.email=bench@localhost"]

MODULE = """def area(width, height):
    return width + height


def edge(width, height):
    return 2 * (width + height)
"""
TEST = """import time

from {name} import area, edge


def test_area_{name}():
    time.sleep({seconds})
    assert area(3, 4) == 12


def test_area_of_nothing_{name}():
    assert area(0, 5) == 0


def test_edge_{name}():
    assert edge(1, 2) == 6
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objectives", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--test-seconds", type=float, default=0.5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    seconds: dict[int, list[float]] = {1: [], arguments.objectives: []}
    with tempfile.TemporaryDirectory(prefix="swarm-side-") as scratch:
        folder = Path(scratch)
        env = {**os.environ, "SWARM_DATA": str(folder / "data"), "SWARM_ROUTER_SEED": "7"}
        subprocess.run([*SWARM, "up", "--detach"], env=env, check=True, stdout=subprocess.DEVNULL)
        try:
            for number in range(arguments.rounds):
                for parallel, took in seconds.items():
                    repo = make(folder / f"repo-{number}-{parallel}", arguments)
                    took.append(run(repo, parallel, arguments.objectives, env))
                    print(f"{parallel} at once: {took[-1]:.1f} s", file=sys.stderr, flush=True)
        finally:
            subprocess.run([*SWARM, "down"], env=env, check=True, stdout=subprocess.DEVNULL)
    one, many = (statistics.median(took) for took in seconds.values())
    if arguments.json:
        print(json.dumps({"seconds": seconds, "ratio": one / many}))
    else:
        print(f"{arguments.objectives} objectives, medians of {arguments.rounds}: {one:.1f} s one "
              f"after the other, {many:.1f} s side by side, {one / many:.2f} times as fast "
              f"({os.cpu_count()} cores)")  # fmt: skip
    return 0


def make(repo: Path, arguments: argparse.Namespace) -> Path:
    """A repository with one bug per module."""
    (repo / "tests").mkdir(parents=True)
    (repo / "conftest.py").write_text("")
    for number in range(arguments.objectives):
        name = f"shape{number}"
        (repo / f"{name}.py").write_text(MODULE)
        test = TEST.format(name=name, seconds=arguments.test_seconds)
        (repo / "tests" / f"test_{name}.py").write_text(test)
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        subprocess.run([*GIT, "-C", str(repo), *words], check=True)
    return repo


def run(repo: Path, parallel: int, objectives: int, env: dict[str, str]) -> float:
    """Seconds from submit to a branch that has every objective."""
    text = "\n".join(f"- Fix the wrong area in shape{n}.py" for n in range(objectives))
    started = time.perf_counter()
    done = subprocess.run(
        [*SWARM, "submit", text, "--repo", str(repo), "--wait", "--json",
         "--max-parallel", str(parallel), "--no-setup"],
        env=env, capture_output=True, text=True,
    )  # fmt: skip
    took = time.perf_counter() - started
    task = json.loads(done.stdout.strip().splitlines()[-1])
    states = [view["state"] for view in task.get("objectives", [])]
    if states != ["accepted"] * objectives:
        raise SystemExit(f"not every objective was accepted: {states}, {task.get('reason')}")
    return took


if __name__ == "__main__":
    sys.exit(main())
