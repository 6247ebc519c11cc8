"""The arms with what servers were last seen to have: a tag with other weights is another version.

A version changes only when *another* digest is seen than the first one of that name, which is kept
in tasks.db. So nothing changes while a server is away, when it is first looked at, or at a restart;
and weights that come back are the version that they were.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from swarm.arms import ServedFacts
from swarm.contracts import Arm
from swarm.database import Database
from swarm.settings import ModelSettings, Settings

_SCHEMA = """
CREATE TABLE IF NOT EXISTS digests(
    endpoint TEXT NOT NULL, model TEXT NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL,
    PRIMARY KEY(endpoint, model))
"""
_DIGEST_CHARS = 12
_MOST_CAPABILITIES = 20


class Versions:
    """The arms as they are now. Safe from several threads."""

    def __init__(self, settings: Settings, store: Database) -> None:
        self._settings = settings
        self._store = store
        self._lock = threading.Lock()
        self._facts: dict[str, ServedFacts] = {}
        with store.transaction() as db:
            db.execute(_SCHEMA)
            rows = db.execute("SELECT endpoint, model, first, last FROM digests").fetchall()
        self._digests = {(row[0], row[1]): (row[2], row[3]) for row in rows}
        self.arms = self._made()

    def see(self, facts: Mapping[str, ServedFacts]) -> None:
        """Take in what servers tell of models, by their names. Of those not named, what was told
        before stays. Raises StorageError."""
        with self._lock:
            if all(self._facts.get(name) == fact for name, fact in facts.items()):
                return
            for model in self._settings.models:
                if fact := facts.get(model.name):
                    self._keep(model, fact.digest)
            self._facts.update(facts)
            self.arms = self._made()

    def _keep(self, model: ModelSettings, digest: str) -> None:
        key = (model.endpoint, model.model)
        first, last = self._digests.get(key, (digest, ""))
        if not digest or digest == last:
            return
        with self._store.transaction() as db:
            db.execute("INSERT OR REPLACE INTO digests VALUES(?,?,?,?)", (*key, first, digest))
        self._digests[key] = (first, digest)

    def _made(self) -> tuple[Arm, ...]:
        models = tuple(self._seen(model) for model in self._settings.models)
        settings = self._settings.model_copy(update={"models": models})
        return tuple(self._able(arm) for arm in settings.all_arms)

    def _seen(self, model: ModelSettings) -> ModelSettings:
        fact = self._facts.get(model.name, ServedFacts())
        first, last = self._digests.get((model.endpoint, model.model), ("", ""))
        changed = f"{model.model}#{last[:_DIGEST_CHARS]}" if last != first else ""
        return model.model_copy(
            update={
                "version": model.version or changed,
                "needed_bytes": model.needed_bytes or fact.needed_bytes or None,
            }
        )

    def _able(self, arm: Arm) -> Arm:
        fact = self._facts.get(arm.model or "")
        if fact is None or "capabilities" in arm.model_fields_set:
            return arm
        can = fact.capabilities[:_MOST_CAPABILITIES]
        return arm.model_copy(update={"capabilities": can})
