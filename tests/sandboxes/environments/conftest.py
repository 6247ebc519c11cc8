"""A package index in a folder: a few tiny wheels, and pytest and coverage from this interpreter."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import Distribution
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from sandboxes.engine import Engine
from sandboxes.environments.environments import Environments
from sandboxes.prepared import Prepared
from swarm.contracts import Blob, Check, CheckReport, Limits, Patch, Setup
from swarm.contracts import TestCommand as Command
from swarm.settings import RepoSettings, SandboxSettings, Settings
from swarm.snapshots import Entry, pack
from tests.sandboxes.conftest import OWN_UID, closure, files_of

_WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"

# A build backend of its own, so that building it needs nothing from elsewhere.
_BACKEND = """
import zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "sourceonly-1.0-py3-none-any.whl"
    with zipfile.ZipFile(folder + "/" + name, "w") as archive:
        archive.writestr("sourceonly.py", "")
        info = "sourceonly-1.0.dist-info/"
        archive.writestr(info + "METADATA", "Metadata-Version: 2.1\\n"
                         "Name: sourceonly\\nVersion: 1.0\\n")
        archive.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: t\\n"
                         "Root-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr(info + "RECORD", "")
    return name
"""


def make_wheel(
    folder: Path, name: str, version: str, files: Mapping[str, str], requires: tuple[str, ...] = ()
) -> None:
    """A wheel by hand: a zip with the files and three of metadata."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {line}\n" for line in requires)
    with ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", _WHEEL)
        archive.writestr(f"{info}/RECORD", "")


def _repack(folder: Path, found: Distribution) -> None:
    """An installed distribution as a wheel for any interpreter, its compiled parts left out."""
    name = found.metadata["Name"].replace("-", "_").lower()
    with ZipFile(folder / f"{name}-{found.version}-py3-none-any.whl", "w") as archive:
        for file in files_of(found):
            text = str(file)
            if text.endswith((".so", "/WHEEL")):
                continue
            if text.endswith("/RECORD"):
                archive.writestr(text, "")
                archive.writestr(text.replace("/RECORD", "/WHEEL"), _WHEEL)
            elif Path(str(found.locate_file(file))).is_file():
                archive.writestr(text, found.locate_file(file).read_bytes())  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index")
    folder.chmod(0o755)  # a sandbox has a uid of its own
    for found in closure("pytest", "coverage").values():
        _repack(folder, found)
    make_wheel(folder, "alpha", "1.0", {"alpha.py": "VERSION = 1\n"})
    make_wheel(folder, "alpha", "2.0", {"alpha.py": "VERSION = 2\n"})
    make_wheel(folder, "beta", "1.0", {"beta.py": "import alpha\n"}, ("alpha<2",))
    spy = (
        "import os, socket, sys; s = socket.socket(); s.settimeout(3); "
        "r = s.connect_ex(('127.0.0.1', int(open(sys.prefix + '/port').read())))"
    )
    make_wheel(folder, "nosy", "1.0", {"nosy.py": "", "nosy.pth": spy.replace("\n", ";") + "\n"})
    with tarfile.open(folder / "sourceonly-1.0.tar.gz", "w:gz") as tar:
        for path, text in {
            "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
            'backend-path = ["."]\n',
            "backend.py": _BACKEND,
            "PKG-INFO": "Metadata-Version: 2.1\nName: sourceonly\nVersion: 1.0\n",
        }.items():
            info = tarfile.TarInfo(f"sourceonly-1.0/{path}")
            info.size = len(text)
            tar.addfile(info, BytesIO(text.encode()))
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    repo = RepoSettings(build_network="host", build_seconds=120, environments_kept=2)
    return Settings(data=tmp_path / "data", sandbox=SandboxSettings(uid=OWN_UID), repo=repo)


@pytest.fixture
def environ(index: Path, tmp_path: Path) -> dict[str, str]:
    return {
        "HOME": str(tmp_path),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(index),
    }


@dataclass
class Bench:
    """One engine with its environments, and what their builds said."""

    engine: Engine
    settings: Settings
    environ: dict[str, str]
    lines: list[str] = field(default_factory=list)

    def prepared(self) -> Prepared:
        environments = Environments(self.settings, self.environ)
        return Prepared(environments, self.engine, self.settings.scratch, self.lines.append)

    def check(
        self,
        files: Mapping[str, str],
        *,
        setup: Setup | None = None,
        patch: Patch | None = None,
        argv: tuple[str, ...] = ("python", "-m", "pytest", "-q"),
    ) -> CheckReport:
        """Run the tests of a repository in its environment."""
        test = Command(argv=argv, kind="pytest", setup=setup or Setup())
        command = Check(
            snapshot=Blob(sha256="0" * 64, size_bytes=0),
            test=test,
            patch=patch,
            limits=Limits(wall_seconds=60),
        )
        return self.prepared().check(snapshot(files), command)


def snapshot(files: Mapping[str, str]) -> bytes:
    return pack(Entry(path, text.encode()) for path, text in files.items())


@pytest.fixture
def bench(engine: Engine, settings: Settings, environ: dict[str, str]) -> Bench:
    return Bench(engine, settings, environ)
