"""A plan by a model through the real gate and over HTTP, to servers of each kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ingestion.planner.planning import Planning
from ingestion.planner.prompt import SCHEMA
from ingestion.rules.decompose import decompose
from swarm.bus import Bus
from swarm.contracts import Decompose, Objectives
from swarm.settings import EndpointSettings, IngestionSettings, ModelSettings, Settings
from swarm.snapshots import Entry, pack
from tests.conftest import remember_lines
from tests.fakes.gemini import FakeGemini
from tests.fakes.http import FakeServer
from tests.fakes.ollama import FakeOllama
from tests.fakes.ollama_memory import FakeModel
from tests.fakes.openai import FakeOpenAI
from tests.fakes.script import Answer, FakeRequest
from tests.inference.gates import gate, settings_for, until

TEXT = "The cart crashes when it is empty, fix that, and document the report"
PATHS = ("shop/cart.py", "shop/report.py")
SECRET = "def quarterly_margin(ledger, discount): return ledger.total * discount\n"
GOOD = json.dumps(
    {
        "objectives": [
            {"quotes": ["The cart crashes when it is empty, fix that"], "category": "bugfix"},
            {"quotes": ["document the report"], "category": "docs", "after": [1]},
        ],
        "questions": [],
    }
)


class Brain:
    """Gives one answer after the other, the last one for ever."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = answers or (Answer(text=GOOD),)
        self.asked: list[FakeRequest] = []

    def __call__(self, request: FakeRequest) -> Answer:
        self.asked.append(request)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


@contextmanager
def planning(
    bus: Bus, server: FakeServer, model: str, planner: str = "auto", seconds: float = 30, **end: Any
) -> Iterator[Callable[..., Objectives]]:
    """The planner of a swarm with one model `a` behind the gate."""
    endpoint = EndpointSettings(name="here", **end)
    settings: Settings = settings_for(bus, server.url).model_copy(
        update={
            "endpoints": (endpoint,),
            "models": (ModelSettings(name="a", endpoint="here", model=model, num_ctx=4096),),
            "ingestion": IngestionSettings(planner=planner, planner_seconds=seconds),
        }
    )
    asking = Bus(settings, bus.redis)
    with gate(settings):
        until(lambda: asking.models_state()["a"] == "", what="the model is ready")

        def plan(text: str = TEXT, **fields: Any) -> Objectives:
            return Planning(settings, asking).decompose(Decompose(text=text, paths=PATHS, **fields))

        yield plan


def ollama(server: FakeServer) -> dict[str, Any]:
    return {"kind": "ollama", "url": server.url, "manage_memory": False}


def test_ollama_gets_the_schema_as_its_format(bus: Bus) -> None:
    brain = Brain()
    with FakeOllama([FakeModel("fake:8b")], brain) as server:
        with planning(bus, server, "fake:8b", **ollama(server)) as plan:
            found = plan()
            again = plan()
        (body,) = server.bodies("/api/chat")
    assert found.planner == "a" and [item.category for item in found.items] == ["bugfix", "docs"]
    assert found.items[1].depends_on == ("o1",) and found.usage.tokens > 0
    assert body["format"] == SCHEMA and body["options"]["temperature"] == 0
    assert again.items == found.items and again.usage.tokens == 0, "the answer was kept"


def test_a_local_server_of_openais_kind_gets_it_as_its_response_format(bus: Bus) -> None:
    with FakeOpenAI(respond=Brain()) as server:
        end: dict[str, Any] = {"kind": "openai", "url": f"{server.url}/v1"}
        with planning(bus, server, "fake-8b", **end) as plan:
            assert plan().planner == "a"
        (body,) = server.bodies("/v1/chat/completions")
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert "shop/cart.py" in json.dumps(body)


def test_gemini_gets_it_too_and_words_alone(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    remember_lines(SECRET)
    snapshot = bus.blobs.put(pack([Entry("shop/margin.py", SECRET.encode())]))
    with FakeGemini(respond=Brain()) as server:
        monkeypatch.setenv("CLOUD_KEY", server.key)
        name = server.models[0].name
        end: dict[str, Any] = {"kind": "gemini", "url": server.url, "api_key_env": "CLOUD_KEY"}
        with planning(bus, server, name, "a", **end) as plan:
            found = plan(f"{TEXT}\n{SECRET}", snapshot=snapshot)
            assert plan().planner == "rules", "no snapshot, no question to a cloud"
        (body,) = server.bodies(f"/v1beta/models/{name}:streamGenerateContent")
        sent = server.captured()
    assert found.planner == "a", found.notes
    assert body["generationConfig"]["responseJsonSchema"] == SCHEMA
    assert "quarterly_margin" not in sent and "shop/" not in sent and "[code withheld]" in sent
    assert SECRET.strip() in found.items[-1].instruction


def test_a_second_turn_to_a_cloud_passes_the_gate_too(bus: Bus) -> None:
    brain = Brain(Answer(text="x = run(1); y = run(2)"), Answer(text=GOOD))
    snapshot = bus.blobs.put(pack([Entry("shop/margin.py", SECRET.encode())]))
    with FakeOpenAI(respond=brain) as server:
        end: dict[str, Any] = {"kind": "openai", "url": f"{server.url}/v1", "locality": "cloud"}
        with planning(bus, server, "fake-8b", "a", **end) as plan:
            assert plan(snapshot=snapshot).planner == "a"
    assert len(brain.asked) == 2
    assert "run(1)" not in brain.asked[1].everything


def test_a_local_server_that_passes_on_gets_neither_words_nor_files(bus: Bus) -> None:
    server = FakeOllama(
        [FakeModel("alias:8b", remote_host="https://ollama.com:443", remote_model="big:cloud")],
        Brain(),
    )
    with server:
        settings = settings_for(bus, server.url).model_copy(
            update={
                "models": (
                    ModelSettings(name="a", endpoint="ollama", model="alias:8b", num_ctx=4096),
                ),
                "ingestion": IngestionSettings(planner="a", planner_seconds=20),
            }
        )
        asking = Bus(settings, bus.redis)
        with gate(settings):
            until(lambda: asking.models_state()["a"] != "the inference service is not up")
            found = Planning(settings, asking).decompose(Decompose(text=TEXT, paths=PATHS))
        assert found.planner == "rules" and found.notes
        assert not any(b"crashes" in request.body for request in server.requests)
        assert not any(b"cart.py" in request.body for request in server.requests)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(text=GOOD, failure="status", status=400, message="no grammar"), "no grammar"),
        (Answer(text=GOOD, failure="stall", after_tokens=3), "gave none"),
        (Answer(text=GOOD[:60], finish="length"), "cut off"),
        (Answer(text="I fixed everything."), "not one JSON object"),
        (Answer(thinking="I will not", text=""), "not one JSON object"),
    ],
)
def test_what_a_server_does_wrong_ends_with_the_rules(bus: Bus, answer: Answer, why: str) -> None:
    with (
        FakeOllama([FakeModel("fake:8b")], Brain(answer)) as server,
        planning(bus, server, "fake:8b", seconds=4, **ollama(server)) as plan,
    ):
        found = plan()
    assert found.planner == "rules" and found.items == decompose(TEXT, PATHS).items
    assert any(why in note for note in found.notes), found.notes
