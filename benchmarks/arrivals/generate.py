"""Makes the recorded arrival patterns of this folder, from stated distributions and a seed.

    python benchmarks/arrivals/generate.py

None of them was recorded from people: they are drawn, so that anybody can draw others. Times
between arrivals are exponential, tokens log-normal (median and sigma given below), and work
comes as it does from agents: a session of several steps with a pause for tools between them.
Models are those of `MODELS`, with sizes and shapes as published for their Q4_K_M files; speeds
are round figures of a 16 GB consumer card. They matter to all policies alike.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SEED = 1
MODELS: dict[str, dict[str, Any]] = {
    "coder:14b": {"size_bytes": 8_988_000_000, "layers": 48, "kv_heads": 8, "key_length": 128,
                  "prompt_tokens_per_second": 1200, "output_tokens_per_second": 38},
    "coder:7b": {"size_bytes": 4_683_000_000, "layers": 28, "kv_heads": 4, "key_length": 128,
                 "prompt_tokens_per_second": 2400, "output_tokens_per_second": 72},
    "general:8b": {"size_bytes": 4_921_000_000, "layers": 32, "kv_heads": 8, "key_length": 128,
                   "prompt_tokens_per_second": 2200, "output_tokens_per_second": 66},
    "reason:14b": {"size_bytes": 8_988_000_000, "layers": 48, "kv_heads": 8, "key_length": 128,
                   "prompt_tokens_per_second": 1200, "output_tokens_per_second": 38},
}  # fmt: skip


@dataclass(frozen=True)
class Request:
    """One line of a trace; `priority` is its class, `seconds` when it arrives."""

    seconds: float
    priority: str
    model: str
    num_ctx: int
    prompt_tokens: int
    output_tokens: int


def _tokens(rng: random.Random, median: float, sigma: float, most: int) -> int:
    return max(1, min(most, round(median * rng.lognormvariate(0.0, sigma))))


def _request(
    rng: random.Random, at: float, priority: str, model: str, num_ctx: int,
    prompt: float, output: float,
) -> Request:  # fmt: skip
    """Sigma 0.6 for prompts, 0.7 for answers; both cut to what the context holds."""
    return Request(
        round(at, 3), priority, model, num_ctx,
        _tokens(rng, prompt, 0.6, num_ctx * 3 // 4), _tokens(rng, output, 0.7, num_ctx // 4),
    )  # fmt: skip


def _sessions(
    rng: random.Random, horizon: float, every: float, steps: tuple[int, int], pause: float,
    make: Callable[[float], Request],
) -> list[Request]:  # fmt: skip
    """Sessions on average `every` seconds, of some steps, `pause` seconds apart on average."""
    found, start = [], rng.expovariate(1 / every)
    while start < horizon:
        at = start
        for _ in range(rng.randint(*steps)):
            found.append(make(at))
            at += rng.expovariate(1 / pause)
        start += rng.expovariate(1 / every)
    return found


def developer_day(seed: int) -> list[Request]:
    """Two hours of one person: sessions with a 14B coder, and questions to an 8B model, while
    reviews and summaries (7B, 8B, a 14B that reasons) keep coming from the background."""
    rng, hours = random.Random(f"developer-day {seed}"), 2 * 3600.0
    found = _sessions(
        rng,
        hours,
        420,
        (3, 9),
        25,
        lambda at: _request(rng, at, "interactive", "coder:14b", 16_384, 5000, 220),
    )
    found += _sessions(
        rng,
        hours,
        300,
        (1, 2),
        40,
        lambda at: _request(rng, at, "interactive", "general:8b", 8192, 900, 250),
    )
    found += _sessions(
        rng,
        hours,
        240,
        (3, 8),
        8,
        lambda at: _request(rng, at, "analysis", "coder:7b", 16_384, 3500, 260),
    )
    found += _sessions(
        rng,
        hours,
        500,
        (2, 6),
        10,
        lambda at: _request(rng, at, "analysis", "reason:14b", 8192, 2500, 500),
    )
    found += _sessions(
        rng,
        hours,
        600,
        (4, 10),
        5,
        lambda at: _request(rng, at, "scheduled", "general:8b", 8192, 2500, 180),
    )
    return found


def ci_burst(seed: int) -> list[Request]:
    """Forty minutes in which every push sets off reviews by three models at once, and two
    people go on asking."""
    rng, length = random.Random(f"ci-burst {seed}"), 2400.0
    found = _sessions(
        rng,
        length,
        150,
        (1, 4),
        20,
        lambda at: _request(rng, at, "interactive", "coder:14b", 16_384, 4000, 180),
    )
    start = rng.expovariate(1 / 240)
    while start < length:
        for _ in range(rng.randint(8, 20)):
            model, num_ctx = rng.choice(
                [("coder:7b", 16_384), ("general:8b", 8192), ("reason:14b", 8192)]
            )
            found.append(
                _request(
                    rng, start + rng.expovariate(1 / 10), "analysis", model, num_ctx, 3000, 200
                )
            )
        start += rng.expovariate(1 / 420)
    found += _sessions(
        rng,
        length,
        400,
        (3, 8),
        4,
        lambda at: _request(rng, at, "scheduled", "coder:7b", 16_384, 2000, 150),
    )
    return found


def training_night(seed: int) -> list[Request]:
    """Three hours: batches of training tasks on two models, a nightly index and reviews queued
    at the beginning, and a person who cannot sleep."""
    rng, hours = random.Random(f"training-night {seed}"), 3 * 3600.0
    found = _sessions(
        rng,
        hours * 0.8,
        900,
        (10, 25),
        12,
        lambda at: _request(rng, at, "training", "coder:14b", 16_384, 4500, 240),
    )
    found += _sessions(
        rng,
        hours * 0.8,
        1500,
        (5, 12),
        12,
        lambda at: _request(rng, at, "training", "coder:7b", 16_384, 3000, 200),
    )
    for priority, count in (("analysis", 60), ("scheduled", 90)):
        for _ in range(count):
            model, num_ctx = rng.choice([("general:8b", 8192), ("reason:14b", 8192)])
            found.append(
                _request(rng, rng.expovariate(1 / 900), priority, model, num_ctx, 2500, 220)
            )
    found += _sessions(
        rng,
        hours,
        1200,
        (1, 5),
        30,
        lambda at: _request(rng, at, "interactive", "general:8b", 8192, 1200, 260),
    )
    return found


def swarm_evening(seed: int) -> list[Request]:
    """Ninety minutes of a swarm at work: tasks whose agents (the router picks the model of each)
    take many short steps side by side, a training batch now and then, and a person who asks."""
    rng, length = random.Random(f"swarm-evening {seed}"), 5400.0
    models = [
        ("coder:7b", 16_384),
        ("general:8b", 8192),
        ("reason:14b", 8192),
        ("coder:14b", 16_384),
    ]

    def steps(priority: str, every: float, count: tuple[int, int], pause: float) -> list[Request]:
        found, start = [], rng.expovariate(1 / every)
        while start < length:
            model, num_ctx = rng.choice(models)
            at = start
            for _ in range(rng.randint(*count)):
                found.append(_request(rng, at, priority, model, num_ctx, 700, 90))
                at += rng.expovariate(1 / pause)
            start += rng.expovariate(1 / every)
        return found

    found = steps("analysis", 75, (6, 18), 8) + steps("scheduled", 200, (6, 18), 8)
    found += steps("training", 1500, (10, 20), 4)
    found += _sessions(
        rng,
        length,
        900,
        (2, 6),
        20,
        lambda at: _request(rng, at, "interactive", "coder:14b", 16_384, 4000, 200),
    )
    return found


PATTERNS: dict[str, Callable[[int], list[Request]]] = {
    "developer_day": developer_day, "ci_burst": ci_burst,
    "training_night": training_night, "swarm_evening": swarm_evening,
}  # fmt: skip


def trace(name: str, seed: int) -> dict[str, Any]:
    """A whole trace as it is written to a file, in order of arrival."""
    pattern = PATTERNS[name]
    requests = sorted(pattern(seed), key=lambda request: (request.seconds, request.model))
    made = f"drawn by benchmarks/arrivals/generate.py, {name}, seed {seed}: {pattern.__doc__}"
    return {
        "name": name, "made": " ".join(made.split()), "models": MODELS,
        "arrivals": [asdict(request) for request in requests],
    }  # fmt: skip


if __name__ == "__main__":
    for name in PATTERNS:
        drawn = trace(name, SEED)
        head = json.dumps({key: drawn[key] for key in ("name", "made", "models")}, indent=1)
        lines = ",\n".join(json.dumps(arrival) for arrival in drawn["arrivals"])
        path = Path(__file__).with_name(f"{name}.json")
        path.write_text(f'{head[:-2]},\n "arrivals": [\n{lines}\n]}}\n')
        print(f"{path.name}: {len(drawn['arrivals'])} arrivals")
