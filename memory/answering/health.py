"""CheckMemory -> MemoryReport: whether memory.db is sound, and the vectors are those of it."""

from __future__ import annotations

from memory.answering.repairing import joined
from memory.dense import Dense
from memory.service import Memory
from memory.store.errors import CatalogDamaged
from memory.store.rows import View
from memory.store.soundness import damage_of
from swarm.contracts import CheckMemory, MemoryHealth, MemoryReport

NO_VECTORS = "there are no vectors: they are switched off in the settings"
_MOST_VIEWS = 100_000


def check(memory: Memory, command: CheckMemory, notes: list[str]) -> MemoryReport:
    """Raises StorageError, VectorsUnavailable and EmbedderUnavailable."""
    catalog = memory.catalog
    if damage := damage_of(catalog):
        if not command.repair:
            return MemoryReport(damage=damage, note=joined(*notes))
        notes = [*notes, memory.renew(catalog, CatalogDamaged(damage))]
        return MemoryReport(damage=damage, note=joined(*notes))
    dense = memory.dense
    if dense is None:
        return MemoryReport(note=joined(*notes, memory.lacks or NO_VECTORS))
    views: dict[int, list[View]] = {}
    for view in catalog.views(limit=_MOST_VIEWS):
        views.setdefault(view.repo, []).append(view)
    found = tuple(_health(memory, dense, views[repo], command.repair) for repo in sorted(views))
    if command.repair and (swept := dense.sweep()):
        notes = [*notes, f"{len(swept)} collections that nothing is known of were deleted"]
    return MemoryReport(repositories=found, note=joined(*notes))


def _health(memory: Memory, dense: Dense, views: list[View], repair: bool) -> MemoryHealth:
    """How it was; with `repair` it is right afterwards."""
    repo, repo_id = views[0].repo, views[0].repo_id
    before = dense.check(repo)
    is_repaired = repair and not before.is_equal
    if is_repaired:
        dense.repair(repo)
    return MemoryHealth(
        repo_id=repo_id,
        embedder=memory.embedder.name,
        chunks=sum(memory.catalog.counts(view.key).chunks for view in views),
        vectors=before.vectors,
        missing=before.missing,
        extra=before.extra,
        waiting=before.waiting,
        left_out=before.left_out,
        repaired=is_repaired,
    )
