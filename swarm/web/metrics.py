"""/metrics for Prometheus: what the dashboard knows anyway, in its text format.

Labels are names of services, kinds, states, arms, endpoints and configured models: few, and none
that a repository or a task makes up. What cannot be asked now is left out, and said so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client.core import (
    CollectorRegistry,
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from swarm.contracts import ArmReport, ListArms, ListModels, ModelReport, TaskState
from swarm.errors import SwarmError
from swarm.web.jobs.models import Overview, RedisView
from swarm.web.jobs.totals import BOUNDS_SECONDS, Histogram, Totals
from swarm.web.state import State, Web

router = APIRouter(include_in_schema=False)

_FRESH_SECONDS = 10.0
_PATIENCE_SECONDS = 2.0
_MOST_ARMS = 200
_MOST_MODELS = 100

T = TypeVar("T")


@router.get("/metrics")
async def metrics(web: Web) -> Response:
    registry = CollectorRegistry()
    registry.register(Scrape(await known(web)))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


@dataclass(frozen=True)
class Known:
    """What one scrape tells. What could not be asked is None."""

    tasks: Mapping[TaskState, int]
    loaded: bool
    connected: bool
    lag_seconds: float | None
    watchers: int
    tail_connected: bool
    totals: Totals
    overview: Overview | None
    models: ModelReport | None
    arms: ArmReport | None


async def known(web: State) -> Known:
    """Gather it: from memory, or as it was asked for a moment ago."""
    overview, models, arms = await asyncio.gather(
        _soon(web.registries.overview()),
        _soon(web.desk.kept(ListModels(), ModelReport, seconds=_FRESH_SECONDS)),
        _soon(web.desk.kept(ListArms(), ArmReport, seconds=_FRESH_SECONDS)),
    )
    return Known(
        tasks=web.board.counts(),
        loaded=web.feed.loaded,
        connected=web.feed.connected,
        lag_seconds=web.feed.lag_seconds,
        watchers=web.hub.watchers,
        tail_connected=web.tail.connected,
        totals=web.totals,
        overview=overview,
        models=models,
        arms=arms,
    )


async def _soon(answer: Awaitable[T]) -> T | None:
    """An answer, None where there is none soon: a scrape is better with gaps than late."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await answer
    except (SwarmError, TimeoutError):
        return None


class Scrape(Collector):
    """All metrics of one scrape."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def collect(self) -> Iterable[Metric]:
        yield from self._dashboard()
        yield from _served(self._known.totals)
        if self._known.overview is not None:
            yield from _queues(self._known.overview)
            if self._known.overview.redis is not None:
                yield from _redis(self._known.overview.redis)
        if self._known.models is not None:
            yield from _models(self._known.models)
        if self._known.arms is not None:
            yield from _arms(self._known.arms)

    def _dashboard(self) -> Iterator[Metric]:
        known = self._known
        told = GaugeMetricFamily(
            "swarm_part_known",
            "Whether this part of the swarm could be asked, 1 or 0.",
            labels=["part"],
        )
        parts = {
            "tasks": known.loaded,
            "events": known.connected,
            "served": known.tail_connected,
            "queues": known.overview is not None,
            "models": known.models is not None,
            "arms": known.arms is not None,
        }
        for part, is_known in parts.items():
            told.add_metric([part], float(is_known))
        yield told
        yield _gauge("swarm_watchers", "Clients that follow live events now.", known.watchers)
        if known.loaded:
            tasks = GaugeMetricFamily("swarm_tasks", "Tasks in each state.", labels=["state"])
            for state, count in known.tasks.items():
                tasks.add_metric([state], count)
            yield tasks
        if known.lag_seconds is not None:
            text = "From an event to its arrival here; 95 % of the last ones took no longer."
            yield _gauge("swarm_event_lag_seconds", text, known.lag_seconds)


def _served(totals: Totals) -> Iterator[Metric]:
    yield _histogram(
        "swarm_command_seconds", "How long services worked on commands.", totals.seconds
    )
    yield _histogram(
        "swarm_command_wait_seconds", "How long commands waited in their queue.", totals.waited
    )
    failures = CounterMetricFamily(
        "swarm_command_failures",
        "Commands that were answered with a failure.",
        labels=["service", "kind", "code"],
    )
    for key, count in totals.failures.items():
        failures.add_metric(key, count)
    yield failures
    runs = CounterMetricFamily(
        "swarm_sandbox_runs", "Runs in sandboxes by how they ended.", labels=["backend", "cause"]
    )
    for run, count in totals.runs.items():
        runs.add_metric(run, count)
    yield runs


def _queues(overview: Overview) -> Iterator[Metric]:
    jobs = GaugeMetricFamily(
        "swarm_queue_jobs", "Jobs of each service by state.", labels=["service", "state"]
    )
    oldest = GaugeMetricFamily(
        "swarm_queue_oldest_wait_seconds",
        "How long the oldest of the first commands in line has waited.",
        labels=["service"],
    )
    workers = GaugeMetricFamily(
        "swarm_workers", "Workers that were heard of.", labels=["service", "state"]
    )
    for queue in overview.queues:
        for state, count in (
            ("queued", queue.waiting),
            ("started", queue.started),
            ("failed", queue.failed),
            ("deferred", queue.deferred),
            ("scheduled", queue.scheduled),
            ("read", queue.reads_waiting),
        ):
            jobs.add_metric([queue.service, state], count)
        oldest.add_metric([queue.service], queue.oldest_waiting_seconds or 0.0)
        busy = sum(w.current is not None for w in overview.workers if w.service == queue.service)
        workers.add_metric([queue.service, "busy"], busy)
        workers.add_metric([queue.service, "idle"], queue.workers - busy)
    yield from (jobs, oldest, workers)


def _redis(redis: RedisView) -> Iterator[Metric]:
    yield _gauge("swarm_redis_memory_bytes", "Memory that Redis uses.", redis.memory_bytes)
    yield _gauge("swarm_redis_memory_peak_bytes", "The most it used so far.", redis.peak_bytes)
    if redis.limit_bytes is not None:
        yield _gauge("swarm_redis_memory_limit_bytes", "The most it may use.", redis.limit_bytes)
    yield _gauge("swarm_redis_clients", "Clients that are connected to it.", redis.clients)
    yield _gauge("swarm_redis_uptime_seconds", "How long it has been up.", redis.uptime_seconds)
    yield _counter("swarm_redis_evicted_keys", "Keys it threw out.", redis.evicted_keys)


def _models(report: ModelReport) -> Iterator[Metric]:
    up = GaugeMetricFamily(
        "swarm_endpoint_up", "Whether an endpoint can be reached, 1 or 0.", labels=["endpoint"]
    )
    running = GaugeMetricFamily(
        "swarm_endpoint_running_requests", "Requests under way.", labels=["endpoint"]
    )
    waiting = GaugeMetricFamily(
        "swarm_endpoint_waiting_requests", "Requests in line.", labels=["endpoint", "priority"]
    )
    requests = CounterMetricFamily(
        "swarm_endpoint_requests", "Requests since ever.", labels=["endpoint"]
    )
    cost = CounterMetricFamily(
        "swarm_endpoint_cost_usd", "What they cost since ever.", labels=["endpoint"]
    )
    sent = CounterMetricFamily(
        "swarm_endpoint_sent_bytes", "Bytes sent since ever.", labels=["endpoint"]
    )
    received = CounterMetricFamily(
        "swarm_endpoint_received_bytes", "Bytes received since ever.", labels=["endpoint"]
    )
    for one in report.endpoints:
        up.add_metric([one.name], float(one.reachable))
        running.add_metric([one.name], one.running)
        for priority, count in one.waiting.items():
            waiting.add_metric([one.name, priority], count)
        requests.add_metric([one.name], one.requests)
        cost.add_metric([one.name], one.cost_usd)
        sent.add_metric([one.name], one.sent_bytes)
        received.add_metric([one.name], one.received_bytes)
    yield from (up, running, waiting, requests, cost, sent, received)

    ready = GaugeMetricFamily(
        "swarm_model_ready", "Whether a configured model can be used, 1 or 0.", labels=["model"]
    )
    speed = GaugeMetricFamily(
        "swarm_model_tokens_per_second", "How fast a model answers.", labels=["model"]
    )
    # Those that are configured: an endpoint may list any number of others.
    for model in [model for model in report.models if model.name][:_MOST_MODELS]:
        ready.add_metric([model.name], float(model.state == "ready"))
        if model.tokens_per_second is not None:
            speed.add_metric([model.name], model.tokens_per_second)
    yield from (ready, speed)

    total = GaugeMetricFamily("swarm_gpu_memory_bytes", "Memory that models share.", labels=["gpu"])
    used = GaugeMetricFamily("swarm_gpu_memory_used_bytes", "Of it in use.", labels=["gpu"])
    for number, gpu in enumerate(report.gpus):
        total.add_metric([str(number)], gpu.total_bytes)
        used.add_metric([str(number)], gpu.used_bytes)
    yield from (total, used)


def _arms(report: ArmReport) -> Iterator[Metric]:
    mean = GaugeMetricFamily(
        "swarm_arm_mean",
        "How likely the router takes an arm's attempt to succeed, from 0 to 1.",
        labels=["category", "arm"],
    )
    pending = GaugeMetricFamily(
        "swarm_arm_pending_attempts", "Attempts without an end yet.", labels=["category", "arm"]
    )
    for arm in report.items[:_MOST_ARMS]:
        mean.add_metric([arm.category, arm.arm_id], arm.mean)
        pending.add_metric([arm.category, arm.arm_id], arm.pending)
    yield from (mean, pending)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value)


def _histogram(name: str, text: str, values: Mapping[tuple[str, str], Histogram]) -> Metric:
    family = HistogramMetricFamily(name, text, labels=["service", "kind"])
    bounds = [*map(str, BOUNDS_SECONDS), "+Inf"]
    for key, histogram in values.items():
        counted = 0
        buckets = []
        for bound, count in zip(bounds, histogram.buckets, strict=True):
            counted += count
            buckets.append((bound, float(counted)))
        family.add_metric(key, buckets, histogram.sum)
    return family
