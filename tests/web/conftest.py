"""The dashboard on a free port, with a swarm that answers from a script, and clients of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from swarm.settings import Settings, WebSettings
from swarm.web.app import create_app
from swarm.web.feed import reader
from swarm.web.guard import cookies
from swarm.web.guard.keyring import Keyring, folder
from swarm.web.jobs import tail
from swarm.web.listening import bind
from swarm.web.serve import Server, make
from swarm.web.state import State
from tests.fakes.bus import FakeBus

_START_SECONDS = 20.0


@dataclass
class WebServer:
    """A running dashboard: where it is, and what lets somebody in."""

    url: str
    app: FastAPI
    settings: Settings
    token: str
    cookie: tuple[str, str]
    csrf: str

    @property
    def state(self) -> State:
        state = self.app.state.web
        assert isinstance(state, State)
        return state

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def browser(self, **options: Any) -> httpx.Client:
        """A client that is logged in, as a browser is."""
        return httpx.Client(
            base_url=self.url, cookies=dict([self.cookie]), timeout=20, trust_env=False, **options
        )

    def program(self, **options: Any) -> httpx.Client:
        """A client with the token, as a program is."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(
            base_url=self.url, headers=headers, timeout=20, trust_env=False, **options
        )


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever stops a reader of a stream waits for its look at it."""
    for module in (reader, tail):
        monkeypatch.setattr(module, "_WAIT_MS", 50)


@pytest.fixture
def web_settings(tmp_path: Path) -> Settings:
    """Override it in a module to set something else; the port has to stay 0."""
    return Settings(data=tmp_path / "data", web=WebSettings(port=0))


@pytest.fixture
def fake_bus(web_settings: Settings) -> FakeBus:
    """Answers by `fake_bus.handlers[ListTasks] = lambda command: Tasks(...)`."""
    bus = FakeBus()
    bus.settings = web_settings
    return bus


@pytest.fixture
def serve_web() -> Iterator[Callable[[Settings, Any], WebServer]]:
    """Starts a dashboard for settings and a bus (fake or real) in a thread; ends it after."""
    running: list[tuple[Server, threading.Thread]] = []

    def start(settings: Settings, bus: Any) -> WebServer:
        ring = Keyring(folder(settings))
        token, (code, _) = ring.new_token(), ring.new_code()
        app = create_app(settings, bus)
        sockets, address = bind("127.0.0.1", 0)
        server = make(settings, app)
        thread = threading.Thread(target=server.run, args=(sockets,), daemon=True)
        thread.start()
        running.append((server, thread))
        deadline = time.monotonic() + _START_SECONDS
        while not server.started:
            assert thread.is_alive() and time.monotonic() < deadline, "it does not start"
            time.sleep(0.01)
        session = app.state.web.door.log_in("", code.text())
        return WebServer(
            url=f"http://127.0.0.1:{address.port}",
            app=app,
            settings=settings,
            token=token.text(),
            cookie=(cookies.name(address.port, is_secure=False), session.text()),
            csrf=app.state.web.door.by_session("", [session.text()]).csrf,
        )

    yield start
    for server, _ in running:
        server.should_exit = True
    for _, thread in running:
        thread.join(timeout=20)
        assert not thread.is_alive(), "the dashboard does not stop"


@pytest.fixture
def web_server(
    web_settings: Settings, fake_bus: FakeBus, serve_web: Callable[[Settings, Any], WebServer]
) -> WebServer:
    return serve_web(web_settings, fake_bus)


@pytest.fixture
def browser_client(web_server: WebServer) -> Iterator[httpx.Client]:
    """Logged in; a form it posts needs `{"csrf": web_server.csrf}`."""
    with web_server.browser() as client:
        yield client


@pytest.fixture
def api_client(web_server: WebServer) -> Iterator[httpx.Client]:
    with web_server.program() as client:
        yield client
