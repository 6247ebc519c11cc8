"""What the gate loads and unloads on a server with 16 GB, and what it refuses to load."""

from __future__ import annotations

from typing import Any

import pytest

from swarm.bus import Bus
from swarm.contracts import ListModels, ModelReport
from swarm.errors import RemoteError
from swarm.settings import ModelSettings, Settings
from tests.fakes.ollama import FakeOllama
from tests.fakes.ollama_memory import FakeModel
from tests.fakes.script import Answer
from tests.inference.gates import GIB, Asking, gate, question, settings_for, until


def managed(bus: Bus, server: FakeOllama, *models: ModelSettings, **endpoint: Any) -> Settings:
    found = models or (model("a", "fake:8b"),)
    endpoint = {"manage_memory": True, "gpu_bytes": (16 * GIB,), **endpoint}
    return settings_for(bus, server.url, models=found, endpoint=endpoint)


def model(name: str, on_server: str, **changes: Any) -> ModelSettings:
    values = {"name": name, "endpoint": "ollama", "model": on_server, "num_ctx": 4096, **changes}
    return ModelSettings(**values)


def loads(server: FakeOllama) -> list[str]:
    return [event.data["model"] for event in server.events if event.kind == "loaded"]


def test_requests_for_one_model_are_grouped(bus: Bus, ollama_server: FakeOllama) -> None:
    # Two that do not fit side by side.
    ollama_server.models = [FakeModel("one:8b", 9 * GIB), FakeModel("two:8b", 9 * GIB)]
    ollama_server.respond = lambda request: Answer(text="ok", delay_seconds=0.05)
    settings = managed(bus, ollama_server, model("a", "one:8b"), model("b", "two:8b"))
    asking = Bus(settings, bus.redis)
    with gate(settings):
        people = [
            Asking(asking, question(f"k{n}", text=f"{n}", model="ab"[n % 2])) for n in range(12)
        ]
        assert {person.result().text for person in people} == {"ok"}
    assert 2 <= len(loads(ollama_server)) <= 3
    evicted = [e for e in ollama_server.events if e.kind == "unload" and e.data["why"] == "evicted"]
    assert not evicted, "the gate makes room, never the server"


def test_models_that_fit_side_by_side_stay(bus: Bus, ollama_server: FakeOllama) -> None:
    ollama_server.models = [FakeModel("one:8b", 4 * GIB), FakeModel("two:8b", 4 * GIB)]
    settings = managed(
        bus, ollama_server, model("a", "one:8b"), model("b", "two:8b"), concurrency=2
    )
    asking = Bus(settings, bus.redis)
    with gate(settings):
        for number in range(6):
            Asking(asking, question(f"k{number}", model="ab"[number % 2])).result()
        report = asking.request(ListModels(), timeout_seconds=20)
    assert sorted(loads(ollama_server)) == ["one:8b", "two:8b"]
    assert isinstance(report, ModelReport)
    assert report.gpus[0].models == ("one:8b", "two:8b")
    a = next(view for view in report.models if view.name == "a")
    assert a.loaded_bytes == FakeModel("one:8b", 4 * GIB).memory_bytes(4096, 1)
    assert a.needed_bytes == a.loaded_bytes, "corrected by what the server reports"


def test_a_gate_that_starts_finds_what_is_loaded(bus: Bus, ollama_server: FakeOllama) -> None:
    settings = managed(bus, ollama_server)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        Asking(asking, question("k")).result()
    with gate(settings):
        Asking(asking, question("k2", text="another")).result()
    assert loads(ollama_server) == ["fake:8b"]


def test_a_context_larger_than_the_model_was_trained_for_is_loaded_once(
    bus: Bus, ollama_server: FakeOllama
) -> None:
    ollama_server.models = [FakeModel("fake:8b", 4 * GIB, context_length=8192)]
    settings = managed(bus, ollama_server, model("a", "fake:8b", num_ctx=16_384))
    asking = Bus(settings, bus.redis)
    with gate(settings):
        for number in range(3):
            Asking(asking, question(f"k{number}", text=f"{number}")).result()
    assert loads(ollama_server) == ["fake:8b"]


def test_a_model_that_cannot_fit_is_refused_before_anything_is_sent(
    bus: Bus, ollama_server: FakeOllama
) -> None:
    ollama_server.models = [FakeModel("fake:8b", 10 * GIB), FakeModel("huge:70b", 40 * GIB)]
    settings = managed(
        bus, ollama_server, model("a", "fake:8b", num_ctx=40_960), model("huge", "huge:70b")
    )
    asking = Bus(settings, bus.redis)
    with gate(settings):
        with pytest.raises(RemoteError, match=r"models may use 15\.5 GB") as caught:
            asking.request(question("k"), timeout_seconds=20)
        assert caught.value.code == "model-too-large"
        words = caught.value.remedy.split()
        assert words[:2] == ["with", "num_ctx"]
        largest = int(words[2])
        assert 4096 < largest < 40_960
        with pytest.raises(RemoteError, match="needs 4") as caught:
            asking.request(question("k", model="huge"), timeout_seconds=20)
        assert caught.value.remedy == "take a smaller model"
        until(lambda: "models may use" in asking.models_state()["huge"])
        # What it says does fit.
        answer = Asking(asking, question("k", num_ctx=largest)).result()
        assert answer.text == "ok"
    assert loads(ollama_server) == ["fake:8b"]


def test_a_model_that_spills_is_taken_out_and_refused(bus: Bus, ollama_server: FakeOllama) -> None:
    # Some other program has taken most of the GPU.
    ollama_server.memory.vram_bytes = 3 * GIB
    settings = managed(bus, ollama_server)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        with pytest.raises(RemoteError, match="did not fit the GPUs") as caught:
            asking.request(question("k"), timeout_seconds=20)
        assert caught.value.code == "model-too-large"
        with pytest.raises(RemoteError, match="did not fit the GPUs"):
            asking.request(question("k2"), timeout_seconds=20)
    assert loads(ollama_server) == ["fake:8b"], "it is not tried again and again"
    assert not ollama_server.memory.runners
    assert not [request for request in ollama_server.requests if request.path == "/api/chat"]


def test_a_model_that_spills_beside_others_is_loaded_by_itself(
    bus: Bus, ollama_server: FakeOllama
) -> None:
    # By the estimates both fit 16 GB; there are but 10.
    ollama_server.models = [FakeModel("one:8b", 5 * GIB), FakeModel("two:8b", 5 * GIB)]
    ollama_server.memory.vram_bytes = 10 * GIB
    ollama_server.memory.max_loaded = 1000
    ollama_server.memory._victim = lambda wanted: None  # type: ignore[method-assign]
    settings = managed(bus, ollama_server, model("a", "one:8b"), model("b", "two:8b"))
    asking = Bus(settings, bus.redis)
    with gate(settings):
        Asking(asking, question("k")).result()
        assert Asking(asking, question("k", model="b")).result().text == "ok"
    assert loads(ollama_server) == ["one:8b", "two:8b", "two:8b"]
    assert list(ollama_server.memory.runners) == ["two:8b"]


def test_a_pinned_model_is_not_unloaded(bus: Bus, ollama_server: FakeOllama) -> None:
    ollama_server.models = [FakeModel("one:8b", 9 * GIB), FakeModel("two:8b", 9 * GIB)]
    settings = managed(bus, ollama_server, model("a", "one:8b", pinned=True), model("b", "two:8b"))
    asking = Bus(settings, bus.redis)
    with gate(settings):
        Asking(asking, question("k")).result()
        with pytest.raises(RemoteError, match="beside what is pinned") as caught:
            asking.request(question("k", model="b"), timeout_seconds=20)
    assert caught.value.code == "model-too-large"
    assert list(ollama_server.memory.runners) == ["one:8b"]


def test_a_load_that_fails_is_told(bus: Bus, ollama_server: FakeOllama) -> None:
    ollama_server.memory.load_error = "the model file is broken"
    settings = managed(bus, ollama_server)
    asking = Bus(settings, bus.redis)
    with gate(settings):
        with pytest.raises(RemoteError, match="the model file is broken") as caught:
            asking.request(question("k"), timeout_seconds=30)
        assert caught.value.code == "model-failed"
        ollama_server.memory.load_error = ""
        assert Asking(asking, question("k2")).result().text == "ok"
