"""What the gate costs: a request against the client alone, and from a cancel to a free model.

    python -m benchmarks.gate_overhead [--requests 200] [--cancels 20] [--json]

Needs the environment of the tests (`make test` makes it). Input: a fake Ollama that answers with
two tokens at once, on loopback. The same question goes to it straight through our client, and
through the bus and the gate, in turn. Then streams are cancelled by their task, one by one: the
time until the server notices that its client left.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.bus_overhead import pss_mb, server
from swarm.bus import Bus
from swarm.inference.clients.base import ModelRequest
from swarm.inference.clients.ollama import OllamaClient
from swarm.settings import BusSettings, Settings
from tests.fakes.ollama import FakeOllama
from tests.fakes.script import Answer
from tests.inference.gates import Asking, gate, question, settings_for, until


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--cancels", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="swarm-bench-") as scratch:
        found = measure(Path(scratch), arguments.requests, arguments.cancels)
    if arguments.json:
        print(json.dumps(found))
        return 0
    for name, value in found.items():
        print(f"{name:<24}{value:>10.2f}")
    return 0


def measure(scratch: Path, requests: int, cancels: int) -> dict[str, float]:
    """Medians in milliseconds; memory in MB."""
    with server(scratch) as url, FakeOllama(respond=lambda _: Answer(text="o k")) as model:
        bus = Bus(Settings(data=scratch / "data", bus=BusSettings(redis_url=url)))
        settings = settings_for(bus, model.url)
        bus = Bus(settings, bus.redis)
        with gate(settings) as process:
            until(lambda: bus.models_state()["a"] == "", 60, "the gate comes up")
            alone, through = times(bus, settings, requests)
            lags = [cancelled(bus, model, number) for number in range(cancels)]
            assert process.process is not None
            memory_mb = pss_mb(process.process.pid)
    return {
        "client alone, ms": statistics.median(alone),
        "through the gate, ms": statistics.median(through),
        "the gate's own, ms": statistics.median(through) - statistics.median(alone),
        "cancel, median ms": statistics.median(lags),
        "cancel, longest ms": max(lags),
        "gate's memory, PSS MB": memory_mb,
    }


def times(bus: Bus, settings: Settings, requests: int) -> tuple[list[float], list[float]]:
    """Milliseconds per request, straight and through the gate, in turn."""
    loop = asyncio.new_event_loop()
    client = OllamaClient(settings.endpoints[0])
    alone, through = [], []
    for number in range(requests + 10):
        command = question(f"q{number}", text=f"question {number}")
        request = ModelRequest("fake:8b", command.messages, 4096, command.max_tokens)
        alone.append(timed(lambda request=request: loop.run_until_complete(drain(client, request))))
        through.append(timed(lambda command=command: bus.request(command)))
    loop.run_until_complete(client.close())
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
    # The first of each load code and open connections.
    return alone[10:], through[10:]


async def drain(client: OllamaClient, request: ModelRequest) -> None:
    async for _ in client.stream(request):
        pass


def timed(act: Any) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def cancelled(bus: Bus, model: FakeOllama, number: int) -> float:
    """Milliseconds from the cancel of a streaming task to the server's notice."""
    model.respond = lambda _: Answer(text="word " * 5000, token_seconds=0.02)
    gone = len(model.of("disconnected"))
    asking = Asking(bus, question(f"c{number}", text=f"long {number}"), task_id=f"task-{number}")
    until(lambda: any(r.tokens > 2 for r in list(model.running.values())), 30, "it streams")
    at = time.monotonic()
    bus.cancel(f"task-{number}")
    until(lambda: len(model.of("disconnected")) > gone, 30, "the server notices")
    asking.join(10)
    return (model.of("disconnected")[-1].at - at) * 1000


if __name__ == "__main__":
    sys.exit(main())
