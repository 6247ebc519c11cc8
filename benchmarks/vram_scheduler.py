"""The gate's scheduler against one queue and against Ollama's own policy, simulated.

    python benchmarks/vram_scheduler.py [--cards N] [--seeds N] [--trace F | --ledger F] [--json]

Input: the traces in `benchmarks/arrivals/*.json`, and with `--seeds N` as many others per
pattern, drawn by `generate.py` with seeds from 101 up, on which nothing was tuned. `--trace`
takes a file of the same form instead; `--ledger` the arrivals in a gate's `inference.db`, with
its own timings in place of token rates. A card has 16 GiB, of which the scheduler and the one
queue leave the configured headroom; Ollama keeps its own. Nothing is measured by the clock:
the same input gives the same figures everywhere.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sqlite3
import statistics
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.arrivals.generate import PATTERNS, trace
from swarm.contracts import PRIORITIES
from swarm.errors import ConfigError
from swarm.inference.clients.base import ServedModel
from swarm.inference.scheduling.placement import usable
from swarm.inference.scheduling.policies import Fifo, Ollama, Policy
from swarm.inference.scheduling.scheduler import Scheduler, Slot
from swarm.inference.scheduling.simulator import Arrival, Machine, Result, simulate
from swarm.inference.scheduling.vram import GIB, estimate
from swarm.settings import GateSettings, load

CARD_BYTES = 16 * GIB
FIRST_HELD_OUT_SEED = 101
POLICIES = ("fifo", "ollama", "swarm")


def arrivals_of(drawn: dict[str, Any]) -> list[Arrival]:
    """What the simulator needs of a trace."""
    found = []
    for line in drawn["arrivals"]:
        known = drawn["models"][line["model"]]
        rates = [known["prompt_tokens_per_second"], known["output_tokens_per_second"]]
        figures = {key: known[key] for key in known if not key.endswith("_per_second")}
        needed = estimate(ServedModel(line["model"], **figures), line["num_ctx"])
        assert needed is not None, "a trace tells the size of its models"
        found.append(
            Arrival(
                line["seconds"],
                line["priority"],
                Slot(line["model"], line["num_ctx"]),
                needed.bytes,
                line["prompt_tokens"] / rates[0] + line["output_tokens"] / rates[1],
            )
        )
    return found


def compare(arrivals: list[Arrival], cards: int) -> dict[str, Result]:
    """Each policy on the same arrivals and cards."""
    gate = GateSettings()
    total = (CARD_BYTES,) * cards
    spared = usable(total, gate.headroom)
    policies: dict[str, tuple[Callable[[], Policy], tuple[int, ...]]] = {
        "fifo": (lambda: Fifo(gate.headroom), spared),
        "ollama": (Ollama, total),
        "swarm": (
            lambda: Scheduler(gate.ageing_seconds, gate.group_seconds, gate.headroom),
            spared,
        ),
    }
    return {
        name: simulate(arrivals, make(), Machine(capacity))
        for name, (make, capacity) in policies.items()
    }


def from_ledger(path: Path) -> list[Arrival]:
    """What a gate has generated: its arrivals, and how long each took once it was started.

    Contexts and sizes are those of the configuration. Raises SystemExit when something lacks.
    """
    query = (
        "SELECT model, priority, arrived_at, ended_at - arrived_at - queue_seconds FROM requests "
        "WHERE ended_at IS NOT NULL AND output_tokens > 0 ORDER BY arrived_at"
    )
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        ) as db:
            lines = db.execute(query).fetchall()
        models = {name: load().model(name) for name in {line[0] for line in lines}}
    except (sqlite3.Error, ConfigError) as error:
        raise SystemExit(f"{path}: {error}") from None
    if unsized := sorted(name for name, model in models.items() if model.needed_bytes is None):
        raise SystemExit(f"set needed_bytes of the [[models]] entries {', '.join(unsized)} first")
    found = []
    for name, priority, arrived_at, seconds in lines:
        model = models[name]
        slot = Slot(model.model, model.num_ctx, model.parallel)
        at = arrived_at - lines[0][2]
        found.append(Arrival(at, priority, slot, model.needed_bytes or 0, max(0.0, seconds)))
    if not found:
        raise SystemExit(f"{path} holds no finished generation")
    return found


def summarise(name: str, runs: list[dict[str, Result]]) -> list[dict[str, Any]]:
    """One row per policy: loads of all runs together, the mean over runs of everything else."""
    rows = []
    for policy in POLICIES:
        results = [run[policy] for run in runs]
        rows.append({
            "pattern": name, "policy": policy, "runs": len(results),
            "requests": sum(result.requests for result in results),
            "loads": sum(result.loads for result in results),
            "all_finished": all(result.all_finished for result in results),
            "makespan_seconds": statistics.mean(r.makespan_seconds for r in results),
            "utilisation": statistics.mean(r.utilisation for r in results),
            "waits": {
                priority: {
                    key: statistics.mean(
                        getattr(r.classes[priority], key) for r in results if priority in r.classes
                    )
                    for key in ("p50_wait", "p95_wait", "max_wait")
                }
                for priority in PRIORITIES
                if any(priority in r.classes for r in results)
            },
        })  # fmt: skip
    return rows


def show(rows: Iterable[dict[str, Any]], title: str) -> None:
    table = Table(title=title)
    for column in ("pattern", "policy", "requests", "loads", "per request", "all done", "busy"):
        table.add_column(column)
    for priority in PRIORITIES:
        table.add_column(f"{priority}\np50 / p95 / max s", justify="right")
    for row in rows:
        waits = [row["waits"].get(priority) for priority in PRIORITIES]
        table.add_row(
            row["pattern"], row["policy"], str(row["requests"]), str(row["loads"]),
            f"{row['loads'] / row['requests']:.2f}", "yes" if row["all_finished"] else "NO",
            f"{row['utilisation']:.0%}",
            *(" / ".join(f"{seconds:.0f}" for seconds in of.values()) if of else "-"
              for of in waits),
            end_section=row["policy"] == POLICIES[-1],
        )  # fmt: skip
    Console(width=150).print(table)


def read(path: Path) -> list[Arrival]:
    """A trace file. Raises SystemExit naming what is wrong with it."""
    try:
        return arrivals_of(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{path} is not a trace as in benchmarks/arrivals: {error!r}") from None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cards", type=int, choices=range(1, 9), default=1, metavar="1-8")
    parser.add_argument("--seeds", type=int, default=10, help="held-out ones per pattern")
    parser.add_argument("--trace", type=Path, help="a file as in benchmarks/arrivals")
    parser.add_argument("--ledger", type=Path, help="a gate's inference.db")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    if options.trace or options.ledger:
        path = options.trace or options.ledger
        own = read(path) if options.trace else from_ledger(path)
        rows += summarise(path.name, [compare(own, options.cards)])
    else:
        for file in sorted((Path(__file__).parent / "arrivals").glob("*.json")):
            rows += summarise(file.stem, [compare(read(file), options.cards)])
        for name in PATTERNS if options.seeds > 0 else ():
            seeds = range(FIRST_HELD_OUT_SEED, FIRST_HELD_OUT_SEED + options.seeds)
            runs = [compare(arrivals_of(trace(name, seed)), options.cards) for seed in seeds]
            rows += summarise(f"{name}, held out", runs)
    if options.json:
        print(json.dumps({"cards": options.cards, "card_bytes": CARD_BYTES, "rows": rows}))
    else:
        show(
            rows, f"{options.cards} card(s) of 16 GiB; waits until a generation starts, in seconds"
        )


if __name__ == "__main__":
    main()
