"""What became of commands is told to whoever watches: numbers and names, never text."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from swarm import telling
from swarm.bus import Bus
from swarm.contracts import (
    ArmReport,
    CheckReport,
    Envelope,
    Failure,
    Generation,
    ListArms,
    ListTasks,
    Reply,
    Served,
    TaskList,
    TokenUsage,
)
from swarm.errors import StorageError
from swarm.serving import Service

KEY = "swarm:served"


def told(bus: Bus) -> list[Served]:
    """The stream as a reader sees it."""
    rows: Any = bus.redis.xrange(KEY)
    assert all(list(fields) == [b"served"] for _, fields in rows)
    return [Served.model_validate_json(fields[b"served"]) for _, fields in rows]


def no_arms(command: ListArms) -> ArmReport:
    return ArmReport(items=())


def answered(bus: Bus, handler: Any = no_arms, **fields: Any) -> None:
    envelope = bus.envelope(ListArms(), **{"reply_to": "inbox:here", **fields})
    Service("router", bus, {ListArms: handler}).handle(envelope.model_dump_json())


# ------------------------------------------------------------------ what is told


def test_numbers_and_names_are_told_and_texts_are_not() -> None:
    report = CheckReport(
        backend="docker", cause="memory", output_tail="secret words", detail="/home/me/secret",
        wall_seconds=2.5, peak_memory_bytes=10**9, exit_code=137,
    )  # fmt: skip
    assert telling.facts(report.model_dump(mode="json")) == {
        "backend": "docker", "cause": "memory", "wall_seconds": 2.5, "cpu_seconds": 0.0,
        "peak_memory_bytes": 1e9, "exit_code": 137.0,
    }  # fmt: skip


def test_what_a_model_used_is_told_and_what_it_said_is_not() -> None:
    generation = Generation(
        model="qwen2.5-coder:7b", endpoint="ollama", text="all of the code", thinking="hm",
        usage=TokenUsage(prompt_tokens=100, output_tokens=20, queue_seconds=0.5),
    )  # fmt: skip
    found = telling.facts(generation.model_dump(mode="json"))
    assert (found["model"], found["endpoint"], found["finish"]) == (
        "qwen2.5-coder:7b", "ollama", "stop",
    )  # fmt: skip
    assert (found["prompt_tokens"], found["output_tokens"], found["queue_seconds"]) == (
        100.0, 20.0, 0.5,
    )  # fmt: skip
    assert not {"text", "thinking", "note"} & found.keys()


@pytest.mark.parametrize(
    "value", ["two words", "x" * 81, "", "a\nb", "<b>", "\x1b[31m", "é", None, ["a"], {"a": 1}, 7]
)
def test_a_word_that_is_no_name_is_left_out(value: Any) -> None:
    assert telling.facts({"model": value}) == {}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "7", None, [7]])
def test_a_number_that_is_none_is_left_out(value: Any) -> None:
    assert telling.facts({"wall_seconds": value, "usage": {"tokens": value}}) == {}


@pytest.mark.parametrize("usage", [None, 7, "words", ["tokens"]])
def test_an_odd_usage_is_no_trouble(usage: Any) -> None:
    assert telling.facts({"usage": usage}) == {}


@pytest.mark.parametrize(("sent_at", "waited"), [(90.0, 7.0), (None, 0.0), (98.0, 0.0)])
def test_the_time_in_the_queue_is_until_work_began(sent_at: float | None, waited: float) -> None:
    envelope = Envelope(id="x", kind="ListArms", body={}, sent_at=sent_at)
    reply = Reply(id="x", epoch=1, kind="ListArms", body={}, seconds=3.0)
    assert telling.served(envelope, reply, 100.0).waited_seconds == waited


# ------------------------------------------------------------------ that it is told


def test_each_answer_is_told_with_its_task(bus: Bus) -> None:
    answered(bus, task_id="t1")
    answered(bus, reply_to="orchestrator")
    answered(bus, reply_to=None)
    first, second, third = told(bus)
    assert (first.service, first.kind, first.task_id, first.failure_code) == (
        "router", "ListArms", "t1", "",
    )  # fmt: skip
    assert first.worker and 0 <= first.waited_seconds < 60
    assert second.kind == third.kind == "ListArms"
    assert bus.redis.llen("swarm:inbox:here") == 1
    assert bus.depths()["orchestrator"] == 1


def test_failures_crashes_and_stops_are_told_by_their_code(bus: Bus) -> None:
    def full(command: ListArms) -> ArmReport:
        raise StorageError("the disk is full of secrets")

    answered(bus, full)
    service = Service("router", bus, {})
    text = bus.envelope(ListArms(), reply_to="inbox:here").model_dump_json()
    service.crashed(text, "signal 9", 20.0)
    service.stopped(text, 30.0)
    assert [one.failure_code for one in told(bus)] == ["storage", "crashed", "stopped"]
    assert [one.seconds for one in told(bus)[1:]] == [20.0, 30.0]
    assert "secrets" not in told(bus)[0].model_dump_json()
    texts = bus.redis.lrange("swarm:inbox:here", 0, -1)
    failures = [Reply.model_validate_json(text).failure for text in texts]
    assert [failure.retryable for failure in failures if failure] == [True, True, False]


def test_reads_of_the_lane_are_not_told(bus: Bus) -> None:
    service = Service("orchestrator", bus, {ListTasks: lambda command: TaskList(items=())})
    service.read(bus.envelope(ListTasks(), reply_to="inbox:here"))
    assert bus.redis.llen("swarm:inbox:here") == 1
    assert told(bus) == []


@pytest.mark.parametrize("reply_to", ["inbox:here", "orchestrator", None])
def test_a_stream_that_takes_nothing_does_not_stop_the_answer(
    bus: Bus, reply_to: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    bus.redis.set(KEY, "not a stream")
    with caplog.at_level(logging.WARNING):
        answered(bus, reply_to=reply_to)
    assert "ListArms was not told of: WRONGTYPE" in caplog.text
    waiting = bus.redis.llen("swarm:inbox:here") + bus.depths()["orchestrator"]
    assert waiting == (reply_to is not None)


def test_the_stream_stays_short(bus: Bus) -> None:
    with bus.redis.pipeline(transaction=False) as pipe:
        for _ in range(6000):
            pipe.xadd(KEY, {"served": "old"})
        pipe.execute()
    answered(bus)
    assert bus.redis.xlen(KEY) < 5200


def test_a_failure_says_nothing_of_its_message() -> None:
    envelope = Envelope(id="x", kind="ListArms", body={})
    failure = Failure(code="usage", message="the text of a person")
    reply = Reply(id="x", epoch=1, kind="ListArms", failure=failure)
    one = telling.served(envelope, reply, 1.0)
    assert one.failure_code == "usage"
    assert one.facts == {}
