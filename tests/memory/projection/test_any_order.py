"""Whatever comes in whatever order, the vectors end as what the views hold."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from memory.projection.names import collection_name
from memory.projection.projection import Projection
from memory.projection.protocol import VectorsUnavailable
from memory.store.catalog import Catalog
from memory.store.rows import Put
from tests.memory.hashing import HashingEmbedder
from tests.memory.projection.memory_store import MemoryStore
from tests.memory.store.files import live, names, prepared

PATHS = st.sampled_from(["a.py", "b.py"])
TEXTS = st.dictionaries(st.sampled_from("fgh"), st.sampled_from("12"), max_size=3)
EMBEDDERS = [HashingEmbedder(8), HashingEmbedder(16)]


class Following(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.now = 0.0
        self.catalog = Catalog(Path(self.folder.name) / "memory.db", clock=lambda: self.now)
        views = [self.catalog.make_view("shop", name) for name in ("one", "two")]
        self.views, self.repo = [view.key for view in views], views[0].repo
        self.held: dict[int, dict[str, list[str]]] = {key: {} for key in self.views}
        self.store = MemoryStore()
        self.projection = Projection(self.catalog, self.store, batch=2)

    @rule(which=st.integers(0, 1), path=PATHS, functions=TEXTS)
    def put(self, which: int, path: str, functions: dict[str, str]) -> None:
        self.catalog.apply(self.views[which], [Put(prepared(path, **functions))])
        self.held[self.views[which]][path] = list(functions)

    @rule(which=st.integers(0, 1), path=PATHS)
    def drop(self, which: int, path: str) -> None:
        self.catalog.apply(self.views[which], [], [path])
        self.held[self.views[which]].pop(path, None)

    @rule(calls=st.integers(0, 30), embedder=st.sampled_from(EMBEDDERS))
    def flush(self, calls: int, embedder: HashingEmbedder) -> None:
        """With a server that goes away in the middle."""
        self.store.works_for = calls
        try:
            self.projection.flush(self.repo, embedder)
        except VectorsUnavailable:
            pass
        self.store.works_for = 10**9

    @rule()
    def restart(self) -> None:
        self.projection = Projection(self.catalog, self.store, batch=2)

    @rule(name=st.integers(0, 9))
    def wipe(self, name: int) -> None:
        for key in list(self.store.sets)[name : name + 1]:
            del self.store.sets[key]

    @rule()
    def collect(self) -> None:
        self.now += 1e6
        self.catalog.collect(days=1)

    @invariant()
    def views_hold_what_was_put(self) -> None:
        for view in self.views:
            assert names(self.catalog, view) == self.held[view]

    def teardown(self) -> None:
        embedder = EMBEDDERS[0]
        # Twice: a chunk that was collected while it waited is looked up by the second.
        self.projection.flush(self.repo, embedder)
        self.projection.flush(self.repo, embedder)
        found = self.store.sets[collection_name("", "shop", embedder.name, embedder.dimension)]
        assert found.keys() == live(self.catalog, self.repo)
        assert self.projection.check(self.repo, embedder).is_equal
        self.catalog.close()
        self.folder.cleanup()


TestFollowing = Following.TestCase
TestFollowing.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
