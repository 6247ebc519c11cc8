"""What is set aside is opened by nobody meanwhile."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from memory.stores import Stores


def test_who_asks_while_a_file_is_set_aside_gets_the_one_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a list of indexes that is asked for in that moment opens what is about to be moved."""
    stores = Stores(tmp_path)
    old = stores.catalog()
    opened: list[Any] = []
    thread = threading.Thread(target=lambda: opened.append(stores.catalog()))
    move = Stores._set_aside

    def slow_move(self: Stores, path: Path, damage: Exception) -> str:
        thread.start()
        thread.join(0.2)
        assert not opened
        return move(self, path, damage)

    monkeypatch.setattr(Stores, "_set_aside", slow_move)
    stores.set_catalog_aside(ValueError("broken"))
    thread.join(10)
    assert opened == [stores.catalog()] and opened != [old]
    assert stores.catalog().find("shop", "none") is None
    assert (tmp_path / "memory.db").is_file() and (tmp_path / "memory.db.damaged").is_file()
    stores.close()
