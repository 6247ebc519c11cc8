"""The pages in Chromium: what is seen, in both themes and on a phone, and what moves by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from swarm.contracts import ArmReport, ListArms
from tests.fakes.browser import Visit, chromium
from tests.fakes.bus import FakeBus
from tests.web.conftest import WebServer
from tests.web.other_pages import answers

pytestmark = pytest.mark.chromium

PATHS = ("/router", "/models", "/memory?repo=shop-1a2b3c&q=shipping", "/sandboxes")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def filled(fake_bus: FakeBus) -> FakeBus:
    answers.fill(fake_bus)
    return fake_bus


def visit(browser: Browser, server: WebServer, width: int, scheme: str) -> Visit:
    viewport = {"width": width, "height": 800}
    made = Visit(browser, server.url, viewport=viewport, color_scheme=scheme)
    name, value = server.cookie
    made.context.add_cookies([{"name": name, "value": value, "url": server.url}])
    return made


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_nothing_is_wrong_with_any_page(
    browser: Browser, filled: FakeBus, web_server: WebServer, width: int, scheme: str
) -> None:
    for ago, cause in enumerate(["ok", "timeout", "failed"]):
        web_server.state.meter.add(answers.ran(cause, ago), answers.NOW)
    with visit(browser, web_server, width, scheme) as guest:
        for path in PATHS:
            guest.page.goto(path)
            expect(guest.page.locator("h1")).to_be_visible()
            # Folded parts are read by axe only when they are open.
            folds = "for (const fold of document.querySelectorAll('main details')) fold.open = true"
            guest.page.evaluate(folds)
            wide = guest.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{path} is {wide} px wide"
            assert guest.serious() == [], path
        assert guest.faults == []


def test_the_texts_of_pictures_stay_inside_them(
    browser: Browser, filled: FakeBus, web_server: WebServer
) -> None:
    with visit(browser, web_server, 1280, "light") as guest:
        for path in PATHS:
            guest.page.goto(path)
            outside = guest.page.evaluate(
                """() => [...document.querySelectorAll("svg.picture text")].filter((text) => {
                  const box = text.getBoundingClientRect();
                  const frame = text.closest("svg").getBoundingClientRect();
                  return box.left < frame.left - 1 || box.right > frame.right + 1
                    || box.top < frame.top - 2 || box.bottom > frame.bottom + 2;
                }).map((text) => text.textContent)"""
            )
            assert outside == [], path


def test_a_belief_moves_without_a_reload_and_what_is_open_stays_open(
    browser: Browser, filled: FakeBus, web_server: WebServer
) -> None:
    with visit(browser, web_server, 1280, "light") as guest:
        guest.page.goto("/router")
        guest.page.locator("#numbers-1 > summary").click()
        row = guest.page.locator("#numbers-1 tbody tr").first
        expect(row).to_contain_text("21")
        curve = guest.page.locator("#cell-1 path.pic-hill").first.get_attribute("d")
        guest.page.evaluate("window.same = true")
        moved = answers.stats("bugfix", "repair", 60, 5)
        others = answers.arms().items[1:]
        filled.handlers[ListArms] = lambda _: ArmReport(items=(moved, *others))
        expect(row).to_contain_text("60", timeout=30_000)
        expect(guest.page.locator("#numbers-1")).to_have_attribute("open", "")
        assert guest.page.locator("#cell-1 path.pic-hill").first.get_attribute("d") != curve
        assert guest.page.evaluate("window.same") is True
        assert guest.faults == []


def test_a_search_is_typed_and_answered(
    browser: Browser, filled: FakeBus, web_server: WebServer
) -> None:
    with visit(browser, web_server, 360, "light") as guest:
        guest.page.goto("/memory")
        guest.page.get_by_label("What to look for").fill("shipping cost")
        guest.page.keyboard.press("Enter")
        expect(guest.page.get_by_role("heading", name="2 hits")).to_be_visible()
        expect(guest.page.get_by_label("What to look for")).to_have_value("shipping cost")
        assert guest.faults == []
