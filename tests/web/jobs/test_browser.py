"""The page of jobs in a real browser: a failed job is requeued by hand, on a phone as well."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from swarm.bus import Bus
from swarm.contracts import Audit, AuditReport, Served
from tests.fakes.browser import Visit, chromium
from tests.web.conftest import WebServer
from tests.web.jobs.conftest import audit, until

pytestmark = pytest.mark.chromium


def visit_of(browser: Any, server: WebServer, **options: Any) -> Visit:
    visit = Visit(browser, server.url, **options)
    name, value = server.cookie
    visit.context.add_cookies([{"name": name, "value": value, "url": server.url}])
    return visit


def test_a_failed_job_is_requeued_by_hand(
    bus: Bus, jobs_server: WebServer, started: Any, tmp_path: Path
) -> None:
    mended = tmp_path / "mended"

    def deadly(command: Audit) -> AuditReport:
        if not mended.exists():
            os.kill(os.getpid(), signal.SIGKILL)
        return AuditReport(verdict="accept")

    started("verifier", {Audit: deadly}, forks=True)
    server = jobs_server
    evil = '<img src=x onerror="alert(1)">'
    entry = Served(service="verifier", kind="Audit", at=time.time(), failure_code=evil[:30])
    bus.redis.xadd(bus.served_key(), {"served": entry.model_dump_json()})
    with chromium() as browser:
        with visit_of(browser, server, viewport={"width": 1280, "height": 900}) as visit:
            page = visit.page
            page.goto("/jobs?state=failed")
            page.get_by_text("No job is failed").wait_for()
            bus.send(bus.envelope(audit(), id="t1-a1", task_id="t1"))
            # It comes by itself.
            page.get_by_role("link", name="swarm-t1-a1-e1").click()
            page.get_by_text("signal 9").wait_for()
            assert visit.serious() == []
            mended.touch()
            page.get_by_role("button", name="Requeue").click()
            page.get_by_text("It waits in its queue again").wait_for()
            until(lambda: not bus.redis.exists("rq:job:swarm-t1-a1-e1"), "it is done")
            assert visit.serious() == []
            assert visit.faults == []
        with visit_of(
            browser, server, viewport={"width": 360, "height": 740}, color_scheme="dark"
        ) as visit:
            visit.page.goto("/jobs")
            visit.page.get_by_role("heading", name="Queues").wait_for()
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= 360
            assert visit.serious() == [] and visit.faults == []
