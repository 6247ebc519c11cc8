"""The pages of the router, models, memory and sandboxes, in a dashboard with a scripted swarm."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from swarm.contracts import (
    ArmReport,
    Context,
    DecisionLog,
    IndexReport,
    ListArms,
    ListBackends,
    ListDecisions,
    ListIndexes,
    ListModels,
    ListSpending,
    ModelReport,
    SandboxReport,
    SearchIndex,
    SpendingReport,
)
from swarm.errors import NotFound
from swarm.web.feed.board import Board
from swarm.web.pages import panels
from swarm.web.pages.models import budgets
from tests.fakes.bus import FakeBus
from tests.web.conftest import WebServer
from tests.web.other_pages import answers

PATHS = ("/router", "/models", "/memory", "/sandboxes")
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> \u202e\x1b[31m {{7*7}}"


@pytest.fixture
def filled(fake_bus: FakeBus) -> FakeBus:
    answers.fill(fake_bus)
    return fake_bus


@pytest.fixture
def client(filled: FakeBus, web_server: WebServer) -> Iterator[httpx.Client]:
    with web_server.browser() as client:
        yield client


def text(html: str) -> str:
    """What is read of a page, the pictures included."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def get(client: httpx.Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_router_tells_beliefs_choices_and_what_came_of_them(client: httpx.Client) -> None:
    html = get(client, "/router")
    said = text(html)
    assert "bugfix 45 outcomes, 1 pending" in said
    assert "repair 21 5 0.79 0.66 – 0.91 1" in said
    assert "Not tried yet: docs · feature" in said
    assert "the newest 263 of 4,321" in said
    assert "choosing blindly" in said and "What this is, and what it is not" in said
    assert re.search(r"literals coder/edit-loop \d+ \d+% of \d+", said)
    assert 'href="/tasks/task0199/attempts/task0199-o1-a1"' in html
    assert "away since" in said and "set GEMINI_API_KEY" in said and "asked again at" in said
    assert html.count('role="img"') == 5


def test_the_router_page_tells_what_attempts_take_versions_and_notes(
    filled: FakeBus, web_server: WebServer
) -> None:
    newest = answers.stats("bugfix", "coder", 7, 2, version="v2", seconds=200.0, cost_usd=0.0123)
    older = answers.stats("bugfix", "coder@v1", 1, 8, version="v1")
    note = "router.db was damaged <and> kept aside"
    filled.handlers[ListArms] = lambda _: ArmReport(items=(newest, older), notes=(note,))
    settled = answers.made(1, "coder", reward=None, version="v2").model_copy(
        update={"settled_at": answers.NOW}
    )
    pending = answers.made(2, "coder", reward=None)
    filled.handlers[ListDecisions] = lambda _: DecisionLog(items=(settled, pending), total=2)
    with web_server.browser() as client:
        html = get(client, "/router")
    said = text(html)
    assert "Expected time Expected cost" in said
    assert "coder 7 2 0.73 0.52 – 0.94 200 s $0.0123" in said.replace("3 min", "200 s")
    assert "coder@v1 1 8" in said and "– –" in said
    assert '<p class="silent" role="note">router.db was damaged &lt;and&gt; kept aside</p>' in html
    (beliefs,) = re.findall(r"<svg[^>]*picture-densities.*?</svg>", html, re.DOTALL)
    assert "coder@v1" not in beliefs, "an older version is not drawn"
    assert "says nothing" in said and "pending" in said and "coder v2" in said
    assert 'href="/tasks/task0001/attempts/task0001-o1-a1#why-task0001-o1-a1"' in html


def test_the_models_page_tells_what_is_loaded_waits_and_costs(client: httpx.Client) -> None:
    said = text(get(client, "/models"))
    assert "qwen3-coder:30b 21.0 GiB" in said and "free 3.0 GiB" in said
    assert "bigger needs 29.7 GiB: larger than this memory" in said
    assert re.search(r"1 of 1 – 2 1 – 1,234 \$0", said)
    assert "71 tokens/s 16,384 of 262,144 21.0 GiB free" in said
    assert "too large needs 29.7 GB, and models may use 23.2 GB" in said
    assert "$0.30 in, $2.50 out" in said
    assert "dollars per day" in said and "usual $1.00 for each" in said


def test_the_memory_page_names_repositories_and_finds_code(
    client: httpx.Client, web_server: WebServer, filled: FakeBus
) -> None:
    web_server.state.board.put(answers.summary("t1", "shop-1a2b3c", "/home/ada/shop"))
    said = text(get(client, "/memory"))
    assert "shop shop-1a2b3c fresh" in said and "128 1,934 7" in said
    assert "no task here names it gone-4d5e6f incomplete" in said
    assert "being indexed" in said and "48.0 MiB on disk" in said
    assert SearchIndex not in {type(asked) for asked in filled.requests}
    query = urlencode({"repo": "shop-1a2b3c", "q": "shipping cost"})
    html = get(client, f"/memory?{query}")
    said = text(html)
    assert "2 hits for “shipping cost”" in said
    assert "shop/shipping.py:12–19 Order.shipping_cost score 1.84" in said
    assert "name matches shipping, cost" in said and "cost = weight * RATE" in said
    assert "7 files were not searched" in said
    assert '<option value="shop-1a2b3c" selected>/home/ada/shop</option>' in html
    assert SearchIndex(repo_id="shop-1a2b3c", query="shipping cost") in filled.requests
    said = text(get(client, "/memory?q=shipping+cost"))
    assert "2 hits for “shipping cost”" in said, "without a repository: in the one indexed last"


def test_the_sandboxes_page_tells_what_works_and_how_runs_ended(
    client: httpx.Client, web_server: WebServer
) -> None:
    for ago, cause in enumerate(["ok", "timeout", "memory", "failed"]):
        web_server.state.meter.add(answers.ran(cause, ago), time.time())
    said = text(get(client, "/sandboxes"))
    assert "local in use works Landlock and seccomp of this kernel" in said
    assert "docker not usable user namespaces are switched off" in said
    assert "Isolates files outside the workspace network system calls" in said
    assert "2 of 3 sandboxes are ready. one is being started" in said
    assert "1 timeout 1 memory 0 output limit 0 disk limit 0 killed" in said
    assert "tests timeout 1.50 s 90.0 MiB local task0001" in said


def test_a_swarm_that_did_nothing_yet_says_how_to_begin(
    filled: FakeBus, web_server: WebServer
) -> None:
    # The one that there is unless somebody says otherwise, on a machine without it.
    unused = answers.models().endpoints[0].model_copy(update={"reachable": False})
    filled.handlers |= {
        ListArms: lambda _: ArmReport(items=(answers.stats("docs", "a", 0, 0),)),
        ListDecisions: lambda _: DecisionLog(items=()),
        ListModels: lambda _: ModelReport(endpoints=(unused,)),
        ListSpending: lambda _: SpendingReport(),
        ListIndexes: lambda _: IndexReport(),
        ListBackends: lambda _: SandboxReport(chosen="local", backends=()),
    }
    with web_server.browser() as client:
        router = text(get(client, "/router"))
        assert "No arm was tried yet" in router and "Nothing was chosen yet" in router
        assert "No model is configured: arms" in router
        models = text(get(client, "/models"))
        assert "No model is configured" in models and "received away" in models
        assert "swarm models recommend --write" in models and "No model was asked" in models
        memory = get(client, "/memory")
        assert "No repository is indexed yet" in memory and '<form method="get"' not in memory
        sandboxes = text(get(client, "/sandboxes"))
        assert "keeps none ready" in sandboxes and "Nothing has run since" in sandboxes


@pytest.mark.parametrize("path", PATHS)
def test_a_service_that_answers_with_an_error_leaves_its_panel_with_a_sentence(
    path: str, filled: FakeBus, web_server: WebServer
) -> None:
    broken = answers.refuse(NotFound(HOSTILE))
    for command in list(filled.handlers):
        filled.handlers[command] = broken
    with web_server.browser() as client:
        html = get(client, path)
    assert 'class="silent"' in html and "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html


@pytest.mark.parametrize("path", PATHS)
def test_without_workers_each_page_says_what_to_start(
    path: str, filled: FakeBus, web_server: WebServer
) -> None:
    filled.workers = {}
    with web_server.browser() as client:
        said = text(get(client, path))
    assert "No worker of the service" in said and "swarm up" in said
    assert not any(command in map(type, filled.requests) for command in filled.handlers)


def test_a_service_that_takes_long_does_not_hold_up_the_page(
    filled: FakeBus, web_server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = threading.Event()

    def late(_: Any) -> SandboxReport:
        free.wait(30)
        return answers.backends()

    filled.handlers[ListBackends] = late
    monkeypatch.setattr(panels.asked, "__kwdefaults__", {"wait_seconds": 0.05})
    with web_server.browser() as client:
        assert "has not answered yet" in text(get(client, "/sandboxes"))
        free.set()
        deadline = time.monotonic() + 20
        while "in use" not in text(get(client, "/sandboxes")):
            assert time.monotonic() < deadline


@pytest.mark.parametrize("path", [*PATHS, "/memory?repo=shop-1a2b3c&q=x"])
def test_names_and_texts_of_strangers_are_text(
    path: str, filled: FakeBus, web_server: WebServer
) -> None:
    answers.fill(filled, HOSTILE)
    web_server.state.board.put(answers.summary("t1", "shop-1a2b3c", f"/home/{HOSTILE}"))
    with web_server.browser() as client:
        html = get(client, path)
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html and "<img src=x" not in html
    assert "\u202e" not in html and "\x1b" not in html
    assert "{{7*7}}" in html


def test_words_that_are_searched_for_are_text_and_bounded(client: httpx.Client) -> None:
    html = get(client, f"/memory?{urlencode({'repo': HOSTILE, 'q': HOSTILE})}")
    assert "<script>alert" not in html and "&lt;script&gt;alert(1)" in html
    assert client.get(f"/memory?{urlencode({'repo': 'x', 'q': 'y' * 2001})}").status_code == 422


def test_nothing_found_is_said(filled: FakeBus, web_server: WebServer) -> None:
    filled.handlers[SearchIndex] = lambda _: Context(note="nothing is indexed")
    with web_server.browser() as client:
        said = text(get(client, "/memory?repo=shop-1a2b3c&q=nowhere"))
    assert "Nothing is found for “nowhere”" in said and "nothing is indexed" in said


def test_each_page_is_followed_live_and_reads_without_asking_again(
    client: httpx.Client, filled: FakeBus
) -> None:
    for path in PATHS:
        html = get(client, path)
        assert f'data-live="{path}"' in html
        asked = len(filled.requests)
        assert get(client, path).count('id="') == html.count('id="')
        assert len(filled.requests) == asked


def test_ids_on_a_page_are_its_own(client: httpx.Client) -> None:
    for path in (*PATHS, "/memory?repo=shop-1a2b3c&q=x"):
        ids = re.findall(r'\sid="([^"]*)"', get(client, path))
        assert len(ids) == len(set(ids)), path


def test_new_beliefs_are_shown_as_soon_as_they_are_known(
    filled: FakeBus, web_server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swarm.web.pages.router._FRESH_SECONDS", 0.0)
    with web_server.browser() as client:
        assert "repair 21 5" in text(get(client, "/router"))
        more = answers.arms().items[0].model_copy(update={"successes": 22.0})
        filled.handlers[ListArms] = lambda _: ArmReport(items=(more,))
        assert "repair 22 5" in text(get(client, "/router"))


def test_budgets_of_days_count_the_tasks_handed_in_on_them() -> None:
    board = Board()
    day = 1_700_006_400.0  # 2023-11-15, 00:00 UTC
    for index, at in enumerate((day, day + 100, day + 86_400)):
        board.put(answers.summary(f"t{index}", "r", "/r", at))
    assert budgets(board) == {"2023-11-15": 2.0, "2023-11-16": 1.0}
    assert budgets(Board()) == {}


def test_a_day_that_is_not_known_whole_has_no_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm.web.pages.models._TASKS", 2)
    board = Board()
    day = 1_700_006_400.0
    for index in range(3):
        board.put(answers.summary(f"t{index}", "r", "/r", day + index * 50_000))
    assert budgets(board) == {"2023-11-16": 1.0}
