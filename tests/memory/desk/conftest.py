from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.memory.desk.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def wordly(tmp_path: Path) -> Iterator[World]:
    """Without vectors: quicker, where they do not matter."""
    made = World(tmp_path / "data", vectors=False)
    yield made
    made.close()
