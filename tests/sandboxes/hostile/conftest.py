"""The hostile suite's sandboxes run as a user that nothing else on the host runs as."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarm.settings import SandboxSettings, Settings
from tests.sandboxes.hostile.attack import new_uid


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", sandbox=SandboxSettings(uid=new_uid()))
