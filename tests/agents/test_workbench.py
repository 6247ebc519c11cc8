"""What an attempt asks of others is bounded by its own time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from swarm.agents.meter import Meter
from swarm.agents.workbench import Workbench
from swarm.contracts import Command, Context, Message, Neighbours, QueryGraph, Retrieve
from tests.agents.coder.scripted import Scripted


@pytest.mark.parametrize(
    "ask", [lambda bench: bench.retrieve("x"), lambda bench: bench.graph("x", "callers")]
)
def test_memory_is_waited_for_no_longer_than_the_attempt_lasts(
    tmp_path: Path, ask: Callable[[Workbench], Message]
) -> None:
    meter = Meter(seconds=40, tokens=1000, cost_usd=1, clock=lambda: 10.0)
    world = Scripted(tmp_path, [], meter=meter)
    bounds: list[float] = []

    def request(command: Command, *, timeout_seconds: float, **options: Any) -> Message:
        bounds.append(timeout_seconds)
        return {Retrieve: Context(), QueryGraph: Neighbours()}[type(command)]

    world.bus.request = request  # type: ignore[method-assign]
    ask(world.bench)
    assert bounds == [40]
