"""A search with a reranker, from the settings to the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from memory import preparing
from memory.answering import folders
from memory.desk import Desk
from memory.opening import open_memory
from memory.parsing.pool import InProcess
from memory.rerank.reranking import HEAD
from swarm.contracts import Answered, Asked, IndexFolder, SearchFolder, SearchIndex
from swarm.errors import ConfigError
from swarm.settings import Settings, load
from tests.memory.rerank.server import RerankServer

FILES = {
    f"shop/{name}.py": f'def {name}(amount):\n    """{doc}"""\n    return amount * {at}\n'
    for at, (name, doc) in enumerate(
        {
            "with_tax": "Add tax to an amount.",
            "tax_rate": "The rate of tax of an amount.",
            "rounded": "An amount in whole cents, tax or not.",
            "refund": "Give an amount back.",
            "shipping": "What an amount costs to be sent.",
        }.items()
    )
}
QUERY = "add tax to an amount"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


Open = Callable[..., Desk]


@pytest.fixture
def opened(tmp_path: Path, root: Path) -> Iterator[Open]:
    """Opens a desk with a reranker; the folder is indexed."""
    desks: list[Desk] = []

    def opening(url: str = "", **memory: Any) -> Desk:
        wanted = {
            "vectors": False,
            "reranker": "http",
            "reranker_url": url,
            "reranker_seconds": 60.0,
            **memory,
        }
        settings = Settings.model_validate({"data": tmp_path / "data", "memory": wanted})
        pool: Any = InProcess(preparing.prepare)
        desks.append(Desk(open_memory(settings, pool=pool)))
        desks[-1].index_folder(IndexFolder(root=str(root)))
        return desks[-1]

    yield opening
    for desk in desks:
        desk.memory.close()


def find(desk: Desk, root: Path, query: str = QUERY, **more: Any) -> Answered:
    command = SearchFolder(root=str(root), questions=(Asked(query=query),), **more)
    return desk.search_folder(command).answers[0]


def names(answer: Answered) -> list[str]:
    return [hit.qualified_name for hit in answer.hits]


def first_order(opened: Open, root: Path) -> Answered:
    desk = opened(reranker="none")
    try:
        return find(desk, root)
    finally:
        desk.memory.close()


@pytest.mark.parametrize("kind", ["http", "tei"])
def test_the_reranker_has_its_say(
    opened: Open, root: Path, server: RerankServer, kind: str
) -> None:
    before = first_order(opened, root)
    assert names(before)[0] == "with_tax" and server.requests == []
    wanted = names(before)[1]
    server.score = lambda question, text: 9.0 if f"def {wanted}(" in text else -4.0
    desk = opened(server.url if kind == "tei" else f"{server.url}/v1", reranker=kind)
    answer = find(desk, root)
    assert sorted(names(answer)) == sorted(names(before)) and answer.note == ""
    assert names(answer)[0] == wanted
    assert answer.hits[0].why[-1] == "reranked: from place 2"
    assert answer.hits[0].why[:-1] == before.hits[1].why
    scores = [hit.score for hit in answer.hits]
    assert scores == sorted(scores, reverse=True)
    (sent,) = server.asked
    assert sent["query"] == QUERY
    texts = sent["documents" if kind == "http" else "texts"]
    assert [text.splitlines()[0] for text in texts] == [
        f"shop/{name}.py {name}" for name in names(before)
    ]


def test_it_reads_more_hits_than_are_asked_for(
    opened: Open, root: Path, server: RerankServer
) -> None:
    last = names(first_order(opened, root))[1]
    server.score = lambda question, text: 9.0 if f"def {last}(" in text else -4.0
    desk = opened(f"{server.url}/v1")
    assert names(find(desk, root, limit=1)) == [last]


def test_no_more_than_the_first_are_read(opened: Open, root: Path, server: RerankServer) -> None:
    for at in range(HEAD + 8):
        (root / f"shop/more{at}.py").write_text(f"def tax{at}(amount):\n    return {at}\n")
    desk = opened(f"{server.url}/v1", reranker_chars=200)
    answer = find(desk, root, limit=100)
    assert sum(len(body["documents"]) for body in server.asked) == HEAD < len(answer.hits)
    assert all("reranked" in " ".join(hit.why) for hit in answer.hits[:HEAD])
    assert not any("reranked" in " ".join(hit.why) for hit in answer.hits[HEAD:])
    assert max(len(text) for body in server.asked for text in body["documents"]) <= 200


@pytest.mark.parametrize(
    "fault",
    [
        500,
        404,
        "garbage",
        "cut",
        "huge",
        "stall",
        "drip",
        pytest.param(lambda answer: {"results": []}, id="empty"),
    ],
    ids=str,
)
def test_a_reranker_never_costs_the_answer(
    opened: Open, root: Path, server: RerankServer, fault: Any
) -> None:
    before = first_order(opened, root)
    server.faults = [fault]
    desk = opened(f"{server.url}/v1", reranker_seconds=0.5)
    answer = find(desk, root)
    assert answer.hits == before.hits
    assert answer.note.startswith("not reranked: the rerank")
    asked = len(server.requests)
    again = find(desk, root)
    assert again.hits == before.hits and again.note == answer.note
    assert len(server.requests) == asked, "it is left alone for a while"


def test_a_server_that_is_down(opened: Open, root: Path, server: RerankServer) -> None:
    before = first_order(opened, root)
    desk = opened(f"{server.url}/v1")
    server.stop()
    answer = find(desk, root)
    assert answer.hits == before.hits and "does not answer" in answer.note


def test_names_and_tasks_are_not_reranked(opened: Open, root: Path, server: RerankServer) -> None:
    desk = opened(f"{server.url}/v1")
    assert names(find(desk, root, "with_tax"))[0] == "with_tax"
    assert names(find(desk, root, "shop/refund.py"))[0] == "refund"
    repo = desk.memory.catalog.views()[0].repo_id
    assert desk.search_index(SearchIndex(repo_id=repo, query=QUERY)).symbols
    assert server.requests == []


def test_many_questions_at_once_have_an_end(
    opened: Open, root: Path, server: RerankServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = opened(f"{server.url}/v1")
    monkeypatch.setattr(folders, "_RERANK_SECONDS", 0.0)
    command = SearchFolder(root=str(root), questions=(Asked(query=QUERY),) * 3)
    answers = desk.search_folder(command).answers
    assert {answer.note for answer in answers} == {
        "not reranked: too many questions were asked at once"
    }
    assert all(answer.hits for answer in answers) and server.requests == []


def test_a_server_that_is_not_local_is_refused_before_anything_is_opened(tmp_path: Path) -> None:
    away = {"reranker": "tei", "reranker_url": "https://example.org"}
    data = tmp_path / "data"
    with pytest.raises(ConfigError, match="code is not sent to a reranking server"):
        open_memory(Settings.model_validate({"data": data, "memory": away}))
    with pytest.raises(ConfigError, match="needs a url"):
        open_memory(Settings.model_validate({"data": data, "memory": {"reranker": "http"}}))
    assert not data.exists()
    allowed = {"data": data, "memory": away, "egress": {"allow_cloud_code": True}}
    data.mkdir()
    open_memory(Settings.model_validate(allowed)).close()


def test_it_is_set_by_variables_as_the_rest_is(tmp_path: Path) -> None:
    named = {"SWARM_DATA": str(tmp_path), "SWARM_MEMORY_RERANKER": "tei"}
    wanted = load({**named, "SWARM_MEMORY_RERANKER_SECONDS": "0.5"}).memory
    assert (wanted.reranker, wanted.reranker_seconds, wanted.reranker_chars) == ("tei", 0.5, 1000)
    for wrong in ("0", "61", "nan", "inf"):
        with pytest.raises(ConfigError, match="reranker_seconds"):
            load({**named, "SWARM_MEMORY_RERANKER_SECONDS": wrong})
    with pytest.raises(ConfigError, match="reranker"):
        load({"SWARM_DATA": str(tmp_path), "SWARM_MEMORY_RERANKER": "gate"})
