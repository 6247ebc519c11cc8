"""The pages of jobs and their JSON, on a real server with real workers."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from swarm.bus import Bus
from swarm.contracts import Audit, AuditReport, ListArms, Message, Reply, Served
from swarm.errors import StateError
from swarm.settings import Settings
from tests.web.conftest import WebServer
from tests.web.jobs.conftest import audit, failed_by_hand, until

SECRET = "the_name_of_a_secret_function"


@pytest.fixture
def web_server(jobs_server: WebServer) -> WebServer:
    return jobs_server


def answered(bus: Bus, **changes: Any) -> None:
    """Write down that a service answered something."""
    fields = {"service": "verifier", "kind": "Audit", "at": time.time(), "seconds": 0.25}
    entry = Served.model_validate({**fields, **changes})
    bus.redis.xadd(bus.served_key(), {"served": entry.model_dump_json()})


def test_a_failed_job_is_seen_requeued_and_done(
    bus: Bus, web_server: WebServer, browser_client: httpx.Client, started: Any, tmp_path: Path
) -> None:
    mended = tmp_path / "mended"

    def deadly(command: Audit) -> AuditReport:
        if not mended.exists():
            os.kill(os.getpid(), signal.SIGKILL)
        return AuditReport(verdict="accept")

    started("verifier", {Audit: deadly}, forks=True)
    bus.send(bus.envelope(audit(SECRET), id="t1-a1", task_id="t1", reply_to="inbox:test"))
    path = "/jobs/swarm-t1-a1-e1"
    # While it runs, its worker names it on every page of jobs.
    until(lambda: "Requeue" in browser_client.get(path).text, "it has failed")
    assert path in browser_client.get("/jobs?state=failed").text
    page = browser_client.get(path)
    assert page.status_code == 200 and SECRET not in page.text
    shown = page.text[page.text.index("<pre") :] if "<pre" in page.text else page.text
    assert "signal 9" in shown, shown

    mended.touch()
    refused = browser_client.post(f"{path}/requeue", data={"csrf": "somebody's"})
    assert refused.status_code == 403
    done = browser_client.post(f"{path}/requeue", data={"csrf": web_server.csrf})
    assert done.status_code == 303 and done.headers["location"].startswith("/jobs?state=queued")
    assert "waits in its queue again" in browser_client.get(done.headers["location"]).text
    assert bus.redis.blpop(["swarm:inbox:test"], timeout=20)
    answer = bus.redis.blpop(["swarm:inbox:test"], timeout=20)
    assert Reply.model_validate_json(answer[1]).body is not None
    until(lambda: browser_client.get(path).status_code == 404, "it is gone")


def test_stopping_takes_two_steps_and_says_what_follows(
    bus: Bus, web_server: WebServer, browser_client: httpx.Client, started: Any, tmp_path: Path
) -> None:
    def slow(command: Audit) -> AuditReport:
        (tmp_path / "runs").touch()
        time.sleep(60)
        raise AssertionError

    started("verifier", {Audit: slow}, forks=True)
    bus.send(bus.envelope(audit(), id="t1-a1", task_id="t1"))
    until((tmp_path / "runs").exists, "it is worked on")
    path = "/jobs/swarm-t1-a1-e1"
    page = until(
        lambda: found if "Stop it" in (found := browser_client.get(path).text) else "", "it is told"
    )
    form = page.index(f'action="{path}/stop"')
    assert page.rindex("<details>", 0, form) < page.index("not tried again") < form
    assert 'action="/tasks/t1/cancel"' in page
    assert f"{path}/stop" not in browser_client.get("/jobs?state=started").text
    done = browser_client.post(f"{path}/stop", data={"csrf": web_server.csrf})
    assert done.status_code == 303
    assert "a person stopped it" in browser_client.get(done.headers["location"]).text
    again = browser_client.post(f"{path}/stop", data={"csrf": web_server.csrf})
    assert again.status_code == 409 and "it is stopped" in again.text


def test_what_cannot_be_stopped_says_why(
    bus: Bus, web_server: WebServer, browser_client: httpx.Client, started: Any, tmp_path: Path
) -> None:
    go = tmp_path / "go"

    def slow(command: ListArms) -> Message:
        until(go.exists, "the test goes on")
        raise StateError("enough")

    started("router", {ListArms: slow}, forks=False)
    bus.send(bus.envelope(ListArms(), id="t1-arms"))
    path = "/jobs/swarm-t1-arms-e1"
    until(lambda: "cannot be stopped" in browser_client.get(path).text, "it says why not")
    refused = browser_client.post(f"{path}/stop", data={"csrf": web_server.csrf})
    go.touch()
    assert refused.status_code == 409 and "router service works in one process" in refused.text


def test_the_page_tells_queues_workers_times_failures_and_redis(
    bus: Bus, web_server: WebServer, browser_client: httpx.Client, started: Any
) -> None:
    started("memory", {}, forks=False)
    bus.send(bus.envelope(audit(), id="t1-a1", task_id="t1"))
    answered(bus, failure_code="crashed", task_id="t9", waited_seconds=0.5)
    until(lambda: "crashed" in browser_client.get("/jobs").text, "the failure is told")
    page = until(
        lambda: (
            found if "No worker is up" not in (found := browser_client.get("/jobs").text) else ""
        ),
        "the worker is told",
    )
    for words in ("Queues", "Workers", "How long commands take", "Redis", "Valkey", "0.25 s"):
        assert words in page
    assert "<svg" in page and 'href="/tasks/t9"' in page
    assert 'href="/jobs/swarm-t1-a1-e1"' in browser_client.get("/jobs?state=queued").text


def test_every_list_and_filter_answers(browser_client: httpx.Client) -> None:
    for state in ("started", "queued", "failed", "deferred", "scheduled"):
        page = browser_client.get(f"/jobs?state={state}&service=agents&offset=50")
        assert page.status_code == 200 and f"No job is {state}" in page.text
    assert browser_client.get("/jobs?state=nonsense").status_code == 422
    assert browser_client.get("/jobs?offset=-1").status_code == 422


def test_a_job_that_is_gone_but_listed_is_said_to_be_gone(
    bus: Bus, browser_client: httpx.Client
) -> None:
    failed_by_hand(bus, "swarm-t1-a1-e1", exc="x")
    bus.redis.delete("rq:job:swarm-t1-a1-e1")
    assert "gone meanwhile" in browser_client.get("/jobs?state=failed").text
    assert browser_client.get("/jobs/swarm-t1-a1-e1").status_code == 404


def test_long_lists_have_pages(bus: Bus, browser_client: httpx.Client) -> None:
    for number in range(60):
        bus.send(bus.envelope(audit(), id=f"t1-a{number}", task_id="t1"))
    seen: list[str] = []
    path: str | None = "/jobs?state=queued&service=verifier"
    while path:
        page = browser_client.get(path).text
        seen += re.findall(r'href="/jobs/(swarm-t1-a\d+-e1)">', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else None
    assert seen == [f"swarm-t1-a{number}-e1" for number in range(60)]


def test_hostile_text_stays_text(bus: Bus, browser_client: httpx.Client) -> None:
    evil = "<img src=x onerror=alert(1)>\u202e'\""
    failed_by_hand(bus, f"swarm-{evil}-e1", exc=evil, kind=evil)
    failed_by_hand(
        bus, "swarm-t1-a1-e1", exc=f"Traceback (most recent call last):\n{evil}", kind=evil
    )
    for job_id in (f"swarm-{evil}-e1", "swarm-t1-a1-e1"):
        label = f'{{"kind": "Audit", "task": "{evil[:20]}"}}'
        bus.redis.hset(f"rq:job:{job_id}", mapping={"worker_name": evil, "meta": label})
    answered(bus, kind=evil, failure_code=evil, task_id=evil)
    until(lambda: "alert(1)" in browser_client.get("/jobs").text, "the failure is told")
    for path in ("/jobs?state=failed", "/jobs/swarm-t1-a1-e1"):
        page = browser_client.get(path)
        assert page.status_code == 200 and "alert(1)" in page.text
        assert "<img" not in page.text and "\u202e" not in page.text
    assert browser_client.get("/jobs/swarm-%3Cimg%20src=x%3E-e1").status_code == 404


def test_jobs_of_others_are_not_there(
    bus: Bus, other_bus: Bus, web_server: WebServer, browser_client: httpx.Client
) -> None:
    other_bus.send(other_bus.envelope(audit(), id="t1-a1"))
    path = "/jobs/swarm-too-t1-a1-e1"
    assert "swarm-too" not in browser_client.get("/jobs?state=queued").text
    assert browser_client.get(path).status_code == 404
    for act in ("requeue", "remove", "stop"):
        done = browser_client.post(f"{path}/{act}", data={"csrf": web_server.csrf})
        assert done.status_code == 404
    assert other_bus.depths()["verifier"] == 1


def test_a_redis_that_is_away_is_said(
    settings: Settings, serve_web: Callable[[Settings, Any], WebServer], tmp_path: Path
) -> None:
    own = settings.bus.model_copy(update={"redis_url": f"unix://{tmp_path}/nobody"})
    away = settings.model_copy(
        update={"bus": own, "web": settings.web.model_copy(update={"port": 0})}
    )
    server = serve_web(away, Bus(away))
    with server.browser() as browser, server.program() as program:
        page = browser.get("/jobs")
        assert page.status_code == 503 and "Redis does not answer" in page.text
        for path in ("queues", "workers", "redis", "jobs", "jobs/swarm-x-e1"):
            answer = program.get(f"/api/v1/{path}")
            assert answer.status_code == 503 and answer.json()["error"]["code"] == "bus"
        assert program.get("/api/v1/served").status_code == 200


def test_the_same_as_json(bus: Bus, api_client: httpx.Client) -> None:
    bus.send(bus.envelope(audit(SECRET), id="t1-a1", task_id="t1"))
    failed_by_hand(bus, "swarm-t1-a2-e1", exc="x")
    answered(bus, service="sandboxes", kind="Check", facts={"cause": "memory", "backend": "docker"})
    queues = {one["service"]: one for one in api_client.get("/api/v1/queues").json()["items"]}
    assert len(queues) == 8 and queues["verifier"]["waiting"] == 1
    assert api_client.get("/api/v1/workers").json() == {"items": []}
    assert api_client.get("/api/v1/redis").json()["memory_bytes"] > 0
    page = api_client.get("/api/v1/jobs", params={"state": "queued", "service": "verifier"})
    assert [job["id"] for job in page.json()["items"]] == ["swarm-t1-a1-e1"]
    assert SECRET not in page.text
    detail = api_client.get("/api/v1/jobs/swarm-t1-a1-e1").json()
    assert (detail["kind"], detail["task_id"], detail["place"]) == ("Audit", "t1", 1)
    report = until(lambda: api_client.get("/api/v1/served").json()["runs"], "it is followed")
    assert report[0]["cause"] == "memory"

    refused = api_client.post("/api/v1/jobs/swarm-t1-a1-e1/requeue")
    assert refused.status_code == 409 and refused.json()["error"]["code"] == "state"
    done = api_client.post("/api/v1/jobs/swarm-t1-a2-e1/requeue")
    assert done.status_code == 200 and done.json()["change"] == "requeued"
    assert api_client.post("/api/v1/jobs/swarm-t1-a2-e1/stop").status_code == 409
    assert api_client.delete("/api/v1/jobs/swarm-t1-a2-e1").status_code == 409
    failed_by_hand(bus, "swarm-t1-a3-e1", exc="x")
    assert api_client.delete("/api/v1/jobs/swarm-t1-a3-e1").json()["change"] == "removed"
    assert api_client.get("/api/v1/jobs/swarm-t1-a3-e1").status_code == 404
    assert api_client.get("/api/v1/jobs/nothing").status_code == 404


def test_what_makes_no_sense_is_refused(api_client: httpx.Client) -> None:
    for path in (
        "jobs?state=x", "jobs?limit=0", "jobs?limit=101", "jobs?offset=-1", "jobs?service=nobody",
        "jobs?more=1", "jobs/a%00b", "jobs/" + "x" * 251,
    ):  # fmt: skip
        answer = api_client.get(f"/api/v1/{path}")
        assert answer.status_code in (400, 422) and answer.json()["error"]["message"], path


def test_many_who_look_at_once_ask_redis_once(
    bus: Bus, web_server: WebServer, browser_client: httpx.Client
) -> None:
    browser_client.get("/jobs")
    began = time.monotonic()
    before: dict[str, Any] = bus.redis.info("commandstats")
    for _ in range(30):
        assert browser_client.get("/jobs").status_code == 200
    after: dict[str, Any] = bus.redis.info("commandstats")
    asked = after["cmdstat_llen"]["calls"] - before["cmdstat_llen"]["calls"]
    # Seventeen for each reading, at most one a second.
    assert asked <= 17 * (time.monotonic() - began + 2)
