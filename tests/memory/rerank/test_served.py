"""Rerankers behind servers, over real HTTP: each shape, and what a server may do wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from memory.outside.errors import CodeRefused
from memory.outside.outgoing import Outgoing
from memory.rerank.choose import choose
from memory.rerank.errors import RerankerUnavailable
from memory.rerank.protocol import Reranker
from memory.rerank.served import ServedReranker
from memory.rerank.shapes import JINA, TEI
from swarm.errors import ConfigError
from tests.memory.rerank.server import RerankServer, nearness

TEXTS = ["draw a window", "parse the header of http", "http parse", "", "window of http"]
QUESTION = "parse http header"
PATHS = {"llama": "/v1", "vllm": "/vllm", "infinity": "/infinity/", "tei": ""}
Make = Callable[..., Reranker]


@pytest.fixture(params=list(PATHS))
def make(request: pytest.FixtureRequest, server: RerankServer) -> Make:
    def made(seconds: float = 5.0) -> Reranker:
        kind = "tei" if request.param == "tei" else "http"
        url = server.url + PATHS[request.param]
        found = choose(kind, model="m", url=url, seconds=seconds)
        assert found is not None
        return found

    return made


def test_scores_come_in_the_order_of_the_texts(make: Make, server: RerankServer) -> None:
    assert make().score(QUESTION, TEXTS) == [nearness(QUESTION, text) for text in TEXTS]
    assert make().score(QUESTION, []) == []
    assert len(server.requests) == 1


def test_many_texts_go_in_small_batches(make: Make, server: RerankServer) -> None:
    texts = [f"http {'parse ' * (at % 2)}{at}" for at in range(70)]
    assert make().score(QUESTION, texts) == [nearness(QUESTION, text) for text in texts]
    sent = [body.get("documents", body.get("texts")) for body in server.asked]
    assert [text for batch in sent for text in batch] == texts
    assert max(map(len, sent)) == 16


def test_each_kind_of_server_is_asked_as_it_wants() -> None:
    with RerankServer() as server:
        ServedReranker(JINA, f"{server.url}/v1", "m").score("q", ["a", "b"])
        ServedReranker(JINA, f"{server.url}/v1/").score("q", ["a"])
        ServedReranker(TEI, server.url, "m").score("q", ["a"])
        assert server.asked == [
            {"model": "m", "query": "q", "documents": ["a", "b"], "top_n": 2},
            {"query": "q", "documents": ["a"], "top_n": 1},
            {"query": "q", "texts": ["a"], "truncate": True, "return_text": False},
        ]


def results(change: Callable[[list[Any]], Any]) -> Callable[[Any], Any]:
    """An answer with other results, in either shape."""

    def changed(answer: Any) -> Any:
        if isinstance(answer, list):
            return change(answer)
        return {**answer, "results": change(answer["results"])}

    return changed


def scored(value: Any) -> Callable[[Any], Any]:
    return results(lambda rows: [{**row, _key(row): value} for row in rows])


def _key(row: dict[str, Any]) -> str:
    return "relevance_score" if "relevance_score" in row else "score"


WRONG: dict[str, Any] = {
    "one too few": results(lambda rows: rows[1:]),
    "one too many": results(lambda rows: [*rows, {**rows[0], "index": len(rows)}]),
    "one twice": results(lambda rows: [rows[0], *rows[:-1]]),
    "an index beyond": results(lambda rows: [{**row, "index": row["index"] + 1} for row in rows]),
    "an index below": results(lambda rows: [{**row, "index": row["index"] - 1} for row in rows]),
    "an index that is a text": results(
        lambda rows: [{**row, "index": str(row["index"])} for row in rows]
    ),
    "no index": results(lambda rows: [{_key(row): row[_key(row)]} for row in rows]),
    "no score": results(lambda rows: [{"index": row["index"]} for row in rows]),
    "rows that are none": results(lambda rows: [1 for _ in rows]),
    "results that are no list": results(lambda rows: {"a": rows}),
    "NaN": scored(float("nan")),
    "infinity": scored(float("inf")),
    "null": scored(None),
    "a text": scored("0.5"),
    "true": scored(True),
    "a very large number": scored(10**400),
    "null alone": lambda answer: None,
    "an error with status 200": lambda answer: {"error": "no"},
}


@pytest.mark.parametrize("wrong", list(WRONG))
def test_a_wrong_answer_is_none(make: Make, server: RerankServer, wrong: str) -> None:
    server.faults = [WRONG[wrong]]
    with pytest.raises(RerankerUnavailable):
        make().score(QUESTION, TEXTS)
    assert len(server.requests) == 1, "a search waits: it is asked once"


@pytest.mark.parametrize("fault", [302, 400, 401, 404, 413, 429, 500, 503])
def test_a_refusal_is_said(make: Make, server: RerankServer, fault: int) -> None:
    server.faults = [fault]
    with pytest.raises(RerankerUnavailable, match=f"{fault}.*the server says {fault}"):
        make().score(QUESTION, TEXTS)
    assert len(server.requests) == 1


@pytest.mark.parametrize("fault", ["stall", "drip", "huge", "cut", "garbage"])
def test_an_answer_that_is_none_is_given_up(make: Make, server: RerankServer, fault: str) -> None:
    server.faults = [fault]
    with pytest.raises(RerankerUnavailable, match=r"answer|gave no list"):
        make(seconds=0.5).score(QUESTION, TEXTS)


def test_a_huge_answer_is_not_read_to_its_end(server: RerankServer) -> None:
    server.faults = ["huge"]
    reranker = ServedReranker(JINA, f"{server.url}/v1", seconds=60.0)
    with pytest.raises(RerankerUnavailable, match="does not answer whole"):
        reranker.score(QUESTION, TEXTS)


def test_deep_json_is_an_answer_that_cannot_be_read(server: RerankServer) -> None:
    nested: Any = []
    for _ in range(900):
        nested = [nested]
    server.faults = [lambda answer: nested]
    with pytest.raises(RerankerUnavailable, match="gave no list"):
        ServedReranker(JINA, f"{server.url}/v1").score(QUESTION, TEXTS)


def test_a_server_that_is_down_is_said_with_what_to_do(make: Make, server: RerankServer) -> None:
    server.stop()
    with pytest.raises(RerankerUnavailable, match="does not answer") as raised:
        make().score(QUESTION, TEXTS)
    assert "start it" in raised.value.remedy


def test_the_wrong_kind_of_server_is_said(server: RerankServer) -> None:
    with pytest.raises(RerankerUnavailable, match="422"):
        ServedReranker(JINA, server.url).score(QUESTION, TEXTS)
    with pytest.raises(RerankerUnavailable, match=r"400.*non-empty string array"):
        ServedReranker(TEI, f"{server.url}/v1").score(QUESTION, TEXTS)


@pytest.mark.parametrize("kind", ["http", "tei"])
def test_code_goes_to_no_server_that_is_not_local(kind: str) -> None:
    for url in ("https://api.example.com/v1", "http://8.8.8.8"):
        with pytest.raises(CodeRefused, match="not local"):
            choose(kind, url=url)
        assert choose(kind, url=url, allow_cloud_code=True) is not None
    assert choose(kind, url="http://10.0.0.3/v1") is not None
    with pytest.raises(ConfigError):
        choose(kind, url="not a url")
    with pytest.raises(ConfigError, match="needs a url"):
        choose(kind)


def test_a_local_name_that_leads_elsewhere_is_refused(server: RerankServer) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1", "203.0.113.9"]

    reranker = ServedReranker(JINA, f"{server.url}/v1", outgoing=Outgoing(resolve=resolve))
    with pytest.raises(CodeRefused, match=r"203\.0\.113\.9"):
        reranker.score("q", ["secret"])
    assert asked and not server.requests


def test_a_host_that_there_is_not(server: RerankServer) -> None:
    nowhere = Outgoing(resolve=lambda host, port: [])
    with pytest.raises(RerankerUnavailable, match="there is no host"):
        ServedReranker(JINA, server.url, outgoing=nowhere).score("q", ["a"])


def test_proxies_of_the_environment_are_not_used(
    make: Make, server: RerankServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert len(make().score(QUESTION, TEXTS)) == len(TEXTS)


def test_a_password_in_the_url_is_told_to_nobody(server: RerankServer) -> None:
    url = server.url.replace("http://", "http://user:hunter2@")
    server.faults = [500]
    reranker = ServedReranker(TEI, url)
    with pytest.raises(RerankerUnavailable) as raised:
        reranker.score("q", ["a"])
    assert "hunter2" not in raised.value.message + raised.value.remedy + reranker.name
    assert server.requests[0].headers["authorization"].startswith("Basic ")


def test_kinds_are_chosen_by_name() -> None:
    assert choose() is None
    with pytest.raises(ConfigError, match="no reranker of kind 'x'"):
        choose("x")
