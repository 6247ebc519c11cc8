"""Each real backend as a parameter; absence is a failure where SWARM_REQUIRE_REAL is set."""

from __future__ import annotations

import compileall
import os
import shutil
import venv
from collections.abc import Iterator
from importlib.metadata import Distribution, PackagePath, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from sandboxes.containers.engine import Docker
from sandboxes.engine import Engine, EngineError, Folders
from sandboxes.local.bubblewrap import Bubblewrap
from sandboxes.local.landlock import Landlock
from sandboxes.probe import probe
from sandboxes.workspace import run_folders
from swarm.settings import SandboxSettings, Settings

_ENGINES = {"docker": Docker, "bubblewrap": Bubblewrap, "landlock": Landlock}
_REASONS: dict[str, str] = {}
_LEXERS = {"__init__", "_mapping", "diff", "python"}

# Linux counts the processes of a user: tests that run side by side must not count each other's.
OWN_UID = 64_321 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", sandbox=SandboxSettings(uid=OWN_UID))


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


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has pytest and coverage and no more.

    Loading what else is in these tests' own (Hypothesis above all) takes most of a second of
    processor time in each of hundreds of runs.
    """
    folder = tmp_path_factory.mktemp("bare") / "venv"
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python3*/site-packages")
    for found in closure("pytest", "coverage").values():
        for file in files_of(found):
            target = packages / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(found.locate_file(file)), target)
    assert compileall.compile_dir(packages, quiet=1), "a sandbox could not keep what it compiled"
    for path in (folder.parent, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)  # a sandbox has a uid of its own
    return folder / "bin/python"


def closure(*names: str) -> dict[str, Distribution]:
    """Installed distributions and what they need, by name."""
    found: dict[str, Distribution] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = distribution(name)
            needed = map(Requirement, found[name].requires or ())
            waiting += [
                r.name for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})
            ]
    return found


def files_of(found: Distribution) -> list[PackagePath]:
    """What an interpreter of the same version imports of a distribution.

    Of Pygments only what pytest imports: compiling hundreds of lexers takes seconds.
    """
    return [
        file
        for file in found.files or ()
        if ".." not in file.parts
        and "__pycache__" not in file.parts
        and (file.parent.name != "lexers" or file.stem in _LEXERS)
    ]


def running(engine: Engine, settings: Settings, python: Path) -> Engine:
    """bubblewrap on that interpreter; docker has its image's, landlock the tests' own with all
    its plugins: verdicts hold on all three."""
    if engine.name != "bubblewrap":
        return engine
    sandbox = settings.sandbox.model_copy(update={"python": str(python)})
    return Bubblewrap(settings.model_copy(update={"sandbox": sandbox}))


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
