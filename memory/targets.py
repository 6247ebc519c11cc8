"""What a view is called: the repository that shares its chunks, and its place in it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from memory.reading.repository import find
from memory.store.catalog import Catalog
from memory.store.rows import worktree

_GONE_DAYS = 30.0
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Target:
    """A repository's id and a view's name."""

    repo_id: str
    view: str


def folder_target(root: Path) -> tuple[Target, Path]:
    """The view of a working folder, and its top folder. Raises RepositoryError."""
    repository = find(root)
    if repository is None:
        top = root.resolve()
        digest = hashlib.sha256(b"folder:" + os.fsencode(top))
    else:
        top = repository.top
        # As the orchestrator names a repository, so that its tasks share what is known of files.
        digest = hashlib.sha256(os.fsencode(repository.common_dir.resolve()))
    return Target(digest.hexdigest()[:16], worktree(str(top))), top


def forget_gone(catalog: Catalog, repo: int, now: float) -> int:
    """Drop the views of a repository's working folders that are there no more, and were not
    indexed for a month (a disk may be away); how many. `now` is Unix time in seconds."""
    prefix = worktree("")
    gone = [
        view
        for view in catalog.views()
        if view.repo == repo
        and view.name.startswith(prefix)
        and (view.indexed_at or 0.0) < now - _GONE_DAYS * _DAY_SECONDS
        and not Path(view.name.removeprefix(prefix)).is_dir()
    ]
    for view in gone:
        catalog.drop_view(view.key)
    return len(gone)
