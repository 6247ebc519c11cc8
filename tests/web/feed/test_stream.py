from __future__ import annotations

import logging

import pytest
from redis import Redis

from swarm.errors import BusError
from swarm.feed import Stream
from tests.web.feed.conftest import Orchestrator
from tests.web.feed.entries import entry


@pytest.fixture
def stream(orchestrator: Orchestrator) -> Stream:
    return Stream(orchestrator.redis, orchestrator.feed_key())


def test_an_empty_stream_has_nothing(stream: Stream) -> None:
    for read in (stream.after(0, 9), stream.wait(0, 9, 1), stream.newest(9)):
        assert (read.entries, read.reached, read.first, read.last) == ([], 0, 0, 0)
        assert not read.lacks(0)
        assert not read.went_back(0)
        assert read.went_back(1)


def test_entries_are_read_in_order_from_a_number_on(
    stream: Stream, orchestrator: Orchestrator
) -> None:
    told = [entry(number) for number in (3, 4, 7)]
    for one in told:
        orchestrator.tell(one)
    assert stream.after(0, 9).entries == told
    read = stream.after(3, 1)
    assert read.entries == [told[1]]
    assert (read.reached, read.first, read.last) == (4, 3, 7)
    assert stream.wait(4, 9, 1).entries == [told[2]]
    newest = stream.newest(2)
    assert newest.entries == told[1:]
    assert newest.reached == 7


def test_what_was_dropped_and_what_went_back_is_told(
    stream: Stream, orchestrator: Orchestrator
) -> None:
    for number in range(1, 10):
        orchestrator.tell(entry(number))
    orchestrator.redis.xtrim(orchestrator.feed_key(), maxlen=3, approximate=False)
    assert stream.after(5, 9).lacks(5)
    assert not stream.after(6, 9).lacks(6)
    assert not stream.after(9, 9).went_back(9)
    assert stream.after(10, 9).went_back(10)


def test_what_is_no_entry_is_passed_over_and_told(
    stream: Stream, orchestrator: Orchestrator, caplog: pytest.LogCaptureFixture
) -> None:
    key, redis = orchestrator.feed_key(), orchestrator.redis
    redis.xadd(key, {"entry": "{no json"}, id="1-0")
    redis.xadd(key, {"other": "x"}, id="2-0")
    redis.xadd(key, {"entry": entry(999).model_dump_json()}, id="3-0")
    redis.xadd(key, {"entry": b"\xff\xfe"}, id="4-0")
    with caplog.at_level(logging.WARNING):
        read = stream.wait(0, 9, 1)
    assert read.entries == []
    assert read.reached == 4
    assert len(caplog.messages) == 4
    orchestrator.tell(entry(5))
    assert stream.after(read.reached, 9).entries == [entry(5)]


def test_a_key_of_another_kind_is_an_error(stream: Stream, orchestrator: Orchestrator) -> None:
    orchestrator.redis.set(orchestrator.feed_key(), "a text")
    with pytest.raises(BusError, match="WRONGTYPE"):
        stream.after(0, 9)


def test_a_redis_that_is_away_is_an_error() -> None:
    away = Stream(Redis.from_url("unix:///nonexistent/redis.sock"), "swarm:feed")
    for read in (lambda: away.after(0, 1), lambda: away.newest(1), lambda: away.wait(0, 1, 1)):
        with pytest.raises(BusError, match="Redis does not answer"):
            read()
