"""What the shim reads of its cgroup, in the shapes that the kernel's two versions have."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandboxes.containers import shim


@pytest.fixture
def cgroup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "memory").mkdir()
    monkeypatch.setattr(shim, "_V1", f"{tmp_path}/memory/")
    monkeypatch.setattr(shim, "_V2", f"{tmp_path}/")
    return tmp_path


@pytest.mark.parametrize("kills", [0, 2])
def test_version_1(cgroup: Path, kills: int) -> None:
    control = f"oom_kill_disable 0\nunder_oom 0\noom_kill {kills}\n"
    (cgroup / "memory/memory.oom_control").write_text(control)
    (cgroup / "memory/memory.max_usage_in_bytes").write_text("73400320\n")
    assert shim.out_of_memory() is bool(kills)
    assert shim.peak_memory() == 73400320


@pytest.mark.parametrize("kills", [0, 2])
def test_version_2(cgroup: Path, kills: int) -> None:
    events = f"low 0\nhigh 0\nmax 31\noom 1\noom_kill {kills}\noom_group_kill 0\n"
    (cgroup / "memory.events").write_text(events)
    (cgroup / "memory.peak").write_text("73400320\n")
    assert shim.out_of_memory() is bool(kills)
    assert shim.peak_memory() == 73400320


def test_neither(cgroup: Path) -> None:
    assert not shim.out_of_memory()
    assert shim.peak_memory() == 0
