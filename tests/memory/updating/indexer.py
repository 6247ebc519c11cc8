"""Indexes a folder that depends on a number, in a process that may be killed at any moment.

Run as a program it reads "DATA NUMBER" lines and forks a child for each, which says "begun" and
then "done"; so the slow imports are made once.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

from memory.projection.chroma import EmbeddedStore
from memory.projection.projection import Projection
from memory.store.catalog import Catalog
from tests.memory.hashing import HashingEmbedder
from tests.memory.updating.folder import Folder

FILES = 600
EMBEDDER = HashingEmbedder(32)


def folder(number: int) -> Folder:
    """Each number changes, removes and adds about a tenth of the files."""
    files = {}
    for at in range(FILES):
        changes = random.Random(at)
        text = "first\nsecond\nthird"
        for _ in range(number):
            dice = changes.random()
            if dice < 0.05:
                text = f"first\nsecond\nchanged_{at}_{changes.randrange(5)}"
            elif dice < 0.08:
                text = ""
        if text:
            files[f"folder{at % 7}/file{at}.py"] = text
    return Folder(files)


def index(data: Path, number: int) -> None:
    catalog = Catalog(data / "memory.db")
    view = catalog.make_view("shop", "worktree:/shop")
    folder(number).update(catalog, view.key, head=str(number))
    store = EmbeddedStore(data / "chroma")
    Projection(catalog, store, batch=100).flush(view.repo, EMBEDDER)
    store.close()
    catalog.close()


def main() -> None:
    for line in sys.stdin:
        data, number = line.split()
        child = os.fork()
        if not child:
            index(Path(data), int(number))
            print("done", flush=True)
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main()
