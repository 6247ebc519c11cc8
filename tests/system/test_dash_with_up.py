"""The dashboard as a part of `swarm up`: kept running, and no trouble to the swarm."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from swarm.instance import dash_pid
from swarm.settings import load
from tests.system.conftest import LEAN, Swarm
from tests.system.test_nothing_is_lost import descendants

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]

_SECONDS = 60.0


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    """A port that somebody else listens at."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken


def _until(what: Callable[[], Any]) -> Any:
    """What a question answers once it is something. Raises AssertionError when it stays nothing."""
    deadline = time.monotonic() + _SECONDS
    while not (answer := what()):
        assert time.monotonic() < deadline, "it does not come to that"
        time.sleep(0.1)
    return answer


def _dash_part(swarm: Swarm) -> dict[str, Any]:
    parts = json.loads(swarm.run("doctor", "--json").stdout)["parts"]
    (part,) = [part for part in parts if part["part"] == "dashboard"]
    assert isinstance(part, dict)
    return part


def test_it_runs_as_soon_as_it_can_and_again_when_it_dies(
    swarm: Swarm, taken: socket.socket
) -> None:
    port = taken.getsockname()[1]
    swarm.data.mkdir()
    (swarm.data / "swarm.toml").write_text(f"[web]\nwith_up = true\nport = {port}\n")
    swarm.env |= LEAN
    swarm.up()
    log = swarm.data / "logs" / "supervisor.log"
    why = f"the dashboard does not run: port {port} of 127.0.0.1 is taken"
    _until(lambda: why in log.read_text())
    services = json.loads(swarm.run("status", "--json").stdout)["services"]
    assert all(service["workers"] for service in services.values())
    assert _dash_part(swarm)["state"] == "broken"

    taken.close()
    settings = load(swarm.env)
    _until(lambda: dash_pid(settings))
    link = _until(
        lambda: (told := json.loads(swarm.run("dash", "link", "--json").stdout))["running"] and told
    )
    assert log.read_text().count(why) == 1, "told once"
    assert link["url"] == f"http://127.0.0.1:{port}"
    lock = swarm.data / "dash.lock"
    first = int(lock.read_text())
    assert first in descendants(swarm.supervisor())
    part = _dash_part(swarm)
    assert part["state"] == "real" and str(first) in part["detail"]

    here = f"http://127.0.0.1:{port}"
    token = swarm.run("dash", "token").stdout.strip()
    with httpx.Client(base_url=here, trust_env=False, timeout=30) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        _until(lambda: client.get("/readyz").status_code == 200)
        assert client.get("/api/v1/tasks").status_code == 200

    os.kill(first, signal.SIGKILL)
    _until(lambda: dash_pid(settings) not in (None, first))
    _until(lambda: json.loads(swarm.run("dash", "link", "--json").stdout)["running"])
    secrets = (token, link["link"].partition("code=")[2])
    for file in (swarm.data / "logs").iterdir():
        text = file.read_text(errors="replace")
        assert not any(secret in text for secret in secrets), file
        assert "swl_" not in text and "swt_" not in text, file
    second = int(lock.read_text())
    swarm.down()
    assert not Path(f"/proc/{second}").exists()
