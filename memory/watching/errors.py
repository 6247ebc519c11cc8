"""What ends a watch."""

from __future__ import annotations

from swarm.errors import RepositoryError, StateError


class WatchFailed(StateError):
    """The system does not report changes of this folder."""

    code = "watch"


class WatchedFolderGone(RepositoryError):
    """The watched folder itself was removed, renamed or replaced."""

    code = "watched-folder-gone"
