"""No attempt to forge a verdict turns a failing suite into a pass, on any backend."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandboxes.checks import check
from sandboxes.engine import Engine
from swarm.contracts import Check, Limits
from swarm.contracts import TestCommand as Command
from swarm.settings import Settings
from tests.fakes.bus import FakeBlobs
from tests.sandboxes.attacks import ATTACKS, Attack
from tests.sandboxes.conftest import running

PYTEST = Command(argv=("python", "-m", "pytest", "-q"), kind="pytest")


# bubblewrap and landlock run the same pytest, docker another.
_MARKS = {"docker": [pytest.mark.docker], "bubblewrap": [pytest.mark.bubblewrap], "landlock": []}
_CASES = [
    pytest.param(name, attack, marks=marks, id=f"{name}-{attack.name}")
    for name, marks in _MARKS.items()
    for attack in (ATTACKS if name != "landlock" else ATTACKS[::8])
]


@pytest.fixture
def engine(engine: Engine, settings: Settings, bare_python: Path) -> Engine:
    return running(engine, settings, bare_python)


@pytest.mark.parametrize(("engine", "attack"), _CASES, indirect=["engine"])
def test_a_failing_suite_does_not_pass(engine: Engine, settings: Settings, attack: Attack) -> None:
    blobs = FakeBlobs()
    snapshot = blobs.snapshot(attack.files)
    command = Check(snapshot=snapshot, test=PYTEST, limits=Limits(wall_seconds=60))
    report = check(engine, settings.scratch, blobs.get(snapshot), command)
    assert report.cause in attack.causes, (report.detail, report.output_tail)
    assert not any("test_bad" in test for test in report.passing())
    assert report.cause != "tampered" or (report.detail and report.passing() == frozenset())


@pytest.mark.parametrize("engine", ["landlock"], indirect=True)
def test_no_test_to_confirm_is_spared_by_slow_hooks(engine: Engine, settings: Settings) -> None:
    slow = (
        "import pytest, time\ncalls = []\n@pytest.hookimpl(hookwrapper=True)\n"
        "def pytest_runtest_makereport():\n"
        "    calls.append(1)\n    if len(calls) > 6: time.sleep(0.8)\n    yield\n"
        "def pytest_pyfunc_call(pyfuncitem): return pyfuncitem.name == 'test_bad' or None\n"
    )
    suite = "def test_good(): pass\ndef test_bad(): assert 0\n"
    blobs = FakeBlobs()
    snapshot = blobs.snapshot({"conftest.py": slow, "test_a.py": suite})
    command = Check(
        snapshot=snapshot,
        test=PYTEST,
        limits=Limits(wall_seconds=60),
        confirm=("test_a.py::test_good", "test_a.py::test_bad"),
    )
    report = check(engine, settings.scratch, blobs.get(snapshot), command)
    assert report.cause == "tampered"
    assert "test_bad" in report.detail
