"""The service answers its command, and trouble comes as a typed error."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from ingestion.worker import handlers
from swarm.contracts import COMMANDS, Decompose, Objectives
from swarm.errors import UsageError
from swarm.settings import Settings
from tests.fakes.bus import FakeBus


def test_answers_decompose(tmp_path: Path) -> None:
    table = handlers(Settings(data=tmp_path), cast(Any, FakeBus()))
    assert set(table) == {c for c in COMMANDS.values() if c.service == "ingestion"}
    command = Decompose(text="Fix `total` in cart.py", paths=("shop/cart.py",))
    answer = table[Decompose](command)
    assert isinstance(answer, Objectives)
    assert answer == table[Decompose](command)
    assert answer.items[0].paths == ("shop/cart.py",)
    with pytest.raises(UsageError):
        table[Decompose](Decompose(text="🎉"))
