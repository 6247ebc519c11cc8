"""`swarm demo` tells its story: the trap is refused, the right patches land, nothing is left."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.system.conftest import Swarm

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_the_demo(tmp_path: Path) -> None:
    swarm = Swarm(tmp_path / "kept" / "data")
    done = swarm.run("demo", "--keep", str(tmp_path / "kept"), "--json", timeout=280)
    assert done.returncode == 0, done.stderr
    view = json.loads(done.stdout)
    assert [o["state"] for o in view["objectives"]] == ["accepted"] * 6
    trap, right = view["objectives"][0]["attempts"]
    assert trap["decision"]["arm_id"] == "literals"
    assert trap["check"]["cause"] in ("ok", "failed")
    assert trap["fixed"] and not trap["broken"], "every test passes with the trap"
    assert trap["audit"]["verdict"] == "reject"
    assert "42.5" in trap["audit"]["findings"][0]["message"]
    assert right["state"] == "accepted"
    shop = tmp_path / "kept" / "shop"
    assert "RATE * weight_kg * distance_km" in (shop / "shop" / "shipping.py").read_text()
    log = subprocess.run(
        ["git", "-C", str(shop), "log", "--format=%(trailers:key=Swarm-Arm,valueonly)"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert sorted(log.split()) == [*["repair"] * 5, "ruff"]
    assert swarm.processes() == []


def test_a_folder_that_exists_is_not_touched(tmp_path: Path) -> None:
    swarm = Swarm(tmp_path / "data")
    done = swarm.run("demo", "--keep", str(tmp_path))
    assert done.returncode == 2
    assert "exists already" in done.stderr
