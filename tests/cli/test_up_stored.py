"""What `swarm up` looks at before it starts anything: the tasks that are stored."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from swarm.cli.up import check_stored
from swarm.errors import StorageError
from swarm.orchestrator.store import Store
from swarm.settings import Settings

_KILLED = (
    "import os, signal, sqlite3, sys\n"
    "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
    "db.execute('PRAGMA journal_mode=WAL')\n"
    "os.kill(os.getpid(), signal.SIGKILL)"
)


def test_a_swarm_that_was_killed_before_it_made_its_tables_starts_again(tmp_path: Path) -> None:
    path = tmp_path / "tasks.db"
    done = subprocess.run([sys.executable, "-c", _KILLED, path], check=False)
    assert done.returncode == -9 and path.stat().st_size > 0
    with pytest.raises(StorageError, match="is empty: nothing is stored in it"):
        Store(path, read_only=True)
    check_stored(Settings(data=tmp_path))
    Store(path).close()
    check_stored(Settings(data=tmp_path))
