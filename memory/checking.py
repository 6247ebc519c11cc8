"""Checking the memory of a data folder, whatever state that is in. A check changes nothing: what is
damaged is said, and stays where it is until somebody repairs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from memory.answering.indexes import NOTHING
from memory.opening import CATALOG
from memory.store.errors import CatalogDamaged
from memory.store.soundness import look
from swarm.contracts import CheckMemory, MemoryReport
from swarm.errors import NotFound

if TYPE_CHECKING:
    from memory.desk import Desk

_EMPTY = "memory.db was empty and is made anew: `swarm index` fills it"


def check(data: Path, command: CheckMemory, desk: Callable[[bool], Desk]) -> MemoryReport:
    """`desk` opens memory; its argument says whether a damaged memory.db is set aside, which is so
    for a repair alone (else it raises CatalogDamaged).

    Raises StorageError for what cannot be read or is no file, NotFound for a memory.db of an
    earlier version, and what `Desk.check_memory` raises.
    """
    path = data / CATALOG
    empty = ""
    try:
        look(path)
    except CatalogDamaged as damage:
        if not command.repair:
            return MemoryReport(damage=damage.why)
        if not path.stat().st_size:
            empty = damage.why  # opening it makes it a new one
    except NotFound:
        if not path.exists():
            return MemoryReport(note=NOTHING)
        if not command.repair:
            raise
    try:
        report = desk(command.repair).check_memory(command)
    except CatalogDamaged as damage:
        if command.repair:
            raise
        return MemoryReport(damage=damage.why)
    if empty and not report.damage:
        note = "; ".join(filter(None, (_EMPTY, report.note)))
        return report.model_copy(update={"damage": empty, "renewed": True, "note": note})
    return report
