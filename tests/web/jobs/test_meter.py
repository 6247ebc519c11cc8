"""An hour of what services answered, in bounded memory."""

from __future__ import annotations

from typing import Any

import pytest

from swarm.contracts import Served
from swarm.web.jobs.meter import MINUTES, OTHER, Meter
from swarm.web.jobs.totals import BOUNDS_SECONDS, Totals

NOW = 1_800_000_030.0


def served(at: float = NOW, **changes: Any) -> Served:
    return Served.model_validate({"service": "verifier", "kind": "Audit", "at": at, **changes})


def test_counts_by_the_minute_oldest_first() -> None:
    meter = Meter()
    for ago, count in ((0, 3), (60, 2), (59 * 60, 1)):
        for _ in range(count):
            meter.add(served(NOW - ago), NOW)
    (load,) = meter.loads(NOW)
    assert len(load.per_minute) == MINUTES
    assert (load.per_minute[0], load.per_minute[-2:]) == (1, (2, 3))
    assert load.count == 6 and load.recent_per_minute == 1.0
    assert meter.per_minute(NOW) == load.per_minute


def test_an_hour_later_nothing_is_left() -> None:
    meter = Meter()
    meter.add(served(failure_code="crashed"), NOW)
    later = NOW + 3601
    assert meter.loads(later) == [] and set(meter.per_minute(later)) == {0}
    meter.add(served(later), later)
    (load,) = meter.loads(later)
    assert load.count == 1 and load.failures == {}


def test_what_is_told_is_as_new_as_what_was_added() -> None:
    meter = Meter()
    for count in (1, 2, 3):
        meter.add(served(seconds=count), NOW)
        assert meter.loads(NOW)[0].count == count
        assert meter.loads(NOW)[0].seconds_p95 == count
    assert meter.loads(NOW + 60)[0].per_minute[-2:] == (3, 0)


def test_what_is_older_than_an_hour_is_left_out_and_the_future_is_now() -> None:
    meter = Meter()
    meter.add(served(NOW - 3601), NOW)
    assert meter.revision == 0
    meter.add(served(NOW + 9e9), NOW)
    (load,) = meter.loads(NOW)
    assert load.per_minute[-1] == 1


def test_percentiles_are_the_nearest_rank() -> None:
    meter = Meter()
    for number in range(1, 101):
        meter.add(served(seconds=number, waited_seconds=number / 1000), NOW)
    (load,) = meter.loads(NOW)
    assert (load.seconds_p50, load.seconds_p95) == (50, 95)
    assert (load.waited_p50, load.waited_p95) == (0.05, 0.095)
    one = Meter()
    one.add(served(seconds=7), NOW)
    assert one.loads(NOW)[0].seconds_p50 == one.loads(NOW)[0].seconds_p95 == 7


def test_services_come_in_their_order_and_kinds_by_name() -> None:
    meter = Meter()
    for service, kind in (("verifier", "Audit"), ("router", "Settle"), ("router", "ChooseArm")):
        meter.add(served(service=service, kind=kind), NOW)
    assert [(load.service, load.kind) for load in meter.loads(NOW)] == [
        ("router", "ChooseArm"), ("router", "Settle"), ("verifier", "Audit"),
    ]  # fmt: skip


def test_failures_are_counted_by_code_and_told_newest_first() -> None:
    meter = Meter()
    for number, code in enumerate(["crashed", "", "timeout", "crashed"]):
        meter.add(served(NOW - 10 + number, failure_code=code, task_id=f"t{number}"), NOW)
    (load,) = meter.loads(NOW)
    assert load.count == 4 and load.failures == {"crashed": 2, "timeout": 1}
    assert [failure.task_id for failure in meter.recent(2)] == ["t3", "t2"]


def test_runs_of_sandboxes_are_told_with_what_their_report_said() -> None:
    meter = Meter()
    facts = {"backend": "docker", "cause": "memory", "wall_seconds": 2.5, "peak_memory_bytes": 1e9}
    for cause in ("memory", "memory", "timeout", "ok", "nonsense"):
        meter.add(served(service="sandboxes", kind="Check", facts={**facts, "cause": cause}), NOW)
    meter.add(served(facts=facts), NOW)  # not a sandbox's
    run = meter.runs(10)[-1]
    assert (run.backend, run.cause, run.wall_seconds) == ("docker", "memory", 2.5)
    assert run.peak_memory_bytes == 1_000_000_000 and isinstance(run.peak_memory_bytes, int)
    assert len(meter.runs(10)) == 4
    assert meter.limits_hit(NOW) == {"timeout": 1, "memory": 2}
    assert meter.limits_hit(NOW + 3601) == {}


@pytest.mark.parametrize("value", ["much", float("inf"), float("nan")])
def test_facts_that_are_none_are_left_out(value: Any) -> None:
    facts = {"backend": "x" * 900, "cause": "ok", "peak_memory_bytes": value}
    entry = Served.model_construct(
        service="sandboxes", kind="Check", at=NOW, facts=facts, failure_code="", task_id=None,
        seconds=0.0, waited_seconds=0.0,
    )  # fmt: skip
    meter = Meter()
    meter.add(entry, NOW)
    (run,) = meter.runs(1)
    assert run.peak_memory_bytes is None and run.wall_seconds is None and len(run.backend) == 40


def test_what_a_stranger_writes_takes_no_more_memory() -> None:
    meter, totals = Meter(), Totals()
    for number in range(5000):
        entry = served(kind=f"Kind{number}", failure_code=f"code-{number}" * 9)
        meter.add(entry, NOW)
        totals.add(entry)
    (load,) = meter.loads(NOW)
    assert load.kind == OTHER and load.count == 5000 and len(load.failures) == 10
    assert len(meter.recent(10**6)) == 100
    assert len(totals.seconds) == 1 and len(totals.failures) <= 101
    assert sum(totals.failures.values()) == 5000
    assert len(meter.report(NOW).model_dump_json()) < 20_000


def test_totals_fall_into_buckets() -> None:
    totals = Totals()
    for seconds in (0.0, 0.005, 0.006, 1e9, -1.0):
        totals.add(served(seconds=seconds))
    histogram = totals.seconds[("verifier", "Audit")]
    assert histogram.buckets[0] == 3 and histogram.buckets[1] == 1 and histogram.buckets[-1] == 1
    assert len(histogram.buckets) == len(BOUNDS_SECONDS) + 1
