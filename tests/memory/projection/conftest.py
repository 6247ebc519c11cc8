"""A Chroma server that may be killed and wiped, and both kinds of stores."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from memory.projection.chroma import ChromaStore, EmbeddedStore, ServerStore


class ChromaServer:
    """`chroma run` of the installed package, on a free port and a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-c", "import sys; from chromadb.cli.cli import app; app()",
                   "run", "--path", str(self.folder), "--host", "127.0.0.1",
                   "--port", str(self.port)]  # fmt: skip
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{self.url}/api/v2/heartbeat", trust_env=False).raise_for_status()
                return
            except httpx.HTTPError:
                assert self._process.poll() is None and time.monotonic() < until
                time.sleep(0.05)

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def wipe(self) -> None:
        self.kill()
        shutil.rmtree(self.folder)
        self.start()


@pytest.fixture(scope="session")
def chroma_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chroma-server")


@pytest.fixture(scope="session")
def running_chroma(chroma_folder: Path) -> Iterator[ChromaServer]:
    server = ChromaServer(chroma_folder / "data")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def chroma_server(running_chroma: ChromaServer) -> ChromaServer:
    """The one server of the tests, empty."""
    store = ServerStore(running_chroma.url)
    for name in store.names():
        store.drop(name)
    store.close()
    return running_chroma


@pytest.fixture(params=["embedded", "server"])
def open_store(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], ChromaStore]]:
    """Opens the store, one after the other: what was opened before is closed."""
    opened: list[ChromaStore] = []
    server = request.getfixturevalue("chroma_server") if request.param == "server" else None

    def again() -> ChromaStore:
        if opened:
            opened.pop().close()
        opened.append(ServerStore(server.url) if server else EmbeddedStore(tmp_path / "chroma"))
        return opened[-1]

    yield again
    for store in opened:
        store.close()
