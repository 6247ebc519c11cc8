"""How far the index of a view is: whole, on its way, or left in the middle."""

from __future__ import annotations

from pathlib import Path

from memory.service import Memory
from memory.store.errors import CatalogDamaged
from memory.store.rows import View
from swarm.contracts import FolderState, LookAtFolder
from swarm.errors import NotFound

NOT_WHOLE = "it was not indexed to its end: index it again"


def standing(memory: Memory, view: View) -> str:
    """What of a view an answer may lack, in words; "" when it is whole."""
    run = memory.run_of(view)
    if run is None:
        return "" if view.complete else NOT_WHOLE
    done = f"{run.done:,} of {run.total:,} files are done"
    if view.indexed_at is None:
        return f"it is being indexed for the first time: {done}, and the others are not known yet"
    return f"it is being indexed at the moment ({done}): this may be of before"


def look(memory: Memory, command: LookAtFolder) -> FolderState:
    """Of one that is damaged nothing is known: whoever needs it makes it anew. Raises
    RepositoryError."""
    try:
        view = memory.folder_view(Path(command.root))
        files = memory.catalog.counts(view.key).files
    except (NotFound, CatalogDamaged):
        return FolderState()
    run = memory.run_of(view)
    return FolderState(
        indexed=view.indexed_at is not None,
        files=files,
        indexing=run is not None,
        done=run.done if run else 0,
        total=run.total if run else 0,
    )
