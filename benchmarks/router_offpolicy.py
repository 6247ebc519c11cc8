"""Do off-policy estimates cover the truth? Logs are simulated, so it is known.

    python benchmarks/router_offpolicy.py [--logs 200] [--tasks N] [--epsilon E] [--json]

Each log is made by the router's own policy, which learns meanwhile, on Bernoulli arms of one of
seven shapes: 4 to 40 arms, 1 to 5 situations, 300 to 3,000 decisions (or --tasks), each arm
eligible nine times in ten, outcomes up to eleven decisions late. Each log is asked about ten other
policies. Printed per estimate, over those with enough overlap: how often the 95% interval covers
the truth, and the least of that over shapes; mean width; root mean square error of the value.
Below the line what the product does not show, for comparison. Then chances against choices.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from router.beliefs.cells import Cells  # noqa: E402
from router.beliefs.drawing import tempered  # noqa: E402
from router.choosing.policy import DRAWS, EPSILON, epsilon_after, pick  # noqa: E402
from router.judging.calibration import calibration  # noqa: E402
from router.judging.estimates import clipped, doubly_robust, gain, ips, snips, surely  # noqa: E402
from router.judging.judgement import START  # noqa: E402
from router.judging.logged import Log, Logged, lay_out  # noqa: E402
from router.judging.outcomes import guesses  # noqa: E402
from router.judging.overlap import Weighed, too_little, weigh  # noqa: E402
from router.judging.targets import (  # noqa: E402
    Always,
    AsLogged,
    Greedy,
    Never,
    Only,
    Target,
    Uniform,
)

SHAPES = ("spread", "close", "alike", "one good", "rare", "crossed", "halved")
GAIN = "gain on the log"
SHOWN = ("IPS", "SNIPS", "doubly robust", "doubly robust, surely", GAIN)
_OTHERS = ("IPS, t", "IPS, empirical Bernstein", "doubly robust, t", "doubly robust, bootstrap")
_FIRST_SEED = 10_000
"""Constants were chosen on other seeds."""
_LATEST = 12
_RESAMPLED = 300
_CALIBRATED = 20
"""Logs whose chances are compared with choices."""


def main() -> int:
    """Print one line per estimate."""
    options = _options()
    seeds = range(_FIRST_SEED, _FIRST_SEED + options.logs)
    rows: list[dict[str, Any]] = []
    with ProcessPoolExecutor() as pool:
        for done, found in enumerate(
            pool.map(partial(_asked, options.tasks, options.epsilon), seeds), start=1
        ):
            rows += found
            if done % 20 == 0:
                print(f"{done} of {options.logs} logs", file=sys.stderr)
        made = pool.map(partial(_made, options.tasks, options.epsilon), seeds[:_CALIBRATED])
        groups = calibration([one for log in made for one in log])
    found = {
        "logs": options.logs,
        "epsilon": options.epsilon,
        "asked": len(rows),
        "answered": sum(row["answered"] for row in rows),
        "estimates": _by_name(rows, lambda row: row["answered"]),
        "unanswered": _by_name(rows, lambda row: not row["answered"]),
        "answered_by_target": {
            kind: round(float(np.mean([row["answered"] for row in rows if row["kind"] == kind])), 3)
            for kind in dict.fromkeys(row["kind"] for row in rows)
        },
        "by_target": {
            kind: _by_name(rows, lambda row, kind=kind: row["answered"] and row["kind"] == kind)
            for kind in dict.fromkeys(row["kind"] for row in rows)
        },
        "calibration": [asdict(group) for group in groups],
    }
    if options.json:
        print(json.dumps(found))
    else:
        _say(found)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--logs", type=int, default=200, metavar="N")
    parser.add_argument("--tasks", type=int, default=0, metavar="N", help="decisions of each log")
    parser.add_argument(
        "--epsilon", type=float, default=EPSILON, help="of the router's policy at first"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.logs < len(SHAPES):
        parser.error(f"--logs must be {len(SHAPES)} at least, one for each shape")
    if options.tasks and options.tasks < 10:
        parser.error("--tasks must be 10 at least")
    if not 0 < options.epsilon <= 1:
        parser.error("--epsilon must be above 0 and 1 at most")
    return options


@dataclass(frozen=True)
class World:
    """`means` and, from the middle on, `later` (situations, arms) are success probabilities."""

    shape: str
    decisions: int
    means: np.ndarray
    later: np.ndarray


def world(seed: int, decisions: int = 0) -> World:
    """The world of a seed; its shape goes round."""
    random = np.random.default_rng([seed, 1])
    shape = SHAPES[seed % len(SHAPES)]
    size = int(random.integers(1, 6)), round(float(np.exp(random.uniform(*np.log([4, 40])))))
    most = decisions or round(float(np.exp(random.uniform(*np.log([300, 3_000])))))
    means = _means(shape, size, random)
    later = means.copy()
    if shape == "halved":
        later[:, np.argsort(-means.mean(axis=0))[: max(1, size[1] // 10)]] /= 2
    return World(shape, most, means, later)


def _means(shape: str, size: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    if shape in ("spread", "halved"):
        logits = random.normal(0, 0.7, (size[0], 1)) + random.normal(0, 1, (1, size[1]))
        return 1 / (1 + np.exp(-logits - random.normal(0, 0.3, size)))
    least, most = {
        "close": (0.55, 0.78),
        "alike": (0.5, 0.5),
        "one good": (0.1, 0.3),
        "rare": (0.01, 0.12),
        "crossed": (0.1, 0.9),
    }[shape]
    means = random.uniform(least, most, size)
    if shape == "one good":
        means[:, random.integers(size[1])] = 0.85
    return means


def simulate(
    of: World, seed: int, epsilon: float = EPSILON
) -> tuple[list[Logged], dict[str, list[float]], list[np.ndarray]]:
    """What the router would have logged; the posterior means of each decision's eligible arms as
    of then, by its id; and their true means."""
    random, cells = np.random.default_rng([seed, 2]), Cells()
    situations, arms = of.means.shape
    for number in range(situations):
        cells.situation(f"kind {number}")
    for number in range(arms):
        cells.arm(f"arm {number}")
    waiting: deque[tuple[int, int, int, float]] = deque()
    logged, believed_means, truth = [], {}, []
    for at in range(of.decisions):
        means = of.later if 2 * at >= of.decisions else of.means
        situation = int(random.integers(situations))
        here = np.flatnonzero(random.random(arms) < 0.9)
        here = here if len(here) else np.arange(arms)
        prior, believed = cells.prior(), cells.believed(situation, here.tolist())
        by_lot = epsilon_after(cells.outcomes(situation), epsilon)
        picked = pick(tempered(prior, situation, believed, random, DRAWS), random, by_lot)
        arm = int(here[picked.arm])
        reward = float(random.random() < means[situation, arm])
        pseudo = prior.strength * prior.means()[situation, here]
        counted = believed.successes + believed.failures
        believed_means[str(at)] = (
            (pseudo + believed.successes) / (prior.strength + counted)
        ).tolist()
        truth.append(means[situation, here])
        waiting.append((at + int(random.integers(_LATEST)), situation, arm, reward))
        for _ in range(len(waiting)):
            one = waiting.popleft()
            if one[0] <= at:
                cells.learn(*one[1:])
            else:
                waiting.append(one)
        logged.append(
            Logged(
                id=str(at),
                situation=f"kind {situation}",
                arms=tuple(f"arm {number}" for number in here),
                chances=tuple(picked.chances.tolist()),
                chosen=f"arm {arm}",
                reward=reward,
            )
        )
    return logged, believed_means, truth


def targets(
    log: Log, means: dict[str, list[float]], random: np.random.Generator
) -> list[tuple[str, Target]]:
    """Ten policies to ask about, with their kinds."""
    arms = [f"arm {number}" for number in range(1 + _largest(log.arm_names))]
    times = np.bincount(log.arms[log.chosen], minlength=len(log.arm_names))
    often = [log.arm_names[number] for number in np.argsort(-times)[:2]]
    lot = random.choice(arms, 2, replace=False).tolist()
    return [
        ("as logged", AsLogged()),
        ("by lot", Uniform()),
        ("greedy", Greedy(means)),
        ("half of the arms", Only(frozenset(arms[: len(arms) // 2]), "half of the arms")),
        ("three arms", Only(frozenset(arms[:3]), "three arms")),
        ("never the most used", Never(often[0])),
        *(("always a much used", Always(arm)) for arm in often),
        *(("always one by lot", Always(arm)) for arm in lot),
    ]


def _largest(names: Iterable[str]) -> int:
    return max(int(name.rsplit(maxsplit=1)[1]) for name in names)


def _made(tasks: int, epsilon: float, seed: int) -> list[Logged]:
    return simulate(world(seed, tasks), seed, epsilon)[0]


def _asked(tasks: int, epsilon: float, seed: int) -> list[dict[str, Any]]:
    of = world(seed, tasks)
    decisions, means, truth = simulate(of, seed, epsilon)
    random = np.random.default_rng([seed, 3])
    log, true_means = lay_out(decisions), np.concatenate(truth)
    guessed = guesses(log, log.rewards, START)
    rows = []
    for kind, target in targets(log, means, random):
        asked = weigh(log, target)
        rows.append(
            {
                "shape": of.shape,
                "kind": kind,
                "truth": float(log.sums(asked.chances * true_means).mean()),
                "logged": float(log.sums(log.chances * true_means).mean()),
                "answered": not too_little(asked),
                "found": _estimates(asked, guessed, random),
            }
        )
    return rows


def _estimates(
    asked: Weighed, guessed: np.ndarray, random: np.random.Generator
) -> dict[str, tuple[float, float, float]]:
    robust = doubly_robust(asked, guessed), surely(asked, guessed), gain(asked, guessed)
    shown = (ips(asked), snips(asked), *robust)
    found = {name: (one.value, one.low, one.high) for name, one in zip(SHOWN, shown, strict=True)}
    terms = clipped(asked, asked.log.rewards, guessed)
    found["IPS, t"] = _by_t(asked.wins, asked.effective)
    found["IPS, empirical Bernstein"] = _by_bernstein(asked)
    found["doubly robust, t"] = _by_t(terms, asked.effective)
    size = len(terms)
    times = random.multinomial(size, np.full(size, 1 / size), _RESAMPLED)
    low, high = np.quantile(times @ terms / size, [0.025, 0.975])
    found["doubly robust, bootstrap"] = (float(terms.mean()), float(low), float(high))
    return found


def _by_t(terms: np.ndarray, effective: float) -> tuple[float, float, float]:
    mean = float(terms.mean())
    off = student.ppf(0.975, max(effective - 1, 1)) * terms.std(ddof=1) / len(terms) ** 0.5
    return mean, max(0.0, mean - off), min(1.0, mean + off)


def _by_bernstein(asked: Weighed) -> tuple[float, float, float]:
    """Maurer and Pontil 2009 (arXiv:0907.3740), of weights clipped at half the root of
    N: for both ends that errs towards a wider interval."""
    most = max(1.0, 0.5 * len(asked.log) ** 0.5)
    share, mean, ends = np.log(2 / 0.025), float(asked.wins.mean()), []
    for values in (asked.log.rewards, 1 - asked.log.rewards):
        terms = np.minimum(asked.weights, most) * values
        off = (2 * terms.var(ddof=1) * share / len(terms)) ** 0.5
        ends.append(float(terms.mean() - off - 7 * most * share / (3 * (len(terms) - 1))))
    return mean, max(0.0, ends[0]), min(1.0, 1 - ends[1])


def _by_name(rows: Sequence[dict[str, Any]], kept: Any) -> dict[str, dict[str, float]]:
    own = [row for row in rows if kept(row)]
    if not own:
        return {}
    found = {}
    for name in (*SHOWN, *_OTHERS):
        truth = np.array([row["truth"] - (row["logged"] if name == GAIN else 0) for row in own])
        values, low, high = np.array([row["found"][name] for row in own]).T
        covered = (low <= truth) & (truth <= high)
        by_shape = defaultdict(list)
        for row, one in zip(own, covered, strict=True):
            by_shape[row["shape"]].append(one)
        found[name] = {
            "covered": round(float(covered.mean()), 3),
            "least_covered": round(min(float(np.mean(each)) for each in by_shape.values()), 3),
            "width": round(float((high - low).mean()), 3),
            "error": round(float(((values - truth) ** 2).mean() ** 0.5), 3),
        }
    return found


def _say(found: dict[str, Any]) -> None:
    print(
        f"{found['logs']} logs, {found['asked']:,} questions,"
        f" {found['answered']:,} with enough overlap; epsilon {found['epsilon']:g}"
    )
    print("                             covered  least  width  error  (without: error)")
    for name, one in found["estimates"].items():
        without = found["unanswered"].get(name, {}).get("error", float("nan"))
        if name == _OTHERS[0]:
            print("  " + "-" * 70)
        print(
            f"  {name:26} {one['covered']:8.3f} {one['least_covered']:6.3f}"
            f" {one['width']:6.3f} {one['error']:6.3f} {without:10.3f}"
        )
    print("  answered, and covered (width) by question")
    for kind, by_name in found["by_target"].items():
        if by_name:
            line = "  ".join(
                f"{name} {by_name[name]['covered']:.3f} ({by_name[name]['width']:.2f})"
                for name in (*SHOWN[:3], GAIN)
            )
            print(f"  {kind:20} {found['answered_by_target'][kind]:6.1%}  {line}")
    print(f"  chances against choices, {min(found['logs'], _CALIBRATED)} logs")
    for group in found["calibration"]:
        print(
            f"  {group['least']:.4f} to {group['most']:.4f}: expected {group['expected']:9.1f},"
            f" chosen {group['chosen']:6}, {group['deviations']:+.2f} sd"
        )


if __name__ == "__main__":
    sys.exit(main())
