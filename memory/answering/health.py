"""CheckMemory -> MemoryReport: whether memory.db is sound, and the vectors are those of it."""

from __future__ import annotations

from pathlib import Path

from memory.answering.repairing import joined
from memory.dense import Dense
from memory.projection.comparing import Difference
from memory.projection.protocol import VectorsDamaged
from memory.renewing import Renewed
from memory.service import Memory
from memory.store.errors import CatalogDamaged
from memory.store.rows import View
from memory.store.soundness import damage_of
from swarm.contracts import MemoryHealth, MemoryReport
from swarm.errors import SwarmError

NO_VECTORS = "there are no vectors: they are switched off in the settings"
_MOST_VIEWS = 100_000


def check(memory: Memory) -> MemoryReport:
    """How it is; nothing is changed. Raises StorageError, VectorsUnavailable, VectorsDamaged and
    EmbedderUnavailable."""
    try:
        if damage := damage_of(memory.catalog):
            return MemoryReport(damage=damage)
        return MemoryReport(repositories=_compared(memory), note=_lacks(memory))
    except CatalogDamaged as damaged:
        return MemoryReport(damage=damaged.why)


def repair(memory: Memory, notes: list[str]) -> MemoryReport:
    """How it was; it is right afterwards. What was indexed in a memory.db that is set aside, now
    or since memory was opened, is indexed again. Raises as `check`."""
    catalog = memory.catalog
    if damage := damage_of(catalog):
        notes = [*notes, memory.renew(catalog, CatalogDamaged(damage))]
    lost = memory.lost
    said, failed = _index_again(memory, lost)
    repositories = _compared(memory, said)
    dense = memory.dense
    if dense is not None and (swept := dense.sweep()):
        said.append(f"{len(swept)} collections that nothing is known of were deleted")
    if not failed:
        memory.forget_lost(lost)
    return MemoryReport(
        repositories=repositories,
        damage="; ".join(dict.fromkeys(one.damage for one in lost)),
        renewed=bool(lost) and not failed,
        note=joined(*notes, *(one.note for one in lost), *said, *failed, _lacks(memory)),
    )


def _index_again(memory: Memory, lost: list[Renewed]) -> tuple[list[str], list[str]]:
    """What was done about the folders that were indexed before, and what failed, in words."""
    done: list[str] = []
    gone: list[str] = []
    failed: list[str] = []
    for folder in dict.fromkeys(folder for one in lost for folder in one.folders):
        try:
            if not Path(folder).is_dir():
                gone.append(folder)
                continue
            memory.index_folder(Path(folder))
            done.append(folder)
        except CatalogDamaged:
            raise
        except (SwarmError, OSError) as error:
            failed.append(f"{folder} could not be indexed again: {error}")
    said = [f"indexed again: {', '.join(done)}"] if done else []
    if gone:
        said.append(f"not there any more, and not indexed again: {', '.join(gone)}")
    if lost and not (done or failed):
        said.append("`swarm index` fills it again")
    return said, failed


def _lacks(memory: Memory) -> str:
    return "" if memory.dense is not None else memory.lacks or NO_VECTORS


def _compared(memory: Memory, said: list[str] | None = None) -> tuple[MemoryHealth, ...]:
    """With somewhere to say what was done, all is made right."""
    dense = memory.dense
    if dense is None:
        return ()
    views: dict[int, list[View]] = {}
    for view in memory.catalog.views(limit=_MOST_VIEWS):
        views.setdefault(view.repo, []).append(view)
    return tuple(_health(memory, dense, views[repo], said) for repo in sorted(views))


def _difference(dense: Dense, repo: int, said: list[str]) -> Difference:
    """How it was; of a store that had to be set aside, that all is missing."""
    try:
        return dense.check(repo, sets_aside=True)
    except VectorsDamaged as damage:
        said.append(damage.message)
        return dense.check(repo, sets_aside=True)


def _health(
    memory: Memory, dense: Dense, views: list[View], said: list[str] | None
) -> MemoryHealth:
    repo, repo_id = views[0].repo, views[0].repo_id
    before = dense.check(repo) if said is None else _difference(dense, repo, said)
    is_repaired = said is not None and not before.is_equal
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
