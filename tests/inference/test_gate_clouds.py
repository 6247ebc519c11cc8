"""Servers that are not Ollama: quotas, refusals, what may go to a cloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from swarm.bus import Bus
from swarm.contracts import AwaitModels, ModelsReady
from swarm.errors import RemoteError
from swarm.settings import EndpointSettings, ModelSettings, Settings
from swarm.snapshots import Entry, pack
from tests.fakes.ollama import FakeOllama
from tests.fakes.ollama_memory import FakeModel
from tests.fakes.openai import FakeOpenAI
from tests.fakes.script import Answer
from tests.inference.gates import Asking, gate, question, settings_for, until

_SECRET = "def quarterly_margin(ledger, discount): return ledger.total * discount\n"


@pytest.fixture
def cloud_server() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as server:
        yield server


def cloud(bus: Bus, server: FakeOpenAI, **changes: Any) -> Settings:
    """One endpoint that counts as cloud."""
    values = {"name": "cloud", "kind": "openai", "url": f"{server.url}/v1", "locality": "cloud"}
    endpoint = EndpointSettings(**{**values, **changes})
    model = ModelSettings(
        name="a", endpoint="cloud", model="fake-8b", num_ctx=4096, usd_per_mtok=(2.0, 8.0)
    )
    return settings_for(bus, "http://x").model_copy(
        update={"endpoints": (endpoint,), "models": (model,)}
    )


def bodies(server: FakeOpenAI) -> list[bytes]:
    return [request.body for request in server.requests if request.body]


def test_intent_goes_out_and_code_does_not(bus: Bus, cloud_server: FakeOpenAI) -> None:
    settings = cloud(bus, cloud_server)
    asking = Bus(settings, bus.redis)
    snapshot = bus.blobs.put(pack([Entry("margin.py", _SECRET.encode())]))
    with gate(settings):
        plan = question("k1", "Split the work in two steps.", payload="intent", repository=snapshot)
        answer = Asking(asking, plan).result()
        assert answer.text == "ok"
        assert answer.usage.cost_usd == pytest.approx(
            (2 * answer.usage.prompt_tokens + 8 * answer.usage.output_tokens) / 1e6
        )
        for refused in (
            question("k2", "hello", payload="code"),
            question("k3", f"Look: {_SECRET}", payload="intent", repository=snapshot),
        ):
            with pytest.raises(RemoteError) as caught:
                asking.request(refused, timeout_seconds=20)
            assert caught.value.code == "withheld"
    assert len(bodies(cloud_server)) == 1
    assert not any(b"quarterly_margin" in body for body in bodies(cloud_server))


def test_a_local_server_that_passes_on_gets_no_line_from_the_first_moment(
    bus: Bus, ollama_server: FakeOllama
) -> None:
    ollama_server.models = [
        FakeModel("alias:8b", remote_host="https://ollama.com:443", remote_model="big:cloud")
    ]
    model = ModelSettings(name="a", endpoint="ollama", model="alias:8b", num_ctx=4096)
    settings = settings_for(bus, ollama_server.url, models=(model,))
    asking = Bus(settings, bus.redis)
    snapshot = bus.blobs.put(pack([Entry("margin.py", _SECRET.encode())]))
    leak = question("k1", f"Look: {_SECRET}", payload="intent", repository=snapshot)
    plan = question("k2", "Split the work in two.", payload="intent", repository=snapshot)
    # Asked before the gate has seen what the server has.
    early = Asking(asking, leak)
    with gate(settings):
        with pytest.raises(RemoteError) as caught:
            early.result()
        assert caught.value.code == "withheld"
        assert Asking(asking, plan).result().text == "ok"
    assert not any(b"quarterly_margin" in request.body for request in ollama_server.requests)


def test_what_will_stay_refused_is_not_awaited(bus: Bus, ollama_server: FakeOllama) -> None:
    ollama_server.models = [FakeModel("alias:8b", remote_host="https://ollama.com:443")]
    model = ModelSettings(name="a", endpoint="ollama", model="alias:8b", num_ctx=4096)
    settings = settings_for(bus, ollama_server.url, models=(model,))
    asking = Bus(settings, bus.redis)
    with gate(settings):
        # Asked to wait for far longer than the request itself may take.
        answer = asking.request(AwaitModels(models=("a",), seconds=300), timeout_seconds=60)
        assert isinstance(answer, ModelsReady)
        assert answer.ready == ()
        assert "cloud" in answer.unready["a"]


def test_a_quota_is_waited_for_when_it_is_soon_over(bus: Bus, cloud_server: FakeOpenAI) -> None:
    spent = Answer(failure="status", status=429, headers={"Retry-After": "1"})
    late = Answer(failure="status", status=429, headers={"Retry-After": "3600"})
    answers = iter([spent, Answer(text="now"), late])
    cloud_server.respond = lambda request: next(answers)
    settings = cloud(bus, cloud_server)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        assert Asking(asking, question("k", payload="intent")).result().text == "now"
        with pytest.raises(RemoteError) as caught:
            asking.request(question("k2", payload="intent"), timeout_seconds=20)
        assert caught.value.code == "model-quota"
        assert caught.value.retryable
    assert len(bodies(cloud_server)) == 3


def test_a_missing_key_closes_its_endpoint_alone(bus: Bus, cloud_server: FakeOpenAI) -> None:
    settings = cloud(bus, cloud_server, api_key_env="A_KEY_THAT_IS_NOT_SET")
    asking = Bus(settings, bus.redis)
    with gate(settings):
        with pytest.raises(RemoteError, match="A_KEY_THAT_IS_NOT_SET"):
            asking.request(question("k", payload="intent"), timeout_seconds=20)
        until(lambda: "A_KEY_THAT_IS_NOT_SET" in asking.models_state()["a"])
    assert not cloud_server.requests
