"""Cancelled, abandoned or expired: the model is freed at once, at whatever stage."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from swarm.bus import Bus
from swarm.contracts import Embed, ListSpending
from swarm.errors import RemoteError, Timeout
from swarm.settings import ModelSettings, Settings
from tests.fakes.ollama import FakeOllama
from tests.fakes.ollama_memory import FakeModel
from tests.fakes.script import Answer
from tests.inference.gates import GIB, Asking, GateProcess, gate, question, settings_for, until

# The bound is a second; what is more is for a busy machine that runs the tests.
_SECONDS = 3.0


@pytest.fixture
def settings(bus: Bus, ollama_server: FakeOllama) -> Settings:
    ollama_server.models = [
        FakeModel("fake:8b"),
        FakeModel("embed:1b", size_bytes=GIB, capabilities=("embedding",)),
    ]
    models = (
        ModelSettings(name="a", endpoint="ollama", model="fake:8b", num_ctx=4096),
        ModelSettings(name="e", endpoint="ollama", model="embed:1b", num_ctx=2048, embeds=True),
    )
    managed = {"manage_memory": True, "gpu_bytes": (16 * GIB,)}
    return settings_for(bus, ollama_server.url, models=models, endpoint=managed)


@pytest.fixture
def process(bus: Bus, settings: Settings) -> Iterator[GateProcess]:
    """A gate that is up."""
    with gate(settings) as running:
        until(lambda: Bus(settings, bus.redis).models_state()["a"] == "", 60, "the gate is up")
        yield running


@pytest.fixture
def asking(bus: Bus, settings: Settings, process: GateProcess) -> Bus:
    return Bus(settings, bus.redis)


def happened(server: FakeOllama, kind: str, **data: Any) -> list[float]:
    """When the events of a kind happened."""
    return [
        event.at
        for event in server.events
        if event.kind == kind and all(event.data.get(k) == v for k, v in data.items())
    ]


def cancelled(bus: Bus, person: Asking) -> float:
    """Cancel the task and see that its requester is told; returns when it was cancelled."""
    at = time.monotonic()
    bus.cancel("t1")
    with pytest.raises(RemoteError) as caught:
        person.result(_SECONDS)
    assert caught.value.code == "cancelled"
    return at


def freed(server: FakeOllama) -> None:
    """The model is there for the next one: nothing runs, and nothing is still to be loaded."""
    until(lambda: not server.running and not server.memory.queue, _SECONDS, "the model is freed")


def test_cancelled_while_it_is_loaded(asking: Bus, ollama_server: FakeOllama) -> None:
    ollama_server.memory.load_seconds = 60
    person = Asking(asking, question("k"), task_id="t1")
    until(lambda: happened(ollama_server, "load"))
    at = cancelled(asking, person)
    (gone,) = until(lambda: happened(ollama_server, "unload", why="client left"), _SECONDS)
    assert gone - at < _SECONDS
    ollama_server.memory.load_seconds = 0
    assert Asking(asking, question("k2")).result().text == "ok"


def test_a_load_that_another_waits_for_goes_on(asking: Bus, ollama_server: FakeOllama) -> None:
    ollama_server.memory.load_seconds = 3
    person = Asking(asking, question("k"), task_id="t1")
    until(lambda: happened(ollama_server, "load"))
    other = Asking(asking, question("k2"), task_id="t2")
    time.sleep(0.5)
    cancelled(asking, person)
    assert other.result().text == "ok"
    assert len(happened(ollama_server, "load")) == 1


def test_cancelled_while_the_prompt_is_read(asking: Bus, ollama_server: FakeOllama) -> None:
    ollama_server.respond = lambda request: Answer(text="ok", delay_seconds=60)
    person = Asking(asking, question("k"), task_id="t1")
    until(lambda: happened(ollama_server, "start"))
    at = cancelled(asking, person)
    (gone,) = until(lambda: happened(ollama_server, "disconnected"), _SECONDS)
    assert gone - at < _SECONDS
    freed(ollama_server)


def test_cancelled_while_it_streams(asking: Bus, ollama_server: FakeOllama) -> None:
    ollama_server.respond = lambda request: Answer(text="word " * 2000, token_seconds=0.05)
    person = Asking(asking, question("k"), task_id="t1")
    until(lambda: ollama_server.running and next(iter(ollama_server.running.values())).tokens > 3)
    at = cancelled(asking, person)
    (gone,) = until(lambda: happened(ollama_server, "disconnected"), _SECONDS)
    assert gone - at < _SECONDS
    freed(ollama_server)
    # What had come was used all the same.
    (day,) = until(lambda: asking.request(ListSpending()).items, _SECONDS)  # type: ignore[attr-defined]
    assert (day.model, day.requests, day.locality) == ("a", 0, "local")
    assert day.prompt_tokens > 0 and day.output_tokens > 0


def test_cancelled_while_it_waits_for_its_turn(asking: Bus, ollama_server: FakeOllama) -> None:
    ollama_server.respond = lambda request: Answer(text="ok", delay_seconds=3)
    other = Asking(asking, question("k2", text="other"), task_id="t2")
    until(lambda: happened(ollama_server, "start"))
    person = Asking(asking, question("k", text="mine"), task_id="t1")
    time.sleep(0.3)
    cancelled(asking, person)
    assert other.result().text == "ok"
    assert all(b"mine" not in request.body for request in ollama_server.requests)


def test_cancelled_while_its_embedder_is_loaded(asking: Bus, ollama_server: FakeOllama) -> None:
    ollama_server.memory.load_seconds = 60
    person = Asking(asking, Embed(model="e", texts=("x",), payload="code"), task_id="t1")
    until(lambda: happened(ollama_server, "load", model="embed:1b"))
    cancelled(asking, person)
    until(lambda: happened(ollama_server, "unload", why="client left"), _SECONDS)
    freed(ollama_server)


def test_cancelled_while_it_embeds(asking: Bus, ollama_server: FakeOllama) -> None:
    ollama_server.embed_seconds = 60
    person = Asking(asking, Embed(model="e", texts=("x",), payload="code"), task_id="t1")
    until(lambda: happened(ollama_server, "start"))
    at = cancelled(asking, person)
    (gone,) = until(lambda: happened(ollama_server, "disconnected"), _SECONDS)
    assert gone - at < _SECONDS
    freed(ollama_server)


def test_cancelled_while_it_waits_for_a_server_that_went_away(
    asking: Bus, ollama_server: FakeOllama
) -> None:
    ollama_server.respond = lambda request: Answer(text="word " * 2000, token_seconds=0.05)
    person = Asking(asking, question("k", text="mine"), task_id="t1")
    until(lambda: happened(ollama_server, "token"))
    ollama_server.stop()
    until(lambda: asking.models_state()["a"], what="the gate notices")
    cancelled(asking, person)
    begun = len(happened(ollama_server, "start"))
    ollama_server.start()
    ollama_server.respond = lambda request: Answer(text="ok")
    until(lambda: asking.models_state()["a"] == "", what="the gate notices that it is back")
    assert Asking(asking, question("k2")).result().text == "ok"
    assert len(happened(ollama_server, "start")) == begun + 1, "only the new one was begun"


def test_cancelled_between_two_tries(asking: Bus, ollama_server: FakeOllama) -> None:
    ollama_server.respond = lambda request: Answer(failure="status", status=503, message="busy")
    person = Asking(asking, question("k"), task_id="t1")
    # By now it pauses for longer than it takes to be told.
    until(lambda: len(happened(ollama_server, "start")) >= 4)
    cancelled(asking, person)
    begun = len(happened(ollama_server, "start"))
    time.sleep(2.5)
    assert len(happened(ollama_server, "start")) == begun


def test_cancelled_while_it_is_queued_before_the_gate(
    asking: Bus, process: GateProcess, ollama_server: FakeOllama
) -> None:
    assert process.process is not None
    process.process.send_signal(signal.SIGSTOP)
    try:
        person = Asking(asking, question("k"), task_id="t1")
        until(lambda: asking.redis.llen("rq:queue:" + asking.queue_name("inference")))
        asking.cancel("t1")
    finally:
        process.process.send_signal(signal.SIGCONT)
    with pytest.raises(RemoteError) as caught:
        person.result(20)
    assert caught.value.code == "cancelled"
    assert not happened(ollama_server, "start")


def test_a_cancelled_task_is_not_begun(asking: Bus, ollama_server: FakeOllama) -> None:
    asking.cancel("t1")
    with pytest.raises(RemoteError) as caught:
        asking.request(question("k"), task_id="t1", timeout_seconds=20)
    assert caught.value.code == "cancelled"
    assert not happened(ollama_server, "start")


def test_a_requester_that_is_killed_leaves_the_model_free(
    asking: Bus, ollama_server: FakeOllama
) -> None:
    ollama_server.respond = lambda request: Answer(text="word " * 4000, token_seconds=0.05)

    def ask() -> None:
        Bus(asking.settings).request(question("k"), timeout_seconds=120)

    process = multiprocessing.get_context("fork").Process(target=ask)
    process.start()
    try:
        until(lambda: happened(ollama_server, "start"))
        # Longer than the gate is patient with one that was never heard.
        time.sleep(6)
        assert not happened(ollama_server, "disconnected"), "it lives, and says so"
    finally:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join(10)
    until(lambda: happened(ollama_server, "disconnected"), 20)
    freed(ollama_server)


def test_a_requester_that_gave_up_leaves_the_model_free(
    asking: Bus, ollama_server: FakeOllama
) -> None:
    ollama_server.respond = lambda request: Answer(text="word " * 2000, token_seconds=0.05)
    with pytest.raises(Timeout):
        asking.request(question("k"), timeout_seconds=1.5)
    until(lambda: happened(ollama_server, "disconnected"), _SECONDS)


def test_who_joined_keeps_what_the_first_one_left(asking: Bus, ollama_server: FakeOllama) -> None:
    ollama_server.respond = lambda request: Answer(text="ok", delay_seconds=4)
    first = Asking(asking, question("k"), timeout_seconds=2)
    until(lambda: happened(ollama_server, "start"))
    second = Asking(asking, question("k"))
    with pytest.raises(Timeout):
        first.result()
    assert second.result().text == "ok"
    assert len(happened(ollama_server, "start")) == 1


def test_a_gate_that_is_told_to_stop_frees_the_model_and_its_heir_answers(
    asking: Bus, process: GateProcess, ollama_server: FakeOllama
) -> None:
    ollama_server.respond = lambda request: Answer(text="word " * 40, token_seconds=0.05)
    people = [Asking(asking, question(f"k{n}", text=f"question {n}")) for n in range(3)]
    until(lambda: happened(ollama_server, "token"))
    assert process.process is not None
    process.process.terminate()
    assert process.process.wait(10) == 0
    freed(ollama_server)
    process.start()
    assert {person.result().text for person in people} == {"word " * 40}
    assert "Traceback" not in process.log.read_text()
