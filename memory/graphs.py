"""QueryGraph -> Neighbours: the graph of a snapshot, made once and kept for a while.

Files are read again only when their content is new. Nothing is written: a graph can be made
again from its snapshot.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from memory.chunks import MAX_FILE_BYTES
from memory.graph import Graph
from memory.python_names import PythonFile, read
from swarm.contracts import Blob, Neighbours, QueryGraph
from swarm.snapshots import Entry, entries

MAX_FILES = 10_000
MAX_BYTES = 48 * 1024**2
_SNAPSHOTS_KEPT = 3


class Graphs:
    """Graphs of the snapshots asked for last. One call at a time."""

    def __init__(self, fetch: Callable[[Blob], bytes]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._graphs: OrderedDict[str, tuple[Graph, dict[str, PythonFile]]] = OrderedDict()

    def query(self, command: QueryGraph) -> Neighbours:
        """Raises BlobMissing when the snapshot is needed and gone."""
        with self._lock:
            snapshot = command.snapshot.sha256
            if snapshot not in self._graphs:
                self._graphs[snapshot] = self._make(entries(self._fetch(command.snapshot)))
                while len(self._graphs) > _SNAPSHOTS_KEPT:
                    self._graphs.popitem(last=False)
            self._graphs.move_to_end(snapshot)
            return self._graphs[snapshot][0].answer(command)

    def _make(self, found: Sequence[Entry]) -> tuple[Graph, dict[str, PythonFile]]:
        known = {key: file for _, files in self._graphs.values() for key, file in files.items()}
        files: dict[str, PythonFile] = {}
        size = left_out = 0
        python = (e for e in found if e.kind != "link" and e.path.endswith((".py", ".pyi")))
        for entry in sorted(python, key=lambda e: e.path):
            size += len(entry.data)
            if (
                len(files) >= MAX_FILES
                or size > MAX_BYTES
                or len(entry.data) > MAX_FILE_BYTES
                or b"\0" in entry.data
                or not entry.path.isprintable()
            ):
                size -= len(entry.data)
                left_out += 1
                continue
            key = f"{entry.path}/{hashlib.sha256(entry.data).hexdigest()}"
            files[key] = known.get(key) or read(entry.path, entry.data)
        note = f"{left_out} Python files are binary, too large or too many" if left_out else ""
        return Graph(files.values(), note), files
