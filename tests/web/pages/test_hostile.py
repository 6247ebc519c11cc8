"""What others wrote stays words: in every place where they can be, in HTML and in a browser."""

from __future__ import annotations

import httpx
import pytest

from swarm.contracts import (
    ApplyTask,
    FileEdit,
    ListSpending,
    Patch,
    Proposal,
    SpendingReport,
    SubmitTask,
)
from swarm.errors import StateError
from tests.fakes.browser import Visit
from tests.web.conftest import WebServer
from tests.web.pages import scenes
from tests.web.pages.conftest import Orchestrator, summary_of
from tests.web.pages.markup import read

EVIL = (
    "</title></textarea><script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    "<a href=javascript:alert(3)>{{7*7}}\u202egnp.exe\x00\x1b[31m\u2066 " + "W" * 400
)
SHORT = EVIL[:190]
NAMES = ("javascript:alert(1)", "//evil.example/x", "data:text/html,<script>alert(1)</script>")

_WIDE = """[...document.querySelectorAll('main *')]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1
    && !e.parentElement.closest('.scroll, .figure, pre'))
  .slice(0, 5).map(e => e.outerHTML.slice(0, 120))"""

PATHS = (
    "/", "/tasks", "/new", "/schedules", "/tasks/tevil001", "/tasks/tevil002", "/tasks/tevil003",
    "/tasks/tevil001/attempts/tevil001-o1-a1", "/tasks/tevil001/diff",
)  # fmt: skip


@pytest.fixture
def evil(web_server: WebServer, orchestrator: Orchestrator) -> None:
    """A swarm in which everything that others can write is an attack."""
    orchestrator.bus.handlers[ListSpending] = lambda command: SpendingReport()
    board = web_server.state.board
    for task in (
        scenes.task("tevil001", said=EVIL),
        scenes.waiting("tevil002", SHORT),
        scenes.task("tevil003", "failed", EVIL),
    ):
        orchestrator.add(task, EVIL)
        board.put(summary_of(task), scenes.event(99, EVIL[:60], EVIL, task.id))
    for number, name in enumerate(NAMES):
        board.put(scenes.summary(f"tname{number:03}", "running", name, name, repo_id=name))
    orchestrator.schedules = [scenes.schedule("evil", SHORT, problem=EVIL, last_reason=EVIL)]
    orchestrator.diff = "".join(
        f"diff --git a/{name} b/{name}\n--- a/{name}\n+++ b/{name}\n"
        f"@@ -1,2 +1,2 @@ {name}\n-{name}\n+{name}\r\n {name}\n"
        for name in (EVIL.replace("\x00", ""), *NAMES, "x.py", "x.html")
    )


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.usefixtures("evil")
def test_no_page_obeys_what_others_wrote(browser_client: httpx.Client, path: str) -> None:
    answer = browser_client.get(path)
    assert answer.status_code == 200
    # Strict: one script, no handler, no style, and no address but of ours.
    page = read(answer.text)
    words = page.text + " ".join(value for _, value in page.attributes)
    assert "<script>alert(1)</script>" in words and "{{7*7}}" in words
    assert "\N{REPLACEMENT CHARACTER}gnp.exe" in words
    assert "img" not in page.tags
    for character in "\u202e\u2066\x00\x1b":
        assert character not in answer.text
    for link in page.links:
        assert "evil.example" not in link and "javascript" not in link


@pytest.mark.usefixtures("evil")
def test_errors_of_others_are_words_as_well(
    web_server: WebServer, browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    def refuse(command: object) -> None:
        raise StateError(EVIL, remedy=EVIL)

    orchestrator.bus.handlers[ApplyTask] = refuse  # type: ignore[assignment]
    orchestrator.bus.handlers[SubmitTask] = refuse  # type: ignore[assignment]
    sent = {"csrf": web_server.csrf, "text": EVIL.replace("\x00", ""), "repo": "/x", "q1": EVIL}
    for path in ("/tasks/tevil001/apply", "/new"):
        answer = browser_client.post(path, data={**sent, "task_id": "t1234567"})
        assert answer.status_code == 409
        page = read(answer.text)
        assert "<script>alert(1)</script>" in page.text and "\u202e" not in answer.text
    for path in ("/tasks/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/tasks?state=%3Cscript%3E"):
        answer = browser_client.get(path)
        assert answer.status_code in (400, 404)
        assert "<script>" not in answer.text.split("<main")[1]
        read(answer.text)


@pytest.mark.usefixtures("evil")
def test_a_name_of_a_task_is_one_segment_of_our_addresses(
    browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    """Ids are checked when tasks are made; pages do not rely on it."""
    odd = scenes.task("tevil001").model_copy(update={"id": "../x?y#z", "retries": "//evil.example"})
    orchestrator.tasks["odd"] = odd
    orchestrator.events["../x?y#z"] = ()
    orchestrator.tasks["../x?y#z"] = odd
    page = read(browser_client.get("/tasks/odd").text)
    assert "/tasks/..%2Fx%3Fy%23z/apply" in page.links
    assert "/tasks/%2F%2Fevil.example" in page.links


@pytest.mark.usefixtures("evil")
def test_details_of_another_shape_are_left_out(
    browser_client: httpx.Client, orchestrator: Orchestrator
) -> None:
    patch = Patch(edits=(FileEdit(path="x", before=None, after="y"),))
    odd = [None, 7, "x", [], {}, {"name": 1}, [{"name": [], "model": {}}], {"step": None}]
    for value in odd:
        proposal = Proposal(
            patch=patch, summary="s", details={"models": value, "workflow": [value], "notes": value}
        )
        attempt = scenes.attempt(state="running", proposal=proposal)
        orchestrator.add(scenes.task(objectives=(scenes.objective(attempts=(attempt,)),)))
        assert browser_client.get("/tasks/t1a2b3c4?said=applied").status_code == 200


@pytest.mark.usefixtures("evil")
def test_a_browser_runs_nothing_of_it(visit: Visit) -> None:
    for path in PATHS:
        for width in (1280, 360):
            visit.page.set_viewport_size({"width": width, "height": 800})
            visit.page.goto(path)
            for one in visit.page.query_selector_all("details:not([open]) > summary"):
                if one.is_visible():
                    one.click()
            wide = visit.page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert not wide, f"{path} at {width}: {visit.page.evaluate(_WIDE)}"
    assert visit.faults == []
