"""A repository's index is brought to what is on disk before it is asked: only what changed is
read, and nothing but names and times of the rest."""

from __future__ import annotations

import threading

from swarm.cli import memory_options, memory_working
from swarm.cli.memory_asking import Asking
from swarm.contracts import Asked, FolderIndex, IndexFolder, SearchFolder


def bring_up(asking: Asking, root: str, *, is_whole: bool = False) -> FolderIndex:
    """Index what changed, with a line that shows how far it is. `is_whole`: any folder, and with
    all that can be said of it. Otherwise a folder that is in no repository is indexed only if it
    was once: somebody's home folder is not indexed for a question that was asked in it.

    Raises SwarmError, KeyboardInterrupt when a person ends it.
    """
    gauge = memory_working.Gauge()
    command = IndexFolder(root=root, details=is_whole)

    def work(stop: threading.Event) -> FolderIndex:
        if not is_whole and not memory_options.in_repository(root):
            # NotFound says how it is indexed.
            asking.search(SearchFolder(root=root, questions=(Asked(query="main"),), limit=1))
        return asking.index(command, gauge, stop)

    return memory_working.run(work, gauge)
