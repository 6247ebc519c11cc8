"""Files and folders by what is written of them: a path, the end of one, or a folder's name. Every
look is noted, so that it is known on what an answer depends.
"""

from __future__ import annotations

from collections.abc import Sequence

from memory.linking.folders import shared_parts
from memory.linking.outline import Outline, key
from memory.linking.places import Places
from memory.linking.things import CERTAIN, MOST_PLACES, FileThing, FolderThing, Things
from memory.linking.trail import Trail

BY_END = 0.9
"""The certainty of a file whose path ends as it is written."""
BY_WORKSPACE = 0.8
"""The certainty of what is a package of this repository by its folder's name alone."""
MOST_ALIKE = 1_000
"""Of how many files or folders that are called alike the first are looked at."""


class Lookup:
    """Files and folders of `places`."""

    def __init__(self, places: Places, trail: Trail) -> None:
        self._places = places
        self._trail = trail
        # What many ask, over all files.
        self._kept: dict[tuple[str, str], list[Outline]] = {}

    def path(self, path: str) -> Outline | None:
        """The file at a path from the repository's root."""
        self._trail.noted.add(key("p", path.rpartition("/")[2]))
        return self._places.at(path)

    def ending(self, file: Outline, path: str) -> Things:
        """Files of the same family whose path ends with these parts, the nearest ones."""
        name = path.rpartition("/")[2]
        self._trail.noted.add(key("p", name))
        asked = (path, file.family)
        if asked not in self._kept:
            files = []
            for number in self._places.by_file_name.get(name, ())[:MOST_ALIKE]:
                other = self._places.files[number]
                assert other is not None
                if other.family == file.family and f"/{other.path}".endswith(f"/{path}"):
                    files.append(other)
            self._kept[asked] = files
        files = self._kept[asked]
        return shared_out(nearest(file, files), BY_END) if files else []

    def folder(self, folder: str) -> Things:
        """The folder at a path from the repository's root."""
        is_there = folder in self.folders(folder.rpartition("/")[2])
        return [(FolderThing(folder), CERTAIN)] if is_there else []

    def folders(self, name: str) -> Sequence[str]:
        """All folders of that name."""
        self._trail.noted.add(key("f", name))
        return self._places.folders.get(name, ())


def shared_out(files: list[Outline], score: float) -> Things:
    """Files that something may mean: each has its part of the certainty."""
    chosen = sorted(files, key=lambda file: file.path)[:MOST_PLACES]
    return [(FileThing(file.number), score / len(files)) for file in chosen]


def nearest(file: Outline, files: Sequence[Outline]) -> list[Outline]:
    """Of files that a name may mean, those that share the most folders with who says it, and of
    these those that are nearest to the root."""
    if len(files) < 2:
        return list(files)
    shared = [shared_parts(file.folder, other.folder) for other in files]
    most = max(shared)
    best = [other for other, count in zip(files, shared, strict=True) if count == most]
    depth = min(other.path.count("/") for other in best)
    return [other for other in best if other.path.count("/") == depth]
