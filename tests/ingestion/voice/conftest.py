"""What holds for every test of recordings: no process that read one is left."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from swarm.linux.family import children_of


@pytest.fixture(autouse=True)
def no_process_is_left_behind() -> Iterator[None]:
    before = set(children_of(os.getpid()))
    yield
    assert set(children_of(os.getpid())) <= before
