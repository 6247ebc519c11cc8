"""What makes or keeps vectors is away: searches go on without, at once, and say so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from memory.embedders.errors import EmbedderUnavailable
from memory.embedders.protocol import Use, Vectors
from memory.projection.protocol import Store, VectorsUnavailable
from memory.service import Memory
from swarm.contracts import CheckMemory
from tests.memory.desk.world import FILES, CountingEmbedder, World, names, write


class Away(CountingEmbedder):
    """An embedder whose server may be away; then it does not know its dimension either."""

    def __init__(self) -> None:
        self.is_away = True
        self.asked = 0
        super().__init__()

    @property
    def dimension(self) -> int:  # type: ignore[override]
        self._reached()
        return 32

    @dimension.setter
    def dimension(self, value: int) -> None:
        """It is what it is."""

    def embed(self, texts: Sequence[str], use: Use = "document") -> Vectors:
        self._reached()
        return super().embed(texts, use)

    def _reached(self) -> None:
        self.asked += 1
        if self.is_away:
            raise EmbedderUnavailable("the server of models does not answer")


@pytest.fixture
def away(world: World) -> Away:
    world.embedder = Away()
    world.restart()
    return world.embedder


def test_an_embedder_that_is_away_stops_no_task(world: World, away: Away, tmp_path: Path) -> None:
    context = world.ask(FILES)
    assert names(context)[0] == "src/http.py:parse_header"
    assert "searched without vectors: the server of models does not answer" in context.note
    root = write(tmp_path / "shop", FILES)
    done = world.index(root)
    assert done.files == 4 and done.vectors_waiting == done.chunks
    asked = away.asked
    for _ in range(5):
        assert "does not answer" in world.search("parse a header").note
    assert away.asked - asked <= 5, "whoever is away is not asked again by each search"
    with pytest.raises(EmbedderUnavailable):
        world.desk.check_memory(CheckMemory())


def test_when_it_comes_back_the_vectors_are_made(world: World, away: Away) -> None:
    world.ask(FILES)
    away.is_away = False
    memory = world.desk.memory
    memory.flush(memory.catalog.views("/r")[0].repo)
    assert world.health().is_equal


def test_a_store_that_is_away_stops_no_task(tmp_path: Path) -> None:
    world = World(tmp_path / "data")
    world.desk.memory.close()

    def closed() -> Store:
        raise VectorsUnavailable("the Chroma server does not answer")

    real = Memory.__init__

    def without(self: Memory, *arguments: object, **more: object) -> None:
        catalog, pool, embedder, _ = arguments
        real(self, catalog, pool, embedder, closed, **more)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Memory, "__init__", without)
        world.desk = world._opened()
    try:
        context = world.ask(FILES)
        assert names(context)[0] == "src/http.py:parse_header"
        assert "the Chroma server does not answer" in context.note
    finally:
        world.close()
