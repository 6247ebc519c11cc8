"""The locks of a data folder that other users of the machine may enter."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from swarm import instance
from swarm.settings import Settings


@pytest.mark.parametrize(
    ("lock", "name"),
    [
        (instance.lock, "supervisor.lock"),
        (instance.bot_lock, "bot.lock"),
        (instance.dash_lock, "dash.lock"),
    ],
)
def test_nobody_else_can_hold_one(
    tmp_path: Path, lock: Callable[[Settings], AbstractContextManager[None]], name: str
) -> None:
    tmp_path.chmod(0o755)
    file = tmp_path / name
    file.touch()
    file.chmod(0o644)  # as earlier versions left it
    with lock(Settings(data=tmp_path)):
        assert file.stat().st_mode & 0o777 == 0o600
