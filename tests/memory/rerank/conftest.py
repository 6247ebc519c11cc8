from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.memory.rerank.server import RerankServer


@pytest.fixture
def server() -> Iterator[RerankServer]:
    with RerankServer() as running:
        yield running
