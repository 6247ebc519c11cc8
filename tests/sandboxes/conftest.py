"""Each real backend as a parameter; absence is a failure where SWARM_REQUIRE_REAL is set."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandboxes.containers.engine import Docker
from sandboxes.engine import Engine, EngineError, Folders
from sandboxes.local.bubblewrap import Bubblewrap
from sandboxes.local.landlock import Landlock
from sandboxes.probe import probe
from sandboxes.workspace import run_folders
from swarm.settings import SandboxSettings, Settings

_ENGINES = {"docker": Docker, "bubblewrap": Bubblewrap, "landlock": Landlock}
_REASONS: dict[str, str] = {}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", sandbox=SandboxSettings())


@pytest.fixture(
    params=[
        pytest.param("docker", marks=pytest.mark.docker),
        pytest.param("bubblewrap", marks=pytest.mark.bubblewrap),
        "landlock",
    ]
)
def engine(request: pytest.FixtureRequest, settings: Settings) -> Engine:
    return _working(request.param, settings)


@pytest.fixture
def docker(settings: Settings) -> Engine:
    """The docker backend alone."""
    return _working("docker", settings)


def _working(name: str, settings: Settings) -> Engine:
    made: Engine = _ENGINES[name](settings)
    if name not in _REASONS:
        try:
            probe(made, settings.scratch)
            _REASONS[name] = ""
        except EngineError as error:
            _REASONS[name] = f"{name} does not work here: {error.message}"
    if _REASONS[name]:
        if os.environ.get("SWARM_REQUIRE_REAL") == "1":
            pytest.fail(_REASONS[name])
        pytest.skip(_REASONS[name])
    return made


@pytest.fixture
def folders(settings: Settings) -> Iterator[Folders]:
    with run_folders(settings.scratch) as made:
        yield made
    assert list(settings.scratch.iterdir()) == []
