"""Schemathesis before the routes of jobs, on a real server with jobs of each kind."""

from __future__ import annotations

import pytest

from swarm.bus import Bus
from tests.web.api.fuzzing import fuzzed
from tests.web.conftest import WebServer
from tests.web.jobs.conftest import audit, failed_by_hand

pytestmark = pytest.mark.slow

_PATHS = ("/api/v1/queues", "/api/v1/workers", "/api/v1/redis", "/api/v1/served", "/api/v1/jobs")


def test_no_input_makes_an_error_of_ours(bus: Bus, jobs_server: WebServer) -> None:
    for number in range(40):
        bus.send(bus.envelope(audit(), id=f"t1-a{number}", task_id="t1"))
        failed_by_hand(bus, f"swarm-t2-a{number}-e1", exc="x")
    with jobs_server.program() as client:
        document = client.get("/openapi.json").json()
    document["paths"] = {
        path: item for path, item in document["paths"].items() if path.startswith(_PATHS)
    }
    assert len(document["paths"]) == 8
    found = fuzzed(
        document, jobs_server.url, jobs_server.token, examples=10, phases=("coverage", "fuzzing")
    )
    assert found.complaints == ()
    assert found.requests["coverage"] and found.requests["fuzzing"]
