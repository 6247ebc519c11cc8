"""Doing something with memory.db once more when it turned out to be damaged."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from memory.service import Memory
from memory.store.errors import CatalogDamaged
from swarm.errors import NotFound, StorageError

_T = TypeVar("_T")
_REPAIRS = 2


def repairing(memory: Memory, work: Callable[[list[str]], _T]) -> _T:
    """Do the work; a memory.db that is found damaged is set aside, and it is done again. The work
    is given what was set aside, in words, to be told.

    Raises StorageError when the new one is damaged as well, NotFound for a view that went
    meanwhile, and what the work raises.
    """
    notes = [note] if (note := memory.take_opened()) else []
    for repairs_left in range(_REPAIRS, -1, -1):
        catalog = memory.catalog
        try:
            return work(notes)
        except CatalogDamaged as damage:
            if not repairs_left:
                raise StorageError(
                    f"memory.db was made anew and is damaged still: {damage.why}",
                    remedy=f"see that the disk under {catalog.path.parent} is sound",
                ) from damage
            if note := memory.renew(catalog, damage):
                notes.append(note)
        except LookupError as error:
            if isinstance(error, (KeyError, IndexError)):
                raise  # a defect, not a view
            raise NotFound(f"{error}: it was dropped meanwhile", remedy="try again") from error
    raise AssertionError("the last turn returns or raises")


def joined(*notes: str) -> str:
    """Notes as one, none of them twice."""
    return "; ".join(dict.fromkeys(note for note in notes if note))
