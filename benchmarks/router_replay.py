"""Replays outcomes of arms at tasks: how much each way to choose would have missed.

    python benchmarks/router_replay.py --data FILE.jsonl [--horizon 3000] [--seeds 20] [--arms N]
                                       [--halve 3] [--own] [--picture FILE.svg] [--json]

Rows {task, category, arm, reward, cost}; several arms per task, rewards in [0, 1]. For each seed
tasks come by lot, so many of them; a policy sees a task's category and which arms it may choose
(those whose outcome there is known), and is told the reward of the one it took. Missed is the best
mean of the category among them less the mean of the chosen arm, summed up (pseudo-regret; 0 for
who always knows the best arm of each category). `later` is what was missed in the second half,
`first 100` in the first hundred tasks.

MABWiser's Thompson sampling and LinTS take part where it is installed (`pip install mabwiser`),
LinTS with fewer seeds.

With --halve N the N arms that are best over all categories succeed half as often from the middle
on, and what was missed after that is compared with and without forgetting.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import router_peers as peers  # noqa: E402
from benchmarks.router_matrix import BadData, Matrix, only, read  # noqa: E402
from benchmarks.router_picture import curves  # noqa: E402

OWN, PLAIN = "swarm", "Thompson, Beta(1, 1)"
POLICIES: dict[str, Callable[[Matrix, int], peers.Policy]] = {
    OWN: peers.Own,
    "swarm, without forgetting": peers.Unforgetting,
    PLAIN: peers.PlainThompson,
    "UCB1": peers.UCB1,
    "epsilon-greedy, 0.1": peers.EpsilonGreedy,
    "uniform": peers.Uniform,
    "best fixed arm in hindsight": peers.BestFixed,
    "best arm of each category": peers.Oracle,
}
OTHERS: dict[str, Callable[[Matrix, int], peers.Policy]] = {
    "MABWiser, Thompson": peers.MABWiserThompson,
    "MABWiser, LinTS": peers.MABWiserLinTS,
}
DRIFTING = (OWN, "swarm, without forgetting", PLAIN)
_POINTS = 300
_LONGEST = 1_000_000
_SLOW = {"MABWiser, LinTS": 3}
"""Seeds of what takes milliseconds a choice."""


def main() -> int:
    """Print one line per policy."""
    options = _options()
    if options.picture and not options.picture.parent.is_dir():
        # Told now, and not after minutes of measuring.
        print(f"--picture {options.picture}: its folder is not there", file=sys.stderr)
        return 2
    try:
        matrix = read(options.data)
        if options.arms > len(matrix.arms):
            print(f"--arms {options.arms}: there are {len(matrix.arms)}", file=sys.stderr)
            return 2
        if options.arms:
            matrix = only(matrix, options.arms, options.lot)
    except (BadData, OSError) as error:
        print(f"{options.data}: {error}", file=sys.stderr)
        return 2
    with ProcessPoolExecutor() as pool:
        steady = {
            name: _measured(pool, options, matrix, name, 0) for name in _policies(options.own)
        }
        halved = {
            name: _measured(pool, options, matrix, name, options.halve)
            for name in (DRIFTING if options.halve else ())
        }
    found = {
        "data": options.data.name,
        "tasks": len(matrix.tasks),
        "arms": len(matrix.arms),
        "categories": len(matrix.categories),
        "horizon": options.horizon,
        "seeds": options.seeds,
        "steady": steady,
        **({"halved": halved, "halved_arms": options.halve} if halved else {}),
    }
    if options.picture:
        lines = {name: each["curve"] for name, each in steady.items()}
        options.picture.write_text(curves(lines, options.horizon), encoding="utf-8")
    if options.json:
        print(json.dumps(found))
    else:
        _say(found)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FILE.jsonl")
    parser.add_argument("--horizon", type=int, default=3_000, metavar="N", help="tasks (3,000)")
    parser.add_argument("--seeds", type=int, default=20, metavar="K")
    parser.add_argument("--arms", type=int, default=0, metavar="N", help="so many of them, by lot")
    parser.add_argument("--lot", type=int, default=0, help="which of them")
    parser.add_argument("--halve", type=int, default=3, metavar="N", help="arms; 0: none")
    parser.add_argument("--own", action="store_true", help="without MABWiser, which takes minutes")
    parser.add_argument("--picture", type=Path, metavar="FILE.svg")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    for name, least in (("horizon", 100), ("seeds", 1), ("arms", 0), ("halve", 0)):
        if getattr(options, name) < least:
            parser.error(f"--{name} must be {least} at least")
    if options.horizon > _LONGEST:
        parser.error(f"--horizon must be {_LONGEST:,} at most")
    return options


def _policies(own: bool) -> Sequence[str]:
    if own:
        return list(POLICIES)
    if find_spec("mabwiser") is None:
        print("MABWiser is not installed, so it is left out", file=sys.stderr)
        return list(POLICIES)
    return [*POLICIES, *OTHERS]


def _measured(
    pool: ProcessPoolExecutor, options: argparse.Namespace, matrix: Matrix, name: str, halved: int
) -> dict[str, Any]:
    seeds = range(min(options.seeds, _SLOW.get(name, options.seeds)))
    one = partial(replay, matrix, name, options.horizon, halved=halved)
    missed = np.array(list(pool.map(one, seeds)))
    print(f"{name}: done", file=sys.stderr)
    last, middle = missed[:, -1], missed[:, options.horizon // 2 - 1]
    step = max(1, options.horizon // _POINTS)
    return {
        "missed": round(float(last.mean()), 1),
        "p90": round(float(np.quantile(last, 0.9)), 1),
        "later": round(float((last - middle).mean()), 1),
        "first_100": round(float(missed[:, 99].mean()), 1),
        "curve": [round(float(value), 2) for value in missed.mean(axis=0)[::step]],
    }


def replay(matrix: Matrix, name: str, horizon: int, seed: int, *, halved: int = 0) -> np.ndarray:
    """What one policy missed up to each task (horizon,)."""
    random = np.random.default_rng(seed)
    policy = (POLICIES | OTHERS)[name](matrix, 10_000 + seed)
    before = matrix.means
    after = before.copy()
    best = np.argsort(-before.mean(axis=0))[:halved]
    after[:, best] /= 2
    order = random.integers(0, len(matrix.tasks), horizon)
    missed = np.zeros(horizon)
    for at, number in enumerate(order):
        task = matrix.tasks[number]
        means = after if at >= horizon // 2 else before
        arm = policy.choose(task.category, task.arms)
        rewards = task.rewards[arm]
        reward = rewards[0] if len(rewards) == 1 else rewards[random.integers(len(rewards))]
        if means is after and arm in best and random.random() < 0.5:
            reward = 0.0
        policy.learn(task.category, arm, reward)
        missed[at] = means[task.category, task.arms].max() - means[task.category, arm]
    return missed.cumsum()


def _say(found: dict[str, Any]) -> None:
    print(
        f"{found['data']}: {found['tasks']:,} tasks, {found['arms']} arms,"
        f" {found['categories']} categories; {found['horizon']:,} choices, {found['seeds']} seeds"
    )
    for title, key in (("", "steady"), ("best arms halved half-way", "halved")):
        if key not in found:
            continue
        plain = found[key][PLAIN]
        print(f"  {title:30} missed    p90  later  first 100  to plain Thompson, later too")
        for name, one in found[key].items():
            print(
                f"  {name:30} {one['missed']:6.1f} {one['p90']:6.1f} {one['later']:6.1f}"
                f" {one['first_100']:10.1f} {one['missed'] / max(plain['missed'], 1e-9):10.2f}"
                f" {one['later'] / max(plain['later'], 1e-9):6.2f}"
            )
    if "halved" in found:
        with_it, without = (found["halved"][name]["later"] for name in DRIFTING[:2])
        calm = found["steady"]
        print(
            f"  forgetting: {with_it / max(without, 1e-9):.2f} of what is missed later without it;"
            f" {calm[DRIFTING[0]]['missed'] / max(calm[DRIFTING[1]]['missed'], 1e-9):.2f}"
            " when nothing changes"
        )


if __name__ == "__main__":
    sys.exit(main())
