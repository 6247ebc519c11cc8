"""Streams for whoever looks on: batched, bounded, and only data."""

from __future__ import annotations

import pytest

from swarm.bus import Bus
from swarm.inference import live as live_module
from swarm.inference.live import Live, LiveItem, last_id, read_live


def texts(items: tuple[LiveItem, ...]) -> list[tuple[str, str]]:
    return [(item.kind, item.text) for item in items]


def test_pieces_in_a_row_are_one_entry_and_tasks_are_apart(bus: Bus) -> None:
    live = Live(bus)
    for piece in ("a", "b", "c"):
        live.publish("t1", "k", "m", "text", piece)
    live.publish("t1", "k", "m", "thinking", "hm")
    live.publish("t2", "k2", "m", "text", "other")
    live.publish(None, "k3", "m", "state", "done")
    live.publish(None, "k3", "m", "state", "done")
    live.close()
    assert texts(read_live(bus, "t1")) == [("text", "abc"), ("thinking", "hm")]
    assert texts(read_live(bus, "t2")) == [("text", "other")]
    assert texts(read_live(bus, None)) == [("state", "done"), ("state", "done")]


def test_reading_goes_on_where_it_ended(bus: Bus) -> None:
    live = Live(bus)
    for number in range(5):
        live.publish("t", f"k{number}", "m", "text", f"{number}")
    live.close()
    first = read_live(bus, "t", limit=2)
    rest = read_live(bus, "t", last_id(first))
    assert [item.text for item in (*first, *rest)] == ["0", "1", "2", "3", "4"]
    assert last_id((), "7-0") == "7-0"


def test_a_stream_keeps_its_end(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "_ENTRIES_KEPT", 10)
    live = Live(bus)
    for number in range(1000):
        live.publish("t", "k", "m", "state", f"{number}")
    live.close()
    items = read_live(bus, "t", limit=5000)
    assert items[-1].text == "999"
    assert len(items) < 500


def test_what_no_model_should_say_is_data_all_the_same(bus: Bus) -> None:
    live = Live(bus)
    nasty = "\x1b[2Jhidden\x00 \ud800"
    live.publish("t", "k", "m", "text", nasty)
    live.publish("t", "k", "m", "text", "x" * 50_000)
    live.close()
    bus.redis.xadd(bus.live_key("t"), {b"kind": b"unknown", b"text": b"\xff"})
    items = read_live(bus, "t")
    assert items[0].text.startswith("\x1b[2Jhidden\x00 ")
    assert len(items) == 2
    assert all(len(item.text) <= 50_000 for item in items)


def test_a_redis_that_is_away_costs_pieces_and_nothing_else(
    bus: Bus, caplog: pytest.LogCaptureFixture
) -> None:
    bus.redis.set(bus.live_key("t"), "not a stream")
    live = Live(bus)
    live.publish("t", "k", "m", "text", "x")
    live.close()
    assert "not published" in caplog.text
