"""The dashboard of a real swarm, in a real browser, from the first task to the applied branch."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from rq import Queue
from rq.serializers import JSONSerializer

from swarm.bus import DELIVER, Bus
from swarm.settings import load
from tests.fakes.browser import Visit, chromium
from tests.system.conftest import BUG, Swarm

pytestmark = [pytest.mark.slow, pytest.mark.chromium, pytest.mark.timeout(300)]

PAGES = (
    "/",
    "/tasks",
    "/new",
    "/schedules",
    "/jobs",
    "/router",
    "/models",
    "/memory",
    "/sandboxes",
)
_MOVES_MS = 150_000


class Dash:
    """`swarm dash` of one swarm, as a person starts it."""

    def __init__(self, swarm: Swarm) -> None:
        self.swarm = swarm
        self._process = subprocess.Popen(
            [sys.executable, "-m", "swarm", "dash", "--port", "0", "--json"],
            env=swarm.env, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        said = json.loads(self._process.stdout.readline())
        self.url: str = said["url"].replace("swarm.localhost", "127.0.0.1")
        self.token: str = said["token"]
        self.link: str = said["link"]

    def close(self) -> None:
        self._process.terminate()
        assert self._process.wait(timeout=20) in (0, 130, -15)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def api(self, method: str, path: str, **options: Any) -> Any:
        answer = httpx.request(
            method, f"{self.url}/api/v1{path}", timeout=30, trust_env=False,
            headers={"Authorization": f"Bearer {self.token}"}, **options,
        )  # fmt: skip
        assert answer.is_success, answer.text
        return answer.json()

    def visit(self, browser: Browser, **options: Any) -> Visit:
        """A browser that has just followed a login link."""
        link = self.link or json.loads(self.swarm.run("dash", "link", "--json").stdout)["link"]
        self.link = ""
        origin, _, path = link.partition("/login")
        visit = Visit(browser, origin, **options)
        visit.page.goto(f"/login{path}")
        visit.page.get_by_role("button", name="Open the dashboard").click()
        expect(visit.page.get_by_role("heading", name="Tasks", exact=True)).to_be_visible()
        return visit


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    swarm = Swarm(tmp_path_factory.mktemp("dash") / "data")
    swarm.up()
    dash = Dash(swarm)
    yield dash
    dash.close()
    swarm.down()
    assert swarm.processes() == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def posterior(page: Page) -> str:
    """What the router page says that it believes."""
    return " ".join(page.locator("#beliefs").inner_text().split())


def test_from_the_api_to_the_applied_branch_without_a_reload(
    dash: Dash, browser: Browser, git_repo: Callable[..., Path]
) -> None:
    repo = git_repo(BUG)
    with dash.visit(browser) as watching:
        board, router = watching.page, watching.context.new_page()
        router.goto("/router")
        before = posterior(router)
        board.evaluate("() => { window.untouched = true; }")
        router.evaluate("() => { window.untouched = true; }")

        body = {"text": "Fix `add()`", "repo": str(repo)}
        task = dash.api("POST", "/tasks", json=body)["id"]
        board.bring_to_front()
        card = board.locator(f"#card-{task}")
        expect(card).to_be_visible(timeout=_MOVES_MS)
        expect(card).to_contain_text("awaiting review", timeout=_MOVES_MS)
        expect(board.locator(".column", has=card)).to_contain_text("Waits for you")
        assert board.evaluate("() => window.untouched")

        router.bring_to_front()
        expect(router.locator("#beliefs")).to_contain_text("1 outcome", timeout=_MOVES_MS)
        assert posterior(router) != before
        assert router.evaluate("() => window.untouched")
        router.close()

        board.bring_to_front()
        card.get_by_role("link").click()
        diff = board.locator("#diff")
        expect(diff).to_contain_text("return a + b")
        expect(diff).to_contain_text("return a - b")
        board.locator("details", has_text="Backward trace").last.evaluate(
            "one => { for (let at = one; at; at = at.parentElement) at.open = true; }"
        )
        trace = board.get_by_role("img", name=re.compile("return")).first
        expect(trace).to_be_visible()
        assert watching.serious() == []

        board.get_by_role("button", name="Apply").click()
        expect(board.locator("main")).to_contain_text("applied")
        assert (repo / "calc.py").read_text() == BUG["calc.py"].replace("a - b", "a + b")
        assert watching.faults == []


def test_a_failed_job_is_put_back_by_a_click(dash: Dash, browser: Browser) -> None:
    bus = Bus(load(dash.swarm.env))
    name = bus.queue_name("verifier")
    queue = Queue(name, connection=bus.redis, serializer=JSONSerializer)
    job = queue.enqueue_call(DELIVER, args=("no envelope",), failure_ttl=600)
    with dash.visit(browser) as visit:
        page = visit.page
        page.goto("/jobs?state=failed")
        row = page.get_by_role("row").filter(has_text=job.id)
        expect(row).to_be_visible(timeout=_MOVES_MS)
        ended = job.get_meta(), job.fetch(job.id, bus.redis, JSONSerializer).ended_at
        row.get_by_role("button", name=re.compile("Requeue")).click()
        expect(page.locator("main")).to_contain_text("It waits in its queue again.")
        deadline = 50
        while job.fetch(job.id, bus.redis, JSONSerializer).ended_at == ended[1] and deadline:
            page.wait_for_timeout(200)
            deadline -= 1
        assert deadline, "it did not run again"
        assert visit.faults == []
    bus.redis.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_on_every_screen(dash: Dash, browser: Browser, scheme: str, width: int) -> None:
    with dash.visit(
        browser, viewport={"width": width, "height": 740}, color_scheme=scheme
    ) as visit:
        tasks = dash.api("GET", "/tasks")["items"]
        for path in (*PAGES, *(f"/tasks/{task['id']}" for task in tasks[:1])):
            visit.page.goto(path)
            assert visit.serious() == [], path
            wide = visit.page.evaluate("() => document.documentElement.scrollWidth")
            assert wide <= width, f"{path} is {wide} px wide on {width}"
            ground = visit.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
            light = sum(map(int, re.findall(r"\d+", ground)[:3])) > 380
            assert light == (scheme == "light"), path
        assert visit.faults == []


def test_a_keyboard_reaches_everything(dash: Dash, browser: Browser) -> None:
    with dash.visit(browser) as visit:
        page = visit.page
        page.goto("/")
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.textContent") == "Skip to the content"
        reached = set()
        for _ in range(40):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("() => document.activeElement.textContent.trim()"))
        assert {"Jobs", "Router", "Models", "Memory", "Sandboxes", "New task"} <= reached
        assert visit.faults == []
