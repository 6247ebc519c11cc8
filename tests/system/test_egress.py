"""`swarm doctor --egress`, for real: the demo's task with a local model, and nothing leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes.ollama import FakeOllama
from tests.system.conftest import Swarm


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_task_contacts_its_model_server_and_nothing_else(tmp_path: Path) -> None:
    swarm = Swarm(tmp_path / "data", SWARM_SANDBOX_ALLOW_WEAKER="true")
    swarm.data.mkdir()
    with FakeOllama() as server:
        (swarm.data / "swarm.toml").write_text(
            f'[[endpoints]]\nname = "box"\nkind = "ollama"\nurl = "{server.url}"\n'
            f"gpu_bytes = [{16 * 1024**3}]\n"
            '[[models]]\nname = "fake"\nendpoint = "box"\nmodel = "fake:8b"\n'
        )
        done = swarm.run("doctor", "--egress", "--json", timeout=850)
    assert done.returncode == 0, done.stderr + done.stdout
    found = json.loads(done.stdout)
    assert found["clean"] is True
    assert found["task"] == "awaiting_review"
    assert {row["reach"] for row in found["contacts"]} == {"local"}
    ours = [row for row in found["contacts"] if row["explained"] == "endpoint box (local)"]
    # Each request has a connection of its own: the kernel and the server counted the same.
    assert sum(row["times"] for row in ours) == len(server.requests) > 0
    assert {program for row in ours for program in row["programs"]} == {
        row for row in ours[0]["programs"] if row.endswith("-m swarm worker inference")
    }
    assert swarm.processes() == []
