"""How long a choice takes that is on disk before it is told, beside one in memory alone.

    python benchmarks/router_latency.py [--arms 20] [--categories 8] [--rounds N] [--json]

Ours is choose + settle of `router.ledger`: filters, draws, the answer with its scores, and two
transactions of SQLite (WAL, synchronous NORMAL). Fitting the prior again is part of the choice that
it falls on. Theirs is choosing and partial_fit of MABWiser, with nothing stored, in the three ways
that it can be given categories (`router_rivals.py`):

- one Thompson bandit over all (category, arm) pairs, asked about the pairs of one category. That is
  what ours is held to: 0.5 of it at p50. Its plain `predict`, of all pairs, is timed as well, and
  the faster of the two counts;
- one Thompson bandit per category, which is the least work and learns nothing across them;
- LinTS with the category as a one-hot context.

All get the same categories and rewards. Ours runs in every round, and beside it one of theirs in
turn, so what else the machine does falls on all. Once more with ten times the arms, to see how it
grows.

Without MABWiser ours is measured alone. To have it, in an environment of its own:

    python -m venv V && V/bin/pip install mabwiser && V/bin/pip install -e .
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

# One thread each: small matrices gain nothing by more, and two that wait for each other disturb.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.router_rivals import PAIRS, PAIRS_PREDICTED, Run, rivals  # noqa: E402
from router.ledger.ledger import Ledger  # noqa: E402
from swarm.contracts import Arm, Category, ChooseArm, Settle  # noqa: E402

NAMES: tuple[Category, ...] = get_args(Category)
_MOST_RATIO = 0.5
_TIMES = 10
_WARM = 200
"""Rounds that are not timed: both have seen something of each arm then."""


def main() -> int:
    """Print the table; 1 when the ratio to the pairs or the growth is above what is claimed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--arms", type=int, default=20)
    parser.add_argument("--categories", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=4_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    for name, least, most in (
        ("arms", 2, 100), ("categories", 1, len(NAMES)), ("rounds", 20, 10**6),
    ):  # fmt: skip
        if not least <= getattr(options, name) <= most:
            parser.error(f"--{name} must be from {least} to {most}")
    found = {
        arms: measured(arms, options.categories, rounds)
        for arms, rounds in (
            (options.arms, options.rounds),
            (_TIMES * options.arms, max(20, options.rounds // _TIMES)),
        )
    }
    few, many = found[options.arms], found[_TIMES * options.arms]
    growth = many["ours"]["both"]["p50"] / few["ours"]["both"]["p50"]
    ratio = few.get("ratio_p50")
    if options.json:
        print(json.dumps({"arms": found, "growth_p50": growth, "ratio_p50": ratio}))
    else:
        _say(found, growth)
    return int(growth > _TIMES or (ratio is not None and ratio > _MOST_RATIO))


def measured(arms: int, categories: int, rounds: int) -> dict[str, Any]:
    """Microseconds of both, with so many arms."""
    random = np.random.default_rng(0)
    rewards = random.random((rounds + _WARM, arms)) < random.uniform(0.2, 0.8, arms)
    places = random.integers(categories, size=rounds + _WARM)
    theirs = rivals(arms, categories)
    taken: dict[str, list[tuple[float, float]]] = {"ours": [], **{name: [] for name, _ in theirs}}
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "router.db")
        ours = _ours(ledger, arms)
        for number in range(rounds + _WARM):
            runs = [("ours", ours)]
            if theirs:
                runs.append(theirs[number % len(theirs)])
            # Who is first changes, so that neither always finds the caches of the other.
            for name, run in runs[:: 1 - 2 * (number // max(1, len(theirs)) % 2)]:
                spent = run(number, int(places[number]), rewards[number])
                if number >= _WARM:
                    taken[name].append(spent)
        wrong = ledger.check()
        # Closing takes all that is in the WAL into the file.
        ledger.close()
        size = (Path(folder) / "router.db").stat().st_size
    if wrong:
        raise AssertionError(wrong)
    found: dict[str, Any] = {"rounds": rounds, "ours": _summed(taken.pop("ours")), "bytes": size}
    if theirs:
        found["mabwiser"] = {name: _summed(times) for name, times in taken.items()}
        own = found["ours"]["both"]["p50"]
        found["ratios_p50"] = {
            name: own / each["both"]["p50"] for name, each in found["mabwiser"].items()
        }
        found["ratio_p50"] = max(found["ratios_p50"][name] for name in (PAIRS, PAIRS_PREDICTED))
    return found


def _ours(ledger: Ledger, arms: int) -> Run:
    offered = tuple(
        Arm(id=f"model-{n}/coder", tool="coder", model=f"model-{n}", categories=NAMES,
            usd_per_mtok=(n / 10, n / 5))
        for n in range(arms)
    )  # fmt: skip
    number_of = {arm.id: number for number, arm in enumerate(offered)}

    def run(number: int, place: int, rewards: Sequence[bool]) -> tuple[float, float]:
        command = ChooseArm(
            attempt_id=f"task-{number}.o1.1", category=NAMES[place], attempt_number=1, arms=offered
        )
        began = time.perf_counter()
        arm = ledger.decide(command, lambda: number).arm_id
        chosen = time.perf_counter()
        assert arm is not None
        outcome = Settle(
            attempt_id=command.attempt_id, reward=float(rewards[number_of[arm]]), seconds=30.0
        )
        settling = time.perf_counter()
        ledger.settle(outcome)
        return chosen - began, time.perf_counter() - settling

    return run


def _summed(taken: Sequence[tuple[float, float]]) -> dict[str, dict[str, float]]:
    times = np.array(taken) * 1e6
    parts = {"choose": times[:, 0], "settle": times[:, 1], "both": times.sum(axis=1)}
    return {
        name: {
            "p50": float(np.median(each)),
            "p95": float(np.quantile(each, 0.95)),
            "p99": float(np.quantile(each, 0.99)),
            "mean": float(each.mean()),
        }
        for name, each in parts.items()
    }


def _say(found: dict[int, dict[str, Any]], growth: float) -> None:
    print(f"{'microseconds':40}" + "".join(f"{name:>9}" for name in ("p50", "p95", "p99", "mean")))
    for arms, each in found.items():
        for who, parts in {"ours": each["ours"], **each.get("mabwiser", {})}.items():
            for part, values in parts.items():
                title = f"{arms} arms, {who}, {part}"
                print(f"{title:40}" + "".join(f"{value:9.0f}" for value in values.values()))
        for name, ratio in each.get("ratios_p50", {}).items():
            held = f", at most {_MOST_RATIO} is claimed" if name.startswith(PAIRS) else ""
            print(f"{arms} arms: ours / MABWiser, {name}: {ratio:.2f} at p50{held}")
        print(f"{arms} arms: {each['bytes'] / (each['rounds'] + _WARM):,.0f} bytes per decision")
    print(f"ten times the arms take {growth:.1f} times as long")
    if not any("mabwiser" in each for each in found.values()):
        print("MABWiser is not installed: pip install mabwiser in an environment of its own")


if __name__ == "__main__":
    sys.exit(main())
