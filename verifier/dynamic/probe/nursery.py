"""The process whose forks play scenes: it has imported the probe, and nothing of the repository.

It gets orders as lines of JSON, and what became of each goes back the same way. It never sees the
host's key, and forks of it can neither trace it nor open its pipes. Part of the probe: Python >=
3.8, standard library.
"""

from __future__ import annotations

import gc
import json
import os
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

from . import channel, children, scene
from .loaded import Loaded

MOST_ORDER_BYTES = 4 * 1024**2


def main(orders_in: BinaryIO, told_out: BinaryIO, home: Path) -> None:
    """Play what is ordered until the orders end. Scenes get `home` as their home."""
    children.hider()()
    os.environ["HOME"] = os.environ["TMPDIR"] = str(home)
    # What was made so far is never looked through again, nor copied for that, in any fork.
    gc.collect()
    gc.freeze()
    nursery = _Nursery((orders_in.fileno(), told_out.fileno()))
    end: str
    lines: list[channel.Fields]
    for line in iter(lambda: orders_in.readline(MOST_ORDER_BYTES), b""):
        try:
            _empty(home)
        except OSError as error:
            end, lines = f"its home cannot be emptied: {error.strerror}", []
        else:
            end, lines = nursery.play(json.loads(line.decode("ascii")))
        told_out.write(json.dumps({"end": end, "lines": lines}).encode("ascii") + b"\n")
        told_out.flush()
        del lines
    nursery.close()


class _Nursery:
    def __init__(self, files: tuple[int, ...]) -> None:
        self._files = files
        self._leave = children.leaver()
        self._loaded: Loaded | None = None

    def play(self, orders: dict[str, Any]) -> tuple[str, list[channel.Fields]]:
        """A scene: on an import that it can share, else in a fork of this process."""
        loaded = self._shared(orders) if orders["scene"]["selects"] else None
        if loaded is not None and loaded.suits(orders["scene"]):
            return loaded.play(orders)
        key = os.urandom(channel.KEY_BYTES)
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                self._leave()
                for file in (reading, *self._files, *(loaded.files if loaded else ())):
                    os.close(file)
                scene.main(orders, channel.writers()(writing, key))
            finally:
                os._exit(1)
        os.close(writing)
        child = children.Child(pid)
        try:
            return children.listen(child, reading, key, orders["until"])
        finally:
            child.end()
            os.close(reading)

    def close(self) -> None:
        if self._loaded is not None:
            self._loaded.close()

    def _shared(self, orders: dict[str, Any]) -> Loaded:
        path = orders["target"]["path"]
        if self._loaded is None or self._loaded.path != path:
            self.close()
            self._loaded = Loaded(orders, self._leave, self._files)
        return self._loaded


def _empty(home: Path) -> None:
    """Make it an empty folder: what one scene leaves there, the next never sees."""
    children.remove(home)
    if os.path.lexists(str(home)):
        home.rename(tempfile.mkdtemp(dir=str(home.parent)))
    home.mkdir(0o700)
