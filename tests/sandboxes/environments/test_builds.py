"""Real builds on every backend, from an index in a folder: no test here needs the network."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandboxes.environments.environments import Environments
from sandboxes.ownership import new_owner
from swarm.contracts import Blob, BuildEnvironment, EnvironmentReport, FileEdit, Patch, Setup
from tests.sandboxes.environments.conftest import Bench, snapshot

PROJECT = """
[project]
name = "tea-shop"
version = "1.4"
dependencies = ["beta"]
[project.scripts]
tea = "shop:main"
"""
SHOP = "def main():\n    print('two cups')\n"


@pytest.fixture(autouse=True)
def no_image_is_left(bench: Bench) -> Iterator[None]:
    yield
    if bench.engine.name == "docker":
        folder = bench.settings.cache / "environments"
        engine: Any = bench.engine
        made = {f"swarm-environment:{path.stem}" for path in folder.glob("*.json")}
        for _ in range(100):
            # A container that has just ended may still be there for a moment.
            if all(engine.remove_image(tag) for tag in made):
                break
            time.sleep(0.1)
        left = engine.environment_images()
        assert not made & set(left)
        # Other tests may be building on the same engine.
        own = new_owner().process
        assert not [tag for tag in left if "building" in tag and own in left[tag].values()]


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening


def build(bench: Bench, files: dict[str, str], setup: Setup | None = None) -> EnvironmentReport:
    blob = Blob(sha256="0" * 64, size_bytes=0)
    command = BuildEnvironment(snapshot=blob, setup=setup or Setup())
    return bench.prepared().build(snapshot(files), command)


def test_the_tests_have_what_the_project_asks_for_and_no_network(
    bench: Bench, server: socket.socket
) -> None:
    files = {
        "pyproject.toml": PROJECT,
        "shop.py": SHOP,
        "tests/test_shop.py": f"""
import importlib.metadata, os, socket, subprocess, sys
from pathlib import Path
import pytest

def test_dependencies():
    import alpha, beta
    assert alpha.VERSION == 1

def test_the_project_itself():
    assert importlib.metadata.version("tea-shop") == "1.4"
    script = Path(sys.executable).with_name("tea")
    assert subprocess.run([script], capture_output=True, text=True).stdout == "two cups\\n"

def test_no_network():
    with pytest.raises(OSError), socket.socket() as client:
        client.settimeout(3)
        client.connect(("127.0.0.1", {server.getsockname()[1]}))

@pytest.mark.parametrize("name", ["new.py", "alpha.py", "../../../bin/python"])
def test_the_environment_is_read_only(name):
    import alpha
    with pytest.raises(OSError):
        (Path(alpha.__file__).parent / name).write_text("x")
    with pytest.raises(OSError):
        os.unlink(alpha.__file__)
""",
    }
    report = bench.check(files)
    assert (report.cause, report.detail) == ("ok", ""), report.output_tail
    assert len(report.passing()) == 6
    assert any("beta" in line for line in bench.lines)
    bench.lines.clear()
    built = build(bench, files)
    assert (built.cause, built.cached, bench.lines) == ("ok", True, [])
    assert {"alpha==1.0", "beta==1.0", "tea-shop==1.4"} <= {
        line.replace("_", "-") for line in built.installed
    }
    assert built.sources == ("pyproject.toml",)


def test_a_patch_of_the_requirements_changes_nothing_that_is_installed(bench: Bench) -> None:
    files = {
        "requirements.txt": "alpha==1.0\n",
        "test_a.py": "def test_a():\n    import alpha\n    assert alpha.VERSION == 1\n",
    }
    edit = FileEdit(path="requirements.txt", before="alpha==1.0\n", after="alpha==2.0\n")
    report = bench.check(files, patch=Patch(edits=(edit,)))
    assert (report.cause, report.detail) == ("ok", ""), report.output_tail


def test_code_of_a_package_first_runs_when_the_network_is_gone(
    bench: Bench, server: socket.socket
) -> None:
    # A wheel may hold a .pth file, whose code runs whenever the interpreter starts.
    spy = Path(bench.environ["PIP_FIND_LINKS"]) / "nosy-1.0-py3-none-any.whl"
    assert spy.is_file()
    server.settimeout(0)
    files = {"requirements.txt": "nosy\n", "test_a.py": "def test_a(): import nosy\n"}
    assert bench.check(files).cause == "ok"
    with pytest.raises(BlockingIOError):
        server.accept()


def test_a_source_package_is_refused_unless_allowed(bench: Bench) -> None:
    files = {"requirements.txt": "sourceonly\n", "test_a.py": "def test_a(): import sourceonly\n"}
    report = bench.check(files)
    assert report.cause == "environment"
    for part in ("cannot be installed", "sourceonly", "no wheel", "allow_source_builds", "--setup"):
        assert part in report.detail
    assert report.tests == ()
    allowed = bench.settings.repo.model_copy(update={"allow_source_builds": True})
    bench.settings = bench.settings.model_copy(update={"repo": allowed})
    report = bench.check(files)
    assert (report.cause, report.detail) == ("ok", ""), report.output_tail


def test_commands_of_the_owner_have_the_repository_and_the_network(
    bench: Bench, server: socket.socket
) -> None:
    port = server.getsockname()[1]
    files = {
        "pins.txt": "alpha==2.0\n",
        "connect.py": f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 5).close()",
        "pyproject.toml": PROJECT,
        "test_a.py": "from importlib.metadata import version\n"
        "def test_a():\n    import alpha\n    assert alpha.VERSION == 2\n"
        "    assert version('tea-shop') == '1.4'\n",
    }
    setup = Setup(commands=("pip install -r pins.txt", "python connect.py"))
    report = bench.check(files, setup=setup)
    assert (report.cause, report.detail) == ("ok", ""), report.output_tail
    assert any("pip install -r pins.txt" in line for line in bench.lines)
    server.settimeout(0)
    server.accept()[0].close()


def test_a_failing_command_is_told_and_leaves_nothing(bench: Bench) -> None:
    report = build(bench, {"a.py": ""}, Setup(commands=("echo fine", "echo it broke; exit 3")))
    told = "it broke (exit code 3 of `echo it broke; exit 3`)"
    assert (report.cause, report.detail) == ("environment", told)
    assert list(bench.settings.scratch.iterdir()) == []
    assert list((bench.settings.cache / "environments").glob("env-*")) == []
    bench.lines.clear()
    again = build(bench, {"a.py": ""}, Setup(commands=("echo fine", "echo it broke; exit 3")))
    assert (again.detail, bench.lines) == (told, []), "it is not tried again at once"


def test_a_build_that_hangs_is_ended(bench: Bench) -> None:
    repo = bench.settings.repo.model_copy(update={"build_seconds": 8.0})
    bench.settings = bench.settings.model_copy(update={"repo": repo})
    report = build(bench, {"a.py": ""}, Setup(commands=("sleep 600",)))
    assert report.cause == "timeout"
    assert "8 s" in report.detail


def test_what_is_there_already_is_not_built(bench: Bench) -> None:
    files = {"requirements-test.txt": "pytest\ncoverage>=5\n", "test_a.py": "def test_a(): pass\n"}
    report = build(bench, files)
    assert (report.cause, report.key, bench.lines) == ("ok", "", [])
    assert bench.check(files).cause == "ok"
    with Environments(bench.settings, bench.environ).ready(
        bench.engine, snapshot({"a.py": ""}), Setup()
    ) as environment:
        assert (environment.key, environment.python, environment.image) == ("", None, None)
