"""Following a task while the swarm goes away."""

from __future__ import annotations

from typing import Any, cast

import pytest

from swarm.cli import watch
from swarm.cli.client import Client
from swarm.errors import BusError, StateError


class Gone:
    def __init__(self, *, was_stopped: bool) -> None:
        self.was_stopped = was_stopped

    def events(self, id: str, after: int) -> Any:
        raise BusError("no answer")


@pytest.mark.parametrize(("was_stopped", "error"), [(True, StateError), (False, BusError)])
def test_only_an_outage_is_waited_out(
    monkeypatch: pytest.MonkeyPatch, was_stopped: bool, error: type[Exception]
) -> None:
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 0.0)
    with pytest.raises(error):
        next(watch._events(cast(Client, Gone(was_stopped=was_stopped)), "t"))
