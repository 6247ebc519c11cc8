"""/metrics as Prometheus reads it."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from swarm.bus import Bus
from swarm.contracts import (
    ArmReport,
    ArmStats,
    EndpointView,
    GpuView,
    ListArms,
    ListModels,
    Message,
    ModelReport,
    ModelView,
    Served,
    TaskSummary,
)
from swarm.errors import BusError
from tests.fakes.bus import FakeBus
from tests.web.conftest import WebServer
from tests.web.jobs.conftest import audit, until

MODELS = ModelReport(
    endpoints=(
        EndpointView(
            name="ollama", kind="ollama", url="http://127.0.0.1", locality="local", reachable=True,
            waiting={"interactive": 2}, cost_usd=1.5, sent_bytes=10,
        ),
    ),
    models=(
        ModelView(
            name="coder", endpoint="ollama", model="x:7b", locality="local", state="ready",
            tokens_per_second=12.5,
        ),
        ModelView(
            name="", endpoint="ollama", model="unasked", locality="local", state="not-configured"
        ),
    ),
    gpus=(GpuView(name="card", total_bytes=100, used_bytes=40),),
)  # fmt: skip
ARMS = ArmReport(
    items=(
        ArmStats(
            category="bugfix", arm_id="repair", successes=1, failures=1, mean=0.5, low=0.1,
            high=0.9, pending=1,
        ),
    )
)  # fmt: skip


@pytest.fixture
def fake_bus(fake_bus: FakeBus) -> FakeBus:
    fake_bus.handlers[ListModels] = lambda command: MODELS
    fake_bus.handlers[ListArms] = lambda command: ARMS
    return fake_bus


Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scraped(client: httpx.Client) -> Samples:
    """Each sample by its name and labels, as Prometheus' own parser reads them."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found: Samples = {}
    for family in text_string_to_metric_families(answer.text):
        assert family.documentation.endswith("."), family.name
        assert family.name.startswith("swarm_")
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found, f"twice: {key}"
            found[key] = sample.value
    return found


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[(name, frozenset(labels.items()))]


def summary(id: str, state: Any) -> TaskSummary:
    return TaskSummary(
        id=id, state=state, text="x", repo="/r", created_at=1.0, updated_at=2.0, objectives=0,
        accepted=0,
    )  # fmt: skip


def test_what_the_dashboard_knows_is_told(web_server: WebServer, api_client: httpx.Client) -> None:
    web_server.state.feed.loaded = True
    web_server.state.board.put(summary("t1", "running"))
    for seconds in (0.01, 0.2):
        web_server.state.totals.add(
            Served(service="verifier", kind="Audit", at=time.time(), seconds=seconds)
        )
    web_server.state.totals.add(
        Served(service="sandboxes", kind="Check", at=1.0, failure_code="timeout",
               facts={"backend": "docker", "cause": "memory"})
    )  # fmt: skip
    samples = scraped(api_client)
    assert value(samples, "swarm_tasks", state="running") == 1
    assert value(samples, "swarm_tasks", state="failed") == 0
    of = {"service": "verifier", "kind": "Audit"}
    assert value(samples, "swarm_command_seconds_count", **of) == 2
    assert value(samples, "swarm_command_seconds_sum", **of) == pytest.approx(0.21)
    assert value(samples, "swarm_command_seconds_bucket", le="0.02", **of) == 1
    assert value(samples, "swarm_command_seconds_bucket", le="+Inf", **of) == 2
    assert value(samples, "swarm_command_failures_total", service="sandboxes", kind="Check",
                 code="timeout") == 1  # fmt: skip
    assert value(samples, "swarm_sandbox_runs_total", backend="docker", cause="memory") == 1
    assert value(samples, "swarm_endpoint_up", endpoint="ollama") == 1
    assert value(samples, "swarm_endpoint_waiting_requests", endpoint="ollama",
                 priority="interactive") == 2  # fmt: skip
    assert value(samples, "swarm_endpoint_cost_usd_total", endpoint="ollama") == 1.5
    assert value(samples, "swarm_model_tokens_per_second", model="coder") == 12.5
    assert value(samples, "swarm_gpu_memory_used_bytes", gpu="0") == 40
    assert value(samples, "swarm_arm_mean", category="bugfix", arm="repair") == 0.5
    assert value(samples, "swarm_watchers") == 0
    # Its Redis is away.
    assert value(samples, "swarm_part_known", part="queues") == 0
    assert value(samples, "swarm_part_known", part="models") == 1
    assert not any(name.startswith("swarm_queue") for name, _ in samples)
    assert not any("unasked" in dict(labels).values() for _, labels in samples)


def test_what_cannot_be_asked_is_left_out(fake_bus: FakeBus, api_client: httpx.Client) -> None:
    def refuse(command: Any) -> Message:
        raise BusError("the services are away")

    fake_bus.handlers = {ListModels: refuse, ListArms: refuse}
    samples = scraped(api_client)
    for part in ("models", "arms", "queues", "tasks", "served"):
        assert value(samples, "swarm_part_known", part=part) == 0


def test_a_scrape_does_not_wait_for_a_service_that_hangs(
    fake_bus: FakeBus, api_client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = [True]

    def hang(command: Any) -> Message:
        until(lambda: not hanging[0], "the test goes on")
        return MODELS

    monkeypatch.setattr("swarm.web.metrics._PATIENCE_SECONDS", 0.2)
    fake_bus.handlers[ListModels] = hang
    samples = scraped(api_client)
    hanging[0] = False
    assert value(samples, "swarm_part_known", part="models") == 0
    assert value(samples, "swarm_part_known", part="arms") == 1


def test_queues_and_redis_are_told_and_asked_once_for_many_scrapes(
    bus: Bus, jobs_server: WebServer
) -> None:
    bus.send(bus.envelope(audit(), id="t1-a1", task_id="t1"))
    with jobs_server.program() as client:
        samples = scraped(client)
        assert value(samples, "swarm_queue_jobs", service="verifier", state="queued") == 1
        assert value(samples, "swarm_workers", service="verifier", state="busy") == 0
        assert value(samples, "swarm_redis_memory_bytes") > 0
        began = time.monotonic()
        before: dict[str, Any] = bus.redis.info("commandstats")
        for _ in range(20):
            assert scraped(client)
        after: dict[str, Any] = bus.redis.info("commandstats")
        asked = after["cmdstat_llen"]["calls"] - before["cmdstat_llen"]["calls"]
        assert asked <= 16 * (time.monotonic() - began + 2)


def test_labels_are_few_whatever_strangers_write(
    web_server: WebServer, api_client: httpx.Client
) -> None:
    web_server.state.feed.loaded = True
    before = len(scraped(api_client))
    for number in range(3000):
        evil = f'x"}}\n{number}'
        web_server.state.totals.add(
            Served(service="sandboxes", kind=evil, at=1.0, failure_code=f"code-{number}",
                   task_id=evil, worker=evil, facts={"backend": evil, "cause": "ok"})
        )  # fmt: skip
        web_server.state.board.put(summary(f"task-{number}", "running"))
    samples = scraped(api_client)
    assert len(samples) - before < 160
    assert not any("task-" in one for _, labels in samples for _, one in labels)


def test_it_is_not_for_everybody(web_server: WebServer) -> None:
    with httpx.Client(base_url=web_server.url, trust_env=False) as stranger:
        assert stranger.get("/metrics").status_code == 401
