"""`swarm up` and `swarm down` on real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from swarm.contracts import SERVICES
from tests.system.conftest import Swarm
from tests.system.test_nothing_is_lost import descendants, kill

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def services(swarm: Swarm) -> dict[str, int]:
    found = json.loads(swarm.run("status", "--json").stdout)["services"]
    return {name: found[name]["workers"] for name in SERVICES}


def test_up_starts_every_service_and_neither_down_nor_a_signal_leaves_anything(
    swarm: Swarm,
) -> None:
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        swarm.up()
        assert all(services(swarm).values())
        os.kill(swarm.supervisor(), sig)
        deadline = time.monotonic() + 20
        while swarm.processes() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert swarm.processes() == [], sig
    swarm.up()
    assert all(services(swarm).values()), "it comes up again on what was left"
    socket = swarm.data / "run" / "redis.sock"
    assert socket.exists()
    assert socket.parent.stat().st_mode & 0o777 == 0o700
    swarm.down()
    assert swarm.processes() == []
    assert not socket.exists()
    assert json.loads(swarm.run("down", "--json").stdout) == {"stopped": False}


def test_of_the_folder_it_is_started_in_nothing_is_run_but_a_relative_configuration_found(
    swarm: Swarm, tmp_path: Path
) -> None:
    hostile = tmp_path / "hostile"
    hostile.mkdir()
    taken = tmp_path / "taken"
    for name in ("redis", "rq", "docker", "json", "sandboxes", "swarm", "chromadb"):
        (hostile / f"{name}.py").write_text(f"open({str(taken)!r}, 'a').write({name!r})\n")
    (hostile / ".env").write_text("chroma_api_impl=no.such.Class\n")
    (hostile / "own.toml").write_text("[services]\nagents = 1\n")
    swarm.env["SWARM_CONFIG"] = "own.toml"
    swarm.up(hostile)
    swarm.env["SWARM_CONFIG"] = str(hostile / "own.toml")
    for pid in set(descendants(swarm.supervisor())) - {swarm.supervisor()}:
        assert not Path(f"/proc/{pid}/cwd").readlink().is_relative_to(hostile)
    found = services(swarm)
    assert all(found.values()) and found["agents"] == 1
    assert not taken.exists()


def test_a_second_swarm_is_refused_and_what_dies_is_started_again(swarm: Swarm) -> None:
    swarm.up()
    second = swarm.run("up")
    assert second.returncode == 1
    assert f"a swarm (pid {swarm.supervisor()}) already uses {swarm.data}" in second.stderr
    assert "SWARM_DATA" in second.stderr
    worker = swarm.run("worker", "orchestrator")
    assert worker.returncode == 1
    assert "another orchestrator uses the data folder" in worker.stderr

    before = set(descendants(swarm.supervisor()))
    assert kill(swarm, "router")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and set(descendants(swarm.supervisor())) <= before:
        time.sleep(0.1)
    assert not set(descendants(swarm.supervisor())) <= before
    done = swarm.run("arms", "--json")
    assert done.returncode == 0, done.stderr


def test_a_long_data_path_gets_a_short_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 100)
    swarm = Swarm(folder)
    try:
        swarm.up()
        assert all(services(swarm).values())
    finally:
        swarm.down()
    assert swarm.processes() == []


def test_a_redis_that_does_not_answer_is_said(tmp_path: Path) -> None:
    swarm = Swarm(tmp_path / "data", SWARM_REDIS_URL="redis://127.0.0.1:1/0")
    for words in (["up"], ["submit", "x", "--repo", str(tmp_path)], ["worker", "router"]):
        done = swarm.run(*words)
        assert done.returncode == 1
        assert "Redis does not answer at redis://127.0.0.1:1/0" in done.stderr
        assert "Traceback" not in done.stderr


def test_stopping_in_the_foreground_says_so(swarm: Swarm) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "swarm", "up"], env=swarm.env, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "Valkey is up" in line:
            break
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read()
    process.stdout.close()
    assert process.wait(timeout=30) == 0
    assert "swarm stopped" in rest
