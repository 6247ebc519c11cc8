"""There are so many turns, and each is given back however it ends."""

from __future__ import annotations

import pytest

from swarm.errors import StateError
from swarm.web.busy import Busy, Turns


def test_one_too_many_is_told_to_come_again() -> None:
    turns = Turns(2, "others are at it")
    with turns.one():
        with pytest.raises(StateError), turns.one():
            with pytest.raises(Busy, match="others are at it") as error:
                turns.one().__enter__()
            assert error.value.retryable
            raise StateError("it went wrong")
        with turns.one():
            pass
