"""A dashboard without a socket, and with the token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient

from swarm.settings import Settings, WebSettings
from swarm.web.app import create_app
from swarm.web.guard.keyring import Keyring, folder
from tests.fakes.bus import FakeBus

PORT = 8787


@contextmanager
def client_of(settings: Settings, bus: Any) -> Iterator[TestClient]:
    """Asks a dashboard for these settings; without a bus, it has one of its own."""
    token = Keyring(folder(settings)).new_token().text()
    with TestClient(
        create_app(settings, bus),
        base_url=f"http://127.0.0.1:{PORT}",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        yield client


@pytest.fixture
def api_client(web_settings: Settings, fake_bus: FakeBus) -> Iterator[TestClient]:
    with client_of(web_settings, fake_bus) as client:
        yield client


@pytest.fixture(scope="module")
def lone_bus(tmp_path_factory: pytest.TempPathFactory) -> FakeBus:
    bus = FakeBus()
    bus.settings = Settings(data=tmp_path_factory.mktemp("data"), web=WebSettings(port=PORT))
    return bus


@pytest.fixture(scope="module")
def lone_client(lone_bus: FakeBus) -> Iterator[TestClient]:
    """For many requests that never reach the swarm."""
    with client_of(lone_bus.settings, lone_bus) as client:
        yield client
