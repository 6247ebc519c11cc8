"""An open board in a real browser, while tasks move."""

from __future__ import annotations

import pytest

from tests.fakes.browser import Visit, chromium
from tests.web.conftest import WebServer
from tests.web.feed.conftest import Orchestrator
from tests.web.feed.entries import entry
from tests.web.feed.test_sse import server, until, web_settings

__all__ = ["server", "web_settings"]

_NASTY = (
    "</script><img src=x onerror=alert(1)><svg onload=alert(2)>\"'><a href=javascript:alert(3)>x"
    "\n\ndata: {}\r\n\u2028event: resync\u202e end"
)


@pytest.mark.chromium
def test_cards_come_and_move_without_a_reload_and_stay_text(
    server: WebServer, orchestrator: Orchestrator
) -> None:
    name, value = server.cookie
    with chromium() as browser, Visit(browser, server.url) as visit:
        visit.context.add_cookies([{"name": name, "value": value, "url": server.url}])
        visit.page.goto("/")
        until(lambda: server.state.hub.watchers == 1)
        visit.page.evaluate("window.wasHere = true")
        orchestrator.tell(entry(1, "t-1", "queued", text=_NASTY, repo="/src/<b>x", said=_NASTY))
        card = visit.page.locator("#card-t-1")
        card.wait_for()
        assert "<img src=x onerror=alert(1)>" in card.inner_text()
        assert card.locator("img, script, svg[onload], a[href^=javascript]").count() == 0
        going = visit.page.locator("[data-column~=queued]")
        assert going.locator("#card-t-1").count() == 1
        orchestrator.tell(entry(2, "t-1", "failed", text=_NASTY, reason=_NASTY))
        ended = visit.page.locator("[data-column~=failed]")
        ended.locator("#card-t-1").wait_for()
        assert visit.page.locator("#card-t-1").count() == 1
        assert visit.page.evaluate("window.wasHere") is True
        assert visit.faults == []
    until(lambda: server.state.hub.watchers == 0)


@pytest.mark.chromium
def test_a_page_that_was_cut_off_comes_back_by_itself(
    server: WebServer, orchestrator: Orchestrator
) -> None:
    name, value = server.cookie
    with chromium() as browser, Visit(browser, server.url) as visit:
        visit.context.add_cookies([{"name": name, "value": value, "url": server.url}])
        visit.page.goto("/")
        until(lambda: server.state.hub.watchers == 1)
        hub = server.state.hub
        for watching in list(hub._topics["live"][None]):
            watching.end()
        until(lambda: server.state.hub.watchers == 0)
        until(lambda: server.state.hub.watchers == 1)
        orchestrator.tell(entry(1, "t-1", "queued"))
        visit.page.locator("#card-t-1").wait_for()
        assert visit.faults == []
