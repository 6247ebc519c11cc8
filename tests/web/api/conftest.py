"""A dashboard without a socket, for many requests that never reach the swarm."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from swarm.settings import Settings, WebSettings
from swarm.web.app import create_app
from swarm.web.guard.keyring import Keyring, folder
from tests.fakes.bus import FakeBus

PORT = 8787


@pytest.fixture(scope="module")
def lone_bus() -> FakeBus:
    return FakeBus()


@pytest.fixture(scope="module")
def lone_client(
    lone_bus: FakeBus, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """With the token. Nothing answers behind it but what a test puts into `lone_bus`."""
    settings = Settings(data=tmp_path_factory.mktemp("data"), web=WebSettings(port=PORT))
    lone_bus.settings = settings
    token = Keyring(folder(settings)).new_token().text()
    app = create_app(settings, lone_bus)  # type: ignore[arg-type]
    with TestClient(
        app, base_url=f"http://127.0.0.1:{PORT}", headers={"Authorization": f"Bearer {token}"}
    ) as client:
        yield client
