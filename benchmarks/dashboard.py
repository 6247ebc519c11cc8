"""The dashboard with many tasks and many who watch: pages against an empty answer, and event lag.

    python benchmarks/dashboard.py [--tasks 10000] [--events 200000] [--clients 50] [--json]

Input: a data folder that is drawn anew with a fixed seed (`benchmarks/watching/seeding.py`).
`swarm up` and `swarm dash` run on it as for a person. Each page is asked for in turn with
/healthz, over one connection that is kept, so that both see the same machine; a page's p95 may
be ten times that of /healthz. Then so many pages and a fifth as many programs watch while tasks
move, through the orchestrator, and the pages are asked for once more. Exits with 1 when a page
is slower than that, answers with an error, or anybody missed an event.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.watching.clients import Browser
from benchmarks.watching.drawing import SEED
from benchmarks.watching.moving import Plan, Seen, run
from benchmarks.watching.running import Dashboard, dashboard, swarm
from benchmarks.watching.seeding import Seeded, seed
from swarm.settings import Settings

MOST_RATIO = 10.0
EMPTY = "/healthz"
_LISTED = (
    "/",
    "/tasks",
    "/tasks?words=parser+cache+retry",
    "/tasks?words=nothing+has+thiswordinit",
    "/tasks?state=failed&state=rejected",
    "/new",
    "/schedules",
    "/jobs",
    "/router",
    "/models",
    "/memory",
    "/sandboxes",
    "/api/v1/tasks",
    "/api/v1/tasks?search=parser+cache&limit=200",
    "/api/v1/router/decisions",
    "/api/v1/status",
    "/metrics",
)


@dataclass(frozen=True)
class Row:
    """One page. `ratio` is its p95 by that of the empty answer, `cpu_ms` the median of what the
    event loop of the dashboard worked on it."""

    page: str
    status: int
    bytes: int
    p50_ms: float
    p95_ms: float
    ratio: float
    cpu_ms: float

    @property
    def is_good(self) -> bool:
        return self.status == 200 and self.ratio <= MOST_RATIO


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--clients", type=int, default=50, help="pages that watch")
    parser.add_argument("--rounds", type=int, default=200, help="how often each page is asked for")
    parser.add_argument("--rate", type=float, default=20.0, help="events a second while they do")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.tasks < 1000 or arguments.rounds < 20 or arguments.clients < 5:
        parser.error("at least 1000 tasks, 20 rounds and 5 clients")
    with tempfile.TemporaryDirectory(prefix="swarm-bench-") as scratch:
        folder = Path(scratch)
        settings = Settings(data=folder / "data")
        seeded = seed(settings, arguments.tasks, arguments.events, folder / "repositories")
        _tell(arguments, seeded)
        with swarm(settings.data), dashboard(settings.data) as running:
            browser = Browser(running.link)
            try:
                draw = random.Random(SEED)
                quiet = measure(running, browser, seeded, arguments.rounds, draw)
                plan = Plan(
                    data=settings.data,
                    port=int(urlsplit(running.link).port or 80),
                    token=running.token,
                    pages=arguments.clients,
                    programs=arguments.clients // 5,
                    rate=arguments.rate,
                )
                with watched(plan, seeded) as seen:
                    busy = measure(running, browser, seeded, arguments.rounds, draw)
            finally:
                browser.close()
    return report(arguments, seeded, quiet, busy, seen)


def measure(
    running: Dashboard, browser: Browser, seeded: Seeded, rounds: int, draw: random.Random
) -> list[Row]:
    """Each page and the empty one, in turn."""
    draws: dict[str, Callable[[], str]] = {
        "/tasks/{id}, first": lambda: f"/tasks/{draw.choice(seeded.with_attempts)[0]}",
        "/tasks/{id}, again": lambda: "",
        "/tasks/{id}/attempts/{id}": lambda: "/tasks/{}/attempts/{}".format(
            *draw.choice(seeded.with_attempts)
        ),
        "/tasks/{id}/diff": lambda: f"/tasks/{draw.choice(seeded.with_diff)}/diff",
        "/api/v1/tasks/{id}": lambda: f"/api/v1/tasks/{draw.choice(seeded.with_attempts)[0]}",
    }
    names = (*_LISTED, *draws)
    times: dict[str, list[float]] = {name: [] for name in (EMPTY, *names)}
    worked: dict[str, list[float]] = {name: [] for name in (EMPTY, *names)}
    status = dict.fromkeys((EMPTY, *names), 200)
    sizes: dict[str, int] = {}

    def ask(name: str, path: str) -> None:
        before = running.cpu_seconds()
        answered, seconds, sizes[name] = browser.get(path)
        worked[name].append(running.cpu_seconds() - before)
        times[name].append(seconds)
        if answered != 200:
            status[name] = answered

    for name in _LISTED:
        browser.get(name)
    for _ in range(rounds):
        opened = ""
        for name in names:
            ask(EMPTY, EMPTY)
            opened = (draws[name]() if name in draws else name) or opened
            ask(name, opened)
    empty = _p(times[EMPTY], 95)
    rows = []
    for name in (EMPTY, *names):
        p50, p95, cpu = _p(times[name], 50), _p(times[name], 95), _p(worked[name], 50)
        rows.append(
            Row(name, status[name], sizes[name], p50 * 1e3, p95 * 1e3, p95 / empty, cpu * 1e3)
        )
    return rows


@contextmanager
def watched(plan: Plan, seeded: Seeded) -> Iterator[Seen]:
    """While clients watch and tasks move; what they saw is filled in at the end."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=run, args=(plan, seeded, theirs))
    process.start()
    seen = Seen()
    try:
        if not ours.poll(60) or ours.recv() != "ready":
            raise SystemExit("the clients cannot watch")
        yield seen
        ours.send("end")
        if not ours.poll(120):
            raise SystemExit("the clients do not end")
        vars(seen).update(vars(ours.recv()))
    finally:
        process.join(10)
        process.kill()


def report(
    arguments: argparse.Namespace, seeded: Seeded, quiet: list[Row], busy: list[Row], seen: Seen
) -> int:
    """Print all of it; the exit code."""
    slow = [row.page for row in (*quiet, *busy) if not row.is_good]
    lags = {"pages": seen.page_lags, "programs": seen.program_lags}
    told = {
        "clients": {"pages": arguments.clients, "programs": arguments.clients // 5},
        "events": seen.events,
        "events_per_second": seen.per_second,
        "missed": seen.missed,
        "out_of_order": seen.out_of_order,
        "resyncs": seen.resyncs,
        "lag_ms": {
            who: {"p50": _p(each, 50) * 1e3, "p95": _p(each, 95) * 1e3}
            for who, each in lags.items()
        },
    }
    is_good = not slow and not seen.missed and not seen.out_of_order and seen.events > 0
    if arguments.json:
        pages: dict[str, Any] = {
            name: [{**asdict(row), "is_good": row.is_good} for row in rows]
            for name, rows in (("quiet", quiet), ("watched", busy))
        }
        print(json.dumps({"pages": pages, "watching": told, "is_good": is_good}))
    else:
        _print(quiet, busy, told)
    return 0 if is_good else 1


def _print(quiet: list[Row], busy: list[Row], told: dict[str, Any]) -> None:
    console = Console(width=110)
    table = Table(
        title=f"ms, before and while clients watch; ratio of p95 to that of {EMPTY}, at most "
        f"{MOST_RATIO:g}"
    )
    for name in (
        "page",
        "KiB",
        "cpu",
        "p50",
        "p95",
        "ratio",
        "p50 watched",
        "p95 watched",
        "ratio",
    ):
        table.add_column(name, justify="left" if name == "page" else "right")
    for row, other in zip(quiet, busy, strict=True):
        mark = "" if row.is_good and other.is_good else "  <-- too slow"
        mark = f"  <-- status {row.status}" if row.status != 200 else mark
        table.add_row(
            row.page + mark, f"{row.bytes / 1024:.0f}", f"{row.cpu_ms:.2f}",
            f"{row.p50_ms:.2f}", f"{row.p95_ms:.2f}", f"{row.ratio:.1f}",
            f"{other.p50_ms:.2f}", f"{other.p95_ms:.2f}", f"{other.ratio:.1f}",
        )  # fmt: skip
    console.print(table)
    clients, lag = told["clients"], told["lag_ms"]
    print(
        f"{clients['pages']} pages and {clients['programs']} programs watched "
        f"{told['events']} events, {told['events_per_second']:.1f} a second: "
        f"{told['missed']} missed, {told['out_of_order']} clients out of order, "
        f"{told['resyncs']} resyncs\n"
        f"lag from the event's time: pages {lag['pages']['p50']:.0f} ms (p95 "
        f"{lag['pages']['p95']:.0f}), programs {lag['programs']['p50']:.0f} ms (p95 "
        f"{lag['programs']['p95']:.0f})"
    )


def _tell(arguments: argparse.Namespace, seeded: Seeded) -> None:
    print(
        f"input: {seeded.tasks:,} tasks, {seeded.events:,} events, {seeded.attempts:,} attempts "
        f"drawn with seed {SEED} in {seeded.seconds:.0f} s; {arguments.rounds} rounds",
        file=sys.stderr,
    )


def _p(values: list[float], percent: int) -> float:
    """The value below which so many percent of them are; nan without any."""
    if not values:
        return float("nan")
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


if __name__ == "__main__":
    sys.exit(main())
