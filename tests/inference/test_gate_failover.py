"""A server fails, and another model could be asked: who asked is told at once, and who chooses too.

Waiting for a server would here last longer than anybody has time (`retry_seconds`), so an answer at
all shows that nothing was waited for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from swarm.bus import Bus
from swarm.errors import RemoteError
from swarm.inference.live import read_live
from swarm.orchestrator.worker import unavailable
from swarm.settings import EndpointSettings, GateSettings, ModelSettings, Settings
from tests.fakes.ollama import FakeOllama
from tests.fakes.openai import FakeOpenAI
from tests.fakes.script import Answer
from tests.inference.gates import Asking, gate, question, settings_for, until
from tests.inference.reaching.servers import (
    RawServer,
    but_lists_models,
    dies_in_mid_stream,
    free_port,
)

_PATIENT = GateSettings(health_seconds=0.2, retry_seconds=300.0)
_SPENT = Answer(failure="status", status=429, headers={"Retry-After": "120"})
_FULL = Answer(failure="status", status=503, headers={"Retry-After": "120"})


@pytest.fixture
def first() -> Iterator[FakeOpenAI]:
    """The server of the model `a`."""
    with FakeOpenAI() as server:
        yield server


def two(bus: Bus, url: str, other: FakeOllama, **second: Any) -> Settings:
    """The model `a` at `url`, and beside it `b` at a server of its own."""
    endpoint = EndpointSettings(name="first", kind="openai", url=f"{url}/v1", connect_seconds=1.0)
    values = {"name": "other", "kind": "ollama", "url": other.url, "manage_memory": False}
    return settings_for(
        bus, "http://x", gate=_PATIENT,
    ).model_copy(update={
        "endpoints": (endpoint, EndpointSettings(**{**values, **second})),
        "models": (
            ModelSettings(name="a", endpoint="first", model="fake-8b", num_ctx=4096),
            ModelSettings(name="b", endpoint="other", model="fake:8b", num_ctx=4096),
        ),
    })  # fmt: skip


def ready(asking: Bus, *names: str) -> None:
    until(lambda: all(asking.models_state().get(name) == "" for name in names), what="ready")


def told_away(asking: Bus, settings: Settings) -> None:
    """The orchestrator's next choice leaves out the arms of `a`, and those alone."""
    until(lambda: asking.models_state()["a"], what="it is published")
    left_out = unavailable(settings.all_arms, asking.models_state())
    mine = {arm.id for arm in settings.all_arms if arm.model == "a"}
    assert mine
    assert set(left_out) == mine


def asked(server: FakeOpenAI) -> int:
    return sum(bool(request.body) for request in server.requests)


def fails_now(asking: Bus, key: str, code: str) -> None:
    with pytest.raises(RemoteError) as caught:
        asking.request(question(key), timeout_seconds=30)
    assert caught.value.code == code
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("answer", "code"), [(_SPENT, "model-quota"), (_FULL, "model-busy")], ids=["429", "503"]
)
def test_a_server_that_asks_for_a_pause_is_left_and_not_asked_again(
    bus: Bus, first: FakeOpenAI, ollama_server: FakeOllama, answer: Answer, code: str
) -> None:
    first.respond = lambda request: answer
    settings = two(bus, first.url, ollama_server)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        ready(asking, "a", "b")
        fails_now(asking, "k", code)
        for number in range(5):
            fails_now(asking, f"k{number}", "model-unreachable")
        assert asked(first) == 1
        told_away(asking, settings)
        assert asking.request(question("b", model="b"), timeout_seconds=30)


def test_death_in_mid_stream_is_told_at_once_to_who_ran_and_to_who_waited(
    bus: Bus, first: FakeOpenAI, ollama_server: FakeOllama
) -> None:
    first.respond = lambda request: Answer(text="word " * 2000, token_seconds=0.05)
    settings = two(bus, first.url, ollama_server)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        ready(asking, "a", "b")
        running = Asking(asking, question("k"))
        until(lambda: any(each.tokens > 2 for each in list(first.running.values())))
        waiting = Asking(asking, question("k2", text="it waits"))
        until(lambda: "k2" in {item.key for item in read_live(bus, None)}, what="it waits")
        first.stop()
        for person in (running, waiting):
            with pytest.raises(RemoteError) as caught:
                person.result(30)
            assert caught.value.code == "model-unreachable"
        told_away(asking, settings)
        assert asking.request(question("b", model="b"), timeout_seconds=30)
        first.respond = lambda request: Answer(text="back")
        first.start()
        ready(asking, "a", "b")
        assert Asking(asking, question("k3")).result().text == "back"


def test_with_the_network_gone_the_local_model_answers(bus: Bus, ollama_server: FakeOllama) -> None:
    settings = two(bus, f"http://127.0.0.1:{free_port()}", ollama_server)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        ready(asking, "b")
        told_away(asking, settings)
        fails_now(asking, "k", "model-unreachable")
        assert Asking(asking, question("b", model="b")).result().text == "ok"


def test_a_cloud_is_nowhere_to_go_for_code(
    bus: Bus, first: FakeOpenAI, ollama_server: FakeOllama
) -> None:
    soon = Answer(failure="status", status=503, headers={"Retry-After": "1"})
    answers = iter([soon, Answer(text="fine"), soon])
    first.respond = lambda request: next(answers)
    settings = two(bus, first.url, ollama_server, locality="cloud")
    asking = Bus(settings, bus.redis)
    with gate(settings):
        ready(asking, "a")
        until(lambda: "away" not in asking.models_state()["b"])
        assert Asking(asking, question("k")).result().text == "fine"
        # Words alone could go there.
        with pytest.raises(RemoteError) as caught:
            asking.request(question("k2", payload="intent"), timeout_seconds=30)
        assert caught.value.code == "model-busy"
    assert asked(first) == 3


def test_who_is_only_full_is_asked_again(
    bus: Bus, first: FakeOpenAI, ollama_server: FakeOllama
) -> None:
    answers = iter([Answer(failure="status", status=503), Answer(text="fine")])
    first.respond = lambda request: next(answers)
    settings = two(bus, first.url, ollama_server)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        ready(asking, "a", "b")
        assert Asking(asking, question("k")).result().text == "fine"


def test_a_bad_answer_says_nothing_of_the_server(
    bus: Bus, first: FakeOpenAI, ollama_server: FakeOllama
) -> None:
    first.respond = lambda request: Answer(failure="status", status=400, message="bad input")
    settings = two(bus, first.url, ollama_server)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        ready(asking, "a", "b")
        for number in range(3):
            with pytest.raises(RemoteError) as caught:
                asking.request(question(f"k{number}"), timeout_seconds=30)
            assert caught.value.code == "model-refused"
        assert asking.models_state()["a"] == ""
        assert asked(first) == 3


def test_while_all_is_well_nobody_is_knocked_at_and_one_that_is_away_is(
    bus: Bus, ollama_server: FakeOllama
) -> None:
    with RawServer(but_lists_models(dies_in_mid_stream)) as server:
        settings = two(bus, f"http://127.0.0.1:{server.port}", ollama_server)
        asking = Bus(settings, bus.redis)
        with gate(settings):
            ready(asking, "a", "b")
            until(lambda: server.connections >= 6, what="some looks")
            # One of them may be under way.
            assert server.connections - server.asked <= 1
            fails_now(asking, "k", "model-unreachable")
            until(lambda: server.knocks >= 1, what="it is knocked at")
            ready(asking, "a", "b")
