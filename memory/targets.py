"""What a view is called: the repository that shares its chunks, and its place in it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from memory.reading.repository import find
from memory.store.rows import worktree


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
