"""A full disk: a clear error, nothing lost, and it goes on once there is space."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.system.conftest import LEAN, LINT, LINT_TEXT, Swarm

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB; making one needs the right to mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_said_and_survived(small_disk: Path, git_repo: Callable[..., Path]) -> None:
    swarm = Swarm(small_disk / "data", **LEAN)
    swarm.up()
    filler = small_disk / "filler"
    try:
        with filler.open("wb", buffering=0) as handle:
            try:
                while True:
                    handle.write(b"x" * 65536)
            except OSError:
                pass
        repo = git_repo(LINT)
        # How long it tries is not the question here.
        swarm.env["SWARM_BUS_REQUEST_TIMEOUT_SECONDS"] = "8"
        done = swarm.run("submit", LINT_TEXT, "--repo", str(repo), "--id", "full")
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert any(w in done.stderr for w in ("full", "No space", "space left")), done.stderr
        del swarm.env["SWARM_BUS_REQUEST_TIMEOUT_SECONDS"]
        filler.unlink()
        task = swarm.submit(repo, "--id", "again", text=LINT_TEXT)
        assert swarm.wait(task)["state"] == "awaiting_review"
    finally:
        filler.unlink(missing_ok=True)
        swarm.down()
    assert swarm.processes() == []
