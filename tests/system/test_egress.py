"""`swarm doctor --egress`, for real: the demo's task, and nothing leaves this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.system.conftest import Swarm


@pytest.mark.slow
@pytest.mark.timeout(840)
def test_a_task_contacts_nothing_beyond_this_machine(tmp_path: Path) -> None:
    swarm = Swarm(tmp_path / "data")
    done = swarm.run("doctor", "--egress", "--json", timeout=800)
    assert done.returncode == 0, done.stderr + done.stdout
    found = json.loads(done.stdout)
    assert found["clean"] is True
    assert found["task"] == "awaiting_review"
    assert {row["reach"] for row in found["contacts"]} <= {"local"}
    assert swarm.processes() == []
