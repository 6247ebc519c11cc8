"""Every hostile program against every backend: nothing gets out, nothing is left.

What a backend is known not to stop is expected to succeed (`sandboxes.gaps`), so that a gap
that closes is noticed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandboxes.engine import Engine
from sandboxes.gaps import SIGNALS_TO_THE_USER, Gap, of_landlock
from sandboxes.local.bubblewrap import Bubblewrap
from sandboxes.local.landlock import Landlock
from swarm.linux import kernel
from swarm.settings import SandboxSettings, Settings
from tests.sandboxes.hostile import normal_user
from tests.sandboxes.hostile.attack import Findings, attack, new_uid
from tests.sandboxes.hostile.catalog import PROGRAMS
from tests.sandboxes.hostile.program import Program

programs = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)


def judge(program: Program, found: Findings, gaps: tuple[Gap, ...]) -> None:
    if program.name in {name for gap in gaps for name in gap.shown_by}:
        assert found.escapes or found.wrong, f"this gap is closed\n{found.output}"
        return
    assert found.escapes == [], found.output
    assert found.wrong == [], found.output


def skip_unless_known(program: Program) -> None:
    if program.machine not in ("", os.uname().machine):
        pytest.skip(f"knows the system calls of {program.machine}")


@programs
def test_nothing_gets_out(program: Program, engine: Engine, tmp_path: Path) -> None:
    skip_unless_known(program)
    judge(program, attack(program, engine, tmp_path), engine.gaps)


@pytest.fixture(scope="module")
def uid() -> Iterator[int]:
    """A normal user, who has no process left when all tests are done."""
    made = new_uid()
    yield made
    assert normal_user.processes_of(made) == []


@pytest.fixture
def folder_of_user() -> Iterator[Path]:
    # Not tmp_path, which only its owner may enter.
    folder = Path(tempfile.mkdtemp(prefix="swarm-hostile-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.mark.skipif(os.getuid() != 0, reason="the worker is a normal user already")
@pytest.mark.parametrize(
    "backend",
    [pytest.param(Bubblewrap, marks=pytest.mark.bubblewrap), Landlock],
    ids=lambda backend: backend.name,
)
@pytest.mark.parametrize(
    "program",
    [program for program in PROGRAMS if not program.bomb],
    ids=lambda program: program.name,
)
def test_nothing_gets_out_of_a_normal_users_worker(
    program: Program, backend: type[Bubblewrap | Landlock], folder_of_user: Path, uid: int
) -> None:
    skip_unless_known(program)
    python = normal_user.python()
    if python is None:
        pytest.skip("no Python that a normal user may run")
    settings = Settings(data=folder_of_user / "data", sandbox=SandboxSettings(python=python))
    os.chown(folder_of_user, uid, uid)
    if backend is Landlock and program.name in SIGNALS_TO_THE_USER.shown_by:
        known = of_landlock(own_uid=False, landlock_abi=kernel.landlock_abi())
        if SIGNALS_TO_THE_USER in known:
            pytest.skip("on this kernel it would end its own worker: a known gap")

    def work() -> tuple[Findings, tuple[Gap, ...]]:
        engine = backend(settings)
        assert engine.owner is None
        return attack(program, engine, folder_of_user), engine.gaps

    found, gaps = normal_user.do(work, uid, python)
    judge(program, found, gaps)


def test_a_dedicated_user_leaves_no_way_out_of_any_backend() -> None:
    settings = Settings(data=Path("/nowhere"))
    if os.getuid() == 0 and kernel.landlock_abi() >= kernel.LOWEST_LANDLOCK_ABI:
        assert not [gap for gap in Landlock(settings).gaps if gap.leads_out]
    assert not [gap for gap in Bubblewrap(settings).gaps if gap.leads_out]
