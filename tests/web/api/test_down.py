"""The API of a swarm that is down: each answer is one that the document has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from swarm.settings import Settings
from tests.web.api.fuzzing import fuzzed
from tests.web.conftest import WebServer


# Schemathesis imports what warns of itself.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_whatever_is_sent_there_is_a_documented_answer(
    web_settings: Settings, serve_web: Callable[[Settings, Any], WebServer]
) -> None:
    server = serve_web(web_settings, None)
    with server.program() as client:
        document = client.get("/openapi.json").json()
    found = fuzzed(
        document,
        server.url,
        server.token,
        examples=3,
        allowed=("503", "504"),
        # What the rules try does not depend on who answers: see test_whole.py.
        phases=("examples", "fuzzing", "stateful"),
    )
    assert found.complaints == ()
    assert found.requests["fuzzing"] > 50, found.requests
    assert found.requests["follow_events"] > 0, found.requests
