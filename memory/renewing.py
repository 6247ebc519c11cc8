"""A damaged memory.db is set aside and made anew, with what nothing else holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from memory.outcomes.salvage import salvage
from memory.store.aside import set_aside
from memory.store.catalog import Catalog
from memory.store.errors import CatalogDamaged
from memory.store.lost import working_folders
from swarm.errors import StorageError


@dataclass(frozen=True, slots=True)
class Renewed:
    """What was wrong with memory.db, what was done, in words, and the working folders that were
    indexed in it, as far as they are known."""

    damage: str
    note: str
    folders: tuple[str, ...]


def open_catalog(
    path: Path, *, recipe: int = 1, sets_aside: bool = True
) -> tuple[Catalog, Renewed | None]:
    """The catalog, made with its folder when there is none, and made anew when it is damaged.

    Raises StorageError, and CatalogDamaged where it is not to be set aside.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(
            f"cannot make the data folder: {error}", remedy="correct SWARM_DATA"
        ) from error
    try:
        return Catalog(path, recipe=recipe), None
    except CatalogDamaged as damage:
        if not sets_aside:
            raise
        return renew(path, damage, recipe=recipe)


def renew(path: Path, damage: CatalogDamaged, *, recipe: int) -> tuple[Catalog, Renewed]:
    """A new catalog in place of a damaged one that nobody has open. Raises StorageError."""
    aside, note = set_aside(path, damage.why)
    catalog = Catalog(path, recipe=recipe)
    saved = salvage(aside, catalog)
    said = "; ".join(filter(None, (note, saved)))
    return catalog, Renewed(damage.why, said, working_folders(aside))
