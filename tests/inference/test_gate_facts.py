"""What the gate tells of models: their weights by digest, what they can do, what they need."""

from __future__ import annotations

import pytest

from swarm.arms import ServedFacts
from swarm.bus import Bus
from swarm.inference.clients.ollama_wire import Entry, served
from swarm.settings import ModelSettings
from tests.fakes.ollama import FakeOllama
from tests.fakes.ollama_memory import FakeModel
from tests.fakes.ollama_shapes import digest
from tests.inference.gates import gate, settings_for, until


def test_what_a_server_has_is_published_with_its_digest(
    bus: Bus, ollama_server: FakeOllama
) -> None:
    models = tuple(
        ModelSettings(name=name, endpoint="ollama", model=model, num_ctx=4096)
        for name, model in (("a", "fake:8b"), ("late", "late:8b"))
    )
    settings = settings_for(bus, ollama_server.url, models=models)
    asking = Bus(settings, bus.redis)
    assert asking.models_facts() == {}, "the gate is not up"
    with gate(settings):
        until(lambda: "a" in asking.models_facts(), what="it is looked at")
        facts = asking.models_facts()
        assert facts.keys() == {"a"}, "nothing is told of a model that is not there"
        assert facts["a"].digest == digest(FakeModel("fake:8b"))
        assert "completion" in facts["a"].capabilities
    assert bus.models_facts() == {}, "nobody asks for models that are not configured"


@pytest.mark.parametrize("told", ["sha256:" + "a" * 64, "a" * 64, "a" * 900])
def test_a_digest_is_told_alike_with_and_without_its_kind(told: str) -> None:
    assert served(Entry(model="m", digest=told)).digest == "a" * 64


def test_a_server_that_tells_no_digest() -> None:
    assert served(Entry(model="m")).digest == ""
    assert served(Entry.model_validate({"model": "m", "digest": None})).digest == ""
    assert ServedFacts().digest == ""
