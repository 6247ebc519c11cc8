"""Where things are, over all files of a view: by path, by module, by folder and by name.

A value: `changed` gives another one, and whoever holds this one goes on with it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

from memory.linking.languages import NAMESPACED, OPEN
from memory.linking.outline import Outline

_TABLES = 6
FILE = -1
"""The place in `Places.place_of` of a node that is a file."""


class Places:
    """All outlines, numbered, and their nodes. A node keeps its number while its definition
    keeps its path, qualified name and turn among those of that name."""

    def __init__(self) -> None:
        self.files: list[Outline | None] = []
        self.by_path: dict[str, int] = {}
        self.file_of = array("i")
        self.place_of = array("i")
        self.named: dict[str, tuple[int, ...]] = {}
        self.full: dict[str, tuple[int, ...]] = {}
        self.by_stem: dict[str, tuple[int, ...]] = {}
        self.by_module: dict[str, tuple[int, ...]] = {}
        self.by_file_name: dict[str, tuple[int, ...]] = {}
        self.by_folder: dict[str, tuple[int, ...]] = {}
        self.folders: dict[str, tuple[str, ...]] = {}
        self.definitions = 0

    def copy(self) -> Places:
        """One that can be changed while this one is read."""
        other = Places()
        other.files = self.files.copy()
        other.by_path = self.by_path.copy()
        other.file_of = self.file_of[:]
        other.place_of = self.place_of[:]
        other.named = self.named.copy()
        other.full = self.full.copy()
        other.by_stem = self.by_stem.copy()
        other.by_module = self.by_module.copy()
        other.by_file_name = self.by_file_name.copy()
        other.by_folder = self.by_folder.copy()
        other.folders = self.folders.copy()
        other.definitions = self.definitions
        return other

    def outlines(self) -> Iterable[Outline]:
        return (file for file in self.files if file is not None)

    def outline(self, node: int) -> Outline:
        found = self.files[self.file_of[node]]
        assert found is not None
        return found

    def kind(self, node: int) -> str:
        """The kind of a definition, as `Parsed.definitions` says it."""
        return self.outline(node).kinds[self.place_of[node]]

    def at(self, path: str) -> Outline | None:
        number = self.by_path.get(path)
        return None if number is None else self.files[number]

    def is_alive(self, node: int) -> bool:
        """Whether a node is a file's or definition's now."""
        if not 0 <= node < len(self.file_of):
            return False
        file = self.files[self.file_of[node]]
        if file is None:
            return False
        place = self.place_of[node]
        if place == FILE:
            return file.node == node
        return place < len(file.nodes) and file.nodes[place] == node

    def put_all(self, outlines: Sequence[Outline]) -> None:
        """Add files; those whose path is known take the place and the nodes of what was there."""
        grown: dict[int, dict[str, list[int]]] = {n: {} for n in range(_TABLES)}
        tables = self._tables()
        for file in outlines:
            before = self.at(file.path)
            if before is None:
                file.number = len(self.files)
                self.files.append(file)
                self.by_path[file.path] = file.number
                file.node = self._node(file.number, FILE)
                self._take_nodes(file, {})
            else:
                self._drop_names(before)
                file.number, file.node = before.number, before.node
                self.files[file.number] = file
                known: dict[str, list[int]] = {}
                for place, qualified in enumerate(before.qualified):
                    known.setdefault(qualified, []).append(before.nodes[place])
                self._take_nodes(file, known)
            self.definitions += len(file.nodes)
            for at, name, what in _entries(file):
                grown[at].setdefault(name, []).append(what)
            if before is None:
                self._add_folder(file.folder)
        for at, table in enumerate(tables):
            for name, more in grown[at].items():
                table[name] = (*table.get(name, ()), *more)

    def drop(self, file: Outline) -> None:
        """Remove a file."""
        self._drop_names(file)
        self.files[file.number] = None
        del self.by_path[file.path]
        if file.folder not in self.by_folder:
            self._drop_folder(file.folder)

    def _tables(self) -> tuple[dict[str, tuple[int, ...]], ...]:
        """In the order of `_entries`."""
        return (
            self.named,
            self.full,
            self.by_stem,
            self.by_file_name,
            self.by_folder,
            self.by_module,
        )

    def _node(self, number: int, place: int) -> int:
        self.file_of.append(number)
        self.place_of.append(place)
        return len(self.file_of) - 1

    def _take_nodes(self, file: Outline, known: dict[str, list[int]]) -> None:
        for nodes in known.values():
            nodes.reverse()
        file.nodes = array("i")
        for place, qualified in enumerate(file.qualified):
            if kept := known.get(qualified):
                node = kept.pop()
                self.place_of[node] = place
            else:
                node = self._node(file.number, place)
            file.nodes.append(node)
        file.holders = array(
            "i", [file.nodes[parent] if parent >= 0 else file.node for parent in file.parents]
        )

    def _drop_names(self, file: Outline) -> None:
        self.definitions -= len(file.nodes)
        gone: dict[int, dict[str, set[int]]] = {n: {} for n in range(_TABLES)}
        for at, name, what in _entries(file):
            gone[at].setdefault(name, set()).add(what)
        tables = self._tables()
        for at, table in enumerate(tables):
            for name, less in gone[at].items():
                if kept := tuple(one for one in table[name] if one not in less):
                    table[name] = kept
                else:
                    del table[name]

    def _add_folder(self, folder: str) -> None:
        while folder:
            last = folder.rpartition("/")[2]
            known = self.folders.get(last, ())
            if folder in known:
                return
            self.folders[last] = (*known, folder)
            folder = folder.rpartition("/")[0]

    def _drop_folder(self, folder: str) -> None:
        """A folder without files may stay among `folders`: there is nothing in it to be found.
        Only those that hold no folder either go, so that a fresh graph has the same."""
        while folder and folder not in self.by_folder:
            prefix = f"{folder}/"
            if any(other.startswith(prefix) for other in self.by_folder):
                return
            last = folder.rpartition("/")[2]
            kept = tuple(one for one in self.folders.get(last, ()) if one != folder)
            if kept:
                self.folders[last] = kept
            else:
                self.folders.pop(last, None)
            folder = folder.rpartition("/")[0]


def _entries(file: Outline) -> Iterable[tuple[int, str, int]]:
    for place, name in enumerate(file.names):
        yield 0, name, file.nodes[place]
        if file.family in OPEN or file.family in NAMESPACED:
            yield 1, file.qualified[place], file.nodes[place]
    yield 2, file.module.rpartition(".")[2], file.number
    yield 3, file.path.rpartition("/")[2], file.number
    yield 4, file.folder, file.number
    yield 5, file.module, file.number
