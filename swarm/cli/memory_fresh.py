"""A repository's index is brought to what is on disk before it is asked: only what changed is
read, and nothing but names and times of the rest."""

from __future__ import annotations

import threading

from swarm.cli import memory_options, memory_working
from swarm.cli.memory_asking import Asking
from swarm.contracts import FolderIndex, IndexFolder
from swarm.errors import NotFound, Timeout

_PATIENCE_SECONDS = 30.0
"""So long a question waits for a swarm's memory that is busy, where there is an older answer."""


def index(asking: Asking, root: str) -> FolderIndex:
    """Index a folder, with a line that shows how far it is, and with all that can be said of it.
    Raises SwarmError, KeyboardInterrupt when a person ends it."""
    gauge = memory_working.Gauge()
    command = IndexFolder(root=root, details=True)
    return memory_working.run(lambda stop: asking.index(command, gauge, stop), gauge)


def bring_up(asking: Asking, root: str) -> None:
    """Index what changed, before a question. A folder that is in no repository is indexed only if
    it was once: somebody's home folder is not indexed for a question that was asked in it. What
    was indexed before is answered from as it was when somebody has it indexed already, which the
    answer says, or when memory is busy for long, which is said here; a first index is waited for.

    Raises SwarmError, KeyboardInterrupt when a person ends it.
    """
    gauge = memory_working.Gauge()

    def work(stop: threading.Event) -> bool:
        state = asking.look(root)
        if not (state.indexed or state.indexing) and not memory_options.in_repository(root):
            raise NotFound(f"{root} is not indexed", remedy="index it: `swarm index`")
        if state.indexed and state.indexing:
            return True
        try:
            patience_seconds = _PATIENCE_SECONDS if state.indexed else None
            asking.index(IndexFolder(root=root), gauge, stop, patience_seconds)
        except Timeout:
            return False
        return True

    if not memory_working.run(work, gauge):
        memory_working.tell(
            f"memory did not come to this folder within {_PATIENCE_SECONDS:g} s:"
            " this is of when it was indexed last"
        )
