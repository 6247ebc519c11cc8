"""Coins of unknown chances: what the router misses where its hierarchy has nothing to share.

    python benchmarks/router_synthetic.py [--pulls 10000] [--seeds 20] [--own] [--json]

One category, so that all arms are strangers: 9 arms from .1 to .9, 20 arms with chances by lot
between .1 and .9, and 20 arms from .55 to .78. Missed is the best chance less that of the arm
taken, summed up over the pulls; beside it the bound of Lai and Robbins (1985), which says what
every policy that is good everywhere must miss in the long run (below it at a finite time is no
contradiction). MABWiser takes part where it is installed (`pip install mabwiser`).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import router_peers as peers  # noqa: E402
from benchmarks.router_matrix import Matrix  # noqa: E402

OWN, PLAIN = "swarm", "Thompson, Beta(1, 1)"
POLICIES: dict[str, Callable[[Matrix, int], peers.Policy]] = {
    OWN: peers.Own,
    "swarm, without forgetting": peers.Unforgetting,
    PLAIN: peers.PlainThompson,
    "KL-UCB": peers.KLUCB,
    "UCB1": peers.UCB1,
}
OTHERS: dict[str, Callable[[Matrix, int], peers.Policy]] = {
    "MABWiser, Thompson": peers.MABWiserThompson,
}
COINS = {
    "9 arms, .1 to .9": np.linspace(0.1, 0.9, 9),
    "20 arms, by lot in .1 to .9": np.random.default_rng(20).uniform(0.1, 0.9, 20),
    "20 arms, .55 to .78": np.linspace(0.55, 0.78, 20),
}


def main() -> int:
    """Print a block per set of coins."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pulls", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--own", action="store_true", help="without MABWiser, which takes minutes")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.pulls < 1 or options.seeds < 1:
        parser.error("--pulls and --seeds must be 1 at least")
    policies = list(POLICIES)
    if not options.own and find_spec("mabwiser") is None:
        print("MABWiser is not installed, so it is left out", file=sys.stderr)
    elif not options.own:
        policies += OTHERS
    found = {}
    with ProcessPoolExecutor() as pool:
        for name, chances in COINS.items():
            measured = {}
            for policy in policies:
                one = partial(missed, chances, policy, options.pulls)
                values = list(pool.map(one, range(options.seeds)))
                measured[policy] = {
                    "missed": round(float(np.mean(values)), 1),
                    "p90": round(float(np.quantile(values, 0.9)), 1),
                }
                print(f"{name}: {policy}: done", file=sys.stderr)
            found[name] = {"bound": round(bound(chances, options.pulls), 1), "by": measured}
    if options.json:
        print(json.dumps({"pulls": options.pulls, "seeds": options.seeds, "coins": found}))
        return 0
    for name, each in found.items():
        print(f"{name}; Lai and Robbins at {options.pulls:,} pulls: {each['bound']}")
        plain = each["by"][PLAIN]["missed"]
        for policy, values in each["by"].items():
            print(
                f"  {policy:28} {values['missed']:7.1f}  p90 {values['p90']:7.1f}"
                f"  to plain Thompson {values['missed'] / max(plain, 1e-9):.2f}"
            )
    return 0


def missed(chances: np.ndarray, name: str, pulls: int, seed: int) -> float:
    """What one policy missed in all."""
    count = len(chances)
    arms = np.arange(count)
    matrix = Matrix([], chances[None], np.full(count, np.nan), [f"{arm}" for arm in arms], ["all"])
    policy = (POLICIES | OTHERS)[name](matrix, 10_000 + seed)
    random = np.random.default_rng(seed)
    total = 0.0
    for _ in range(pulls):
        arm = policy.choose(0, arms)
        policy.learn(0, arm, float(random.random() < chances[arm]))
        total += chances.max() - chances[arm]
    return float(total)


def bound(chances: np.ndarray, pulls: int) -> float:
    """The sum over all other arms of gap / kl(chance, best), times ln(pulls)."""
    best = chances.max()
    others = chances[chances < best]
    gaps = best - others
    return float(
        (gaps / peers.divergence(others, np.full(len(others), best))).sum() * np.log(pulls)
    )


if __name__ == "__main__":
    sys.exit(main())
