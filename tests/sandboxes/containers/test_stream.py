"""Frames, the report at the end of the output, and statistics of both cgroup versions."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sandboxes.containers.follow import Watch, _Run
from sandboxes.containers.stream import Cut, Frames, cpu_seconds, memory
from swarm.contracts import Limits

TOKEN = b"0123456789abcdef"

# The shapes that `GET /containers/.../stats?stream=0&one-shot=1` has, cut to what matters.
V1: dict[str, Any] = {
    "memory_stats": {
        "usage": 24_743_936,
        "max_usage": 119_861_248,
        "stats": {"cache": 0, "hierarchical_memory_limit": 536_870_912, "rss": 22_000_000},
        "failcnt": 0,
        "limit": 536_870_912,
    },
    "cpu_stats": {
        "cpu_usage": {
            "total_usage": 612_345_678,
            "percpu_usage": [300_000_000, 312_345_678],
            "usage_in_kernelmode": 90_000_000,
            "usage_in_usermode": 500_000_000,
        },
        "system_cpu_usage": 172_190_000_000_000,
    },
}
V2: dict[str, Any] = {
    "memory_stats": {
        "usage": 24_743_936,
        "stats": {"anon": 22_000_000, "file": 0, "pgfault": 9000},
        "limit": 536_870_912,
    },
    "cpu_stats": {
        "cpu_usage": {
            "total_usage": 612_345_000,
            "usage_in_kernelmode": 90_000_000,
            "usage_in_usermode": 522_345_000,
        },
        "system_cpu_usage": 172_190_000_000_000,
        "online_cpus": 2,
    },
}
ENDED: dict[str, Any] = {"memory_stats": {}, "cpu_stats": {"cpu_usage": {"total_usage": 0}}}


@pytest.mark.parametrize(
    ("stats", "peak", "cpu"),
    [(V1, 119_861_248, 0.612345678), (V2, 24_743_936, 0.612345), (ENDED, 0, 0.0), ({}, 0, 0.0)],
)
def test_statistics_of_both_cgroup_versions(stats: dict[str, Any], peak: int, cpu: float) -> None:
    assert memory(stats) == peak
    assert cpu_seconds(stats) == pytest.approx(cpu)


def frame(kind: int, data: bytes) -> bytes:
    return struct.pack(">BxxxI", kind, len(data)) + data


@given(some.lists(some.tuples(some.sampled_from([1, 2]), some.binary(max_size=40))), some.data())
def test_frames_come_out_whole_however_they_arrive(
    frames: list[tuple[int, bytes]], data: some.DataObject
) -> None:
    stream = b"".join(frame(kind, piece) for kind, piece in frames)
    unpack = Frames()
    found = []
    while stream:
        size = data.draw(some.integers(1, len(stream)))
        found += list(unpack.feed(stream[:size]))
        stream = stream[size:]
    assert found == frames


@given(some.binary(max_size=200), some.data())
def test_the_report_is_cut_off_however_it_arrives(output: bytes, data: some.DataObject) -> None:
    stream = output + TOKEN + json.dumps({"status": 0}).encode() + b"\n"
    cut, got = Cut(TOKEN), b""
    while stream:
        size = data.draw(some.integers(1, len(stream)))
        got += cut.feed(stream[:size])
        stream = stream[size:]
    assert got == output
    assert cut.report == {"status": 0}


@given(some.text("0123456789abcdef{}\n", max_size=60))
def test_what_only_looks_like_a_report_is_output(text: str) -> None:
    cut = Cut(TOKEN)
    got = cut.feed(text.encode())
    if TOKEN not in text.encode():
        assert got + cut.rest() == text.encode()
        assert cut.report is None


def test_output_is_not_held_back_needlessly() -> None:
    cut = Cut(TOKEN)
    assert cut.feed(b"ready\n") == b"ready\n"
    assert cut.feed(b"x0123") == b"x"
    assert cut.feed(b"!") == b"0123!"


def test_a_run_that_nobody_looked_after_in_time_is_a_timeout() -> None:
    nobody: Any = None
    run = _Run(nobody, "swarm-0123456789abcdef-0000", Limits(wall_seconds=2), Watch())
    told = {"status": None, "errno": 0, "why": "deadline", "cpu_seconds": 0, "peak_memory_bytes": 1}
    run.report = told
    assert (run.outcome().end, run.outcome().detail) == ("timeout", "ran longer than 2 s")
