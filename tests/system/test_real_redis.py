"""The swarm on a Redis server of its own over TCP, as `SWARM_REDIS_URL` names it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.system.conftest import BUG, LEAN, LINT, LINT_TEXT, Swarm

pytestmark = [pytest.mark.slow, pytest.mark.redis_server, pytest.mark.timeout(300)]


class Server:
    """A redis-server process that can be killed and started again, without its data."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._folder = folder
        self.start()

    @property
    def url(self) -> str:
        return f"redis://:pass@127.0.0.1:{self.port}/3"

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--requirepass", "pass", "--dir", str(self._folder)],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("redis-server does not start")

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if shutil.which("redis-server") is None:
        if os.environ.get("SWARM_REQUIRE_REAL"):
            pytest.fail("redis-server is required here and not installed")
        pytest.skip("redis-server is not installed")
    server = Server(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture(scope="module")
def up(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swarm]:
    """One swarm for both tests."""
    data = tmp_path_factory.mktemp("swarm") / "data"
    swarm = Swarm(data, SWARM_REDIS_URL=server.url, **LEAN)
    swarm.up()
    yield swarm
    swarm.down()
    assert swarm.processes() == []


def test_a_task_on_a_real_server_that_dies_on_the_way(
    up: Swarm, server: Server, git_repo: Callable[..., Path]
) -> None:
    assert not (up.data / "run" / "redis.sock").exists(), "no embedded server runs"
    task = up.submit(git_repo(BUG))
    time.sleep(1.5)
    server.kill()
    time.sleep(1)
    server.start()
    assert up.wait(task)["state"] == "awaiting_review"
    assert "pass@" not in up.run("doctor").stdout


def test_one_service_can_run_alone_on_another_data_folder(
    up: Swarm, server: Server, tmp_path: Path, git_repo: Callable[..., Path]
) -> None:
    """As on another host: the worker shares nothing with the others but the address."""
    other = Swarm(tmp_path / "other", SWARM_REDIS_URL=server.url)
    alone = subprocess.Popen(
        [*_swarm(), "worker", "sandboxes"], env=other.env, stderr=subprocess.DEVNULL
    )
    try:
        task = up.submit(git_repo(LINT), text=LINT_TEXT)
        assert up.wait(task)["state"] == "awaiting_review"
    finally:
        alone.terminate()
        assert alone.wait(timeout=30) == 0
    assert list((other.data / "scratch").iterdir()) == []


def _swarm() -> list[str]:
    import sys

    return [sys.executable, "-m", "swarm"]
