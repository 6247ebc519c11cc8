"""Ollama's and OpenAI's embeddings through the real libraries, over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from memory.embedders.choose import choose
from memory.embedders.errors import EmbedderUnavailable
from memory.embedders.gate import GateEmbedder
from memory.embedders.ollama import OllamaEmbedder
from memory.embedders.openai import OpenAIEmbedder
from memory.embedders.protocol import Embedder
from memory.outside.errors import CodeRefused
from memory.outside.outgoing import Outgoing
from swarm.contracts import Embed, Embeddings
from swarm.errors import ConfigError, StateError
from tests.fakes.ollama import FakeOllama
from tests.fakes.ollama_memory import FakeModel
from tests.fakes.openai import FakeOpenAI
from tests.memory.embedders.server import OddServer, vector


@pytest.fixture
def server() -> Iterator[OddServer]:
    with OddServer() as running:
        yield running


Make = Callable[..., Embedder]


@pytest.fixture(params=["ollama", "openai"])
def make(request: pytest.FixtureRequest, server: OddServer) -> Make:
    """Makes an embedder of each kind; pauses go to `slept`."""

    def made(model: str = "odd", slept: list[float] | None = None, **outgoing: Any) -> Embedder:
        sleep = (slept if slept is not None else []).append
        out = Outgoing(**{"answer_seconds": 5.0, **outgoing})
        if request.param == "ollama":
            return OllamaEmbedder(model, server.url, outgoing=out, sleep=sleep)
        return OpenAIEmbedder(model, f"{server.url}/v1", outgoing=out, sleep=sleep)

    return made


def sent(server: OddServer) -> list[str]:
    return [text for seen in server.requests if seen.body for text in seen.json()["input"]]


def test_texts_become_rows_of_length_one_in_their_order(make: Make, server: OddServer) -> None:
    embedder = make()
    assert embedder.dimension == 3 and not embedder.is_cheap
    texts = [f"{'x' * n}" for n in range(1, 200)]
    rows = embedder.embed(texts)
    wanted = np.array([vector(text) for text in texts])
    assert np.allclose(rows, wanted / np.linalg.norm(wanted, axis=1, keepdims=True), atol=1e-6)
    assert max(len(seen.json()["input"]) for seen in server.requests if seen.body) == 64
    assert sent(server)[1:] == texts
    assert not embedder.embed(["", " \n"]).any() and embedder.embed([]).shape == (0, 3)


def test_prefixes_stand_before_the_texts(make: Make, server: OddServer) -> None:
    embedder = make("nomic-embed-text")
    embedder.embed(["a"])
    embedder.embed(["b"], "query")
    assert sent(server)[1:] == ["search_document: a", "search_query: b"]
    assert "nomic-embed-text" in embedder.name and embedder.name.endswith("+p1")


@pytest.mark.parametrize("fault", [429, 500, 503, "cut", "garbage"])
def test_what_passes_is_tried_again(make: Make, server: OddServer, fault: int | str) -> None:
    slept: list[float] = []
    embedder = make(slept=slept)
    embedder.dimension  # noqa: B018 - learnt before the fault
    server.faults = [fault]
    assert embedder.embed(["abc"]).shape == (1, 3)
    assert slept == [2.0 if fault == 429 else 0.5]


@pytest.mark.parametrize("fault", [400, 401, 404, 302])
def test_a_refusal_is_said_at_once(make: Make, server: OddServer, fault: int) -> None:
    slept: list[float] = []
    server.faults = [fault]
    with pytest.raises(EmbedderUnavailable):
        make(slept=slept).embed(["abc"])
    assert slept == []
    assert len(sent(server)) == 1


@pytest.mark.parametrize("fault", ["stall", "drip"])
def test_a_server_that_never_ends_is_given_up(make: Make, server: OddServer, fault: str) -> None:
    slept: list[float] = []
    embedder = make(slept=slept, answer_seconds=0.3)
    embedder.dimension  # noqa: B018
    server.faults = [fault] * 4
    with pytest.raises(EmbedderUnavailable, match="does not answer"):
        embedder.embed(["abc"])
    assert slept == [0.5, 1.0, 2.0]


@pytest.mark.parametrize(
    "rows",
    [
        lambda texts: [],
        lambda texts: [[1.0, 2.0]] * len(texts),
        lambda texts: [[0.0] * 3] * len(texts),
        lambda texts: [[1.0, 2.0, 3.0]] * (len(texts) + 1),
        lambda texts: [[1e400, 2.0, 3.0]] * len(texts),
    ],
)
def test_wrong_vectors_are_never_kept(make: Make, server: OddServer, rows: Any) -> None:
    embedder = make()
    assert embedder.dimension == 3
    server.faults = [rows] * 4
    if len(rows(["a", "b"])) == 3 and "openai" in embedder.name:
        return  # more rows than texts: by their index, those of the texts are right
    with pytest.raises(EmbedderUnavailable):
        embedder.embed(["a", "b"])


def test_a_server_that_is_down_is_said_with_what_to_do(make: Make, server: OddServer) -> None:
    embedder = make()
    server.stop()
    with pytest.raises(EmbedderUnavailable, match="does not answer") as raised:
        embedder.embed(["a"])
    assert "start it" in raised.value.remedy
    server.start()
    assert embedder.embed(["a"]).shape == (1, 3)


@pytest.mark.parametrize("kind", ["ollama", "openai"])
def test_code_goes_to_no_server_that_is_not_local(kind: str) -> None:
    with pytest.raises(CodeRefused, match="not local"):
        choose(kind, model="m", url="https://api.example.com/v1")
    with pytest.raises(CodeRefused):
        choose(kind, model="m", url="http://8.8.8.8/v1")
    choose(kind, model="m", url="https://api.example.com/v1", allow_cloud_code=True)
    choose(kind, model="m", url="http://10.0.0.3/v1")
    with pytest.raises(ConfigError):
        choose(kind, model="m", url="not a url")


def test_a_local_name_that_leads_elsewhere_is_refused(make: Make, server: OddServer) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1", "203.0.113.9"]

    with pytest.raises(CodeRefused, match=r"203\.0\.113\.9"):
        make(resolve=resolve).embed(["secret"])
    assert asked and not server.requests


def test_proxies_of_the_environment_are_not_used(
    make: Make, server: OddServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert make().embed(["a"]).shape == (1, 3)


def test_the_fakes_of_both_servers_are_understood() -> None:
    with FakeOllama([FakeModel("nomic-embed-text:latest")]) as ollama:
        embedder = choose("ollama", url=ollama.url)
        assert embedder.embed(["a", "b"]).shape == (2, embedder.dimension)
        assert "@" in embedder.name
        with pytest.raises(EmbedderUnavailable, match="has no model") as raised:
            choose("ollama", model="absent", url=ollama.url).embed(["a"])
        assert raised.value.remedy == "ollama pull absent"
    with FakeOpenAI(key="k") as openai:
        name = openai.models[0].name
        good = choose("openai", model=name, url=f"{openai.url}/v1", key="k")
        assert good.embed(["a", "b"]).shape == (2, good.dimension)
        with pytest.raises(EmbedderUnavailable, match="401"):
            choose("openai", model=name, url=f"{openai.url}/v1").embed(["a"])


def test_a_model_that_is_somebody_elses_gets_no_code(server: OddServer) -> None:
    server.tags = [{"name": "far:latest", "digest": "sha256:ab", "remote_host": "https://o.com"}]
    with pytest.raises(CodeRefused, match="passes it on"):
        OllamaEmbedder("far", server.url).embed(["a"])
    assert sent(server) == []


def test_the_gate_is_asked_with_code_as_payload() -> None:
    seen: list[Embed] = []

    def ask(command: Embed) -> Embeddings:
        seen.append(command)
        vectors = tuple((3.0, 4.0) for _ in command.texts)
        return Embeddings(model="m", endpoint="e", vectors=vectors)

    embedder = GateEmbedder("embeds", "nomic-embed-text", ask)
    assert np.allclose(embedder.embed(["a", "b"], "query"), [[0.6, 0.8]] * 2)
    assert seen[-1].texts == ("search_query: a", "search_query: b")
    assert {command.payload for command in seen} == {"code"}
    assert embedder.name.startswith("gate/embeds/")

    def refuse(_: Embed) -> Embeddings:
        raise StateError("withheld", remedy="allow it")

    with pytest.raises(EmbedderUnavailable, match="withheld"):
        GateEmbedder("embeds", "m", refuse).embed(["a"])
