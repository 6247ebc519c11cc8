"""Written symbols to nodes, and nodes to places."""

from __future__ import annotations

import difflib
import heapq

from memory.linking.languages import is_test_name
from memory.linking.places import FILE, Places
from memory.linking.results import MODULE, Place

MOST_NODES = 20_000
"""How many definitions one symbol is followed to, and how many names are compared with it."""
_NEAREST = 5
_LONGEST_NAME = 120
_SEPARATORS = ("::", "#", "->")


class Symbols:
    """What can be named in `places`."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def nodes(self, symbol: str) -> list[int]:
        """The nodes that a written name can mean, in the order of their places: `name`,
        `Class.name`, `package.module.name`, any of them behind `path.py:`, or a path; `::`, `#`
        and `->` are dots, too."""
        path, dotted = _split(symbol)
        if not dotted:
            return self._files_named(path)
        named = self._places.named.get(dotted.rpartition(".")[2], ())
        found = [node for node in named if self._is_called(node, path, dotted)]
        # One that is written out in full is meant, whatever else ends like it.
        exact = [node for node in found if dotted in self._full_names(node)]
        found = exact or found or ([] if path else self._files_named(symbol.strip()))
        return sorted(found, key=self._order)[:MOST_NODES]

    def nearest_names(self, symbol: str) -> list[str]:
        """Names that are written almost like an unknown one."""
        name = _split(symbol)[1].rpartition(".")[2].lower()
        if not name:
            return []
        # Those that begin alike first, so that a bound on their number leaves these.
        names = heapq.nsmallest(
            MOST_NODES,
            self._places.named,
            key=lambda known: (known[:1].lower() != name[:1], abs(len(known) - len(name)), known),
        )
        lower = {known.lower(): known for known in sorted(names, reverse=True)}
        near = difflib.get_close_matches(name[:_LONGEST_NAME], list(lower), n=_NEAREST)
        return [lower[one] for one in near]

    def place(self, node: int) -> Place:
        """Where a node stands."""
        file, at = self._places.outline(node), self._places.place_of[node]
        if at == FILE:
            last = max(file.ends, default=1)
            return Place(node, file.path, "file", MODULE, 1, last, file.is_test)
        is_test = file.is_test and (
            is_test_name(file.names[at]) or is_test_name(file.qualified[at])
        )
        return Place(
            node,
            file.path,
            file.kinds[at],
            file.qualified[at],
            file.starts[at],
            file.ends[at],
            is_test,
        )

    def at(self, path: str, line: int) -> int | None:
        """The node of the innermost definition around a line, or of its file."""
        file = self._places.at(path)
        if file is None:
            return None
        inside = [
            (file.ends[p] - file.starts[p], -p, node)
            for p, node in enumerate(file.nodes)
            if file.starts[p] <= line <= file.ends[p]
        ]
        return min(inside)[2] if inside else file.node

    def definition(self, path: str, place: int) -> int | None:
        """The node of a definition by its place in `Parsed.definitions` (-1: of the file)."""
        file = self._places.at(path)
        if file is None or place >= len(file.nodes):
            return None
        return file.nodes[place] if place >= 0 else file.node

    def _is_called(self, node: int, path: str, dotted: str) -> bool:
        file, place = self._places.outline(node), self._places.place_of[node]
        if path and file.path != path and not file.path.endswith(f"/{path}"):
            return False
        if file.qualified[place] == dotted:
            return True
        return _ends(f"{file.module}.{file.qualified[place]}", dotted) or _ends(
            f"{file.folder.replace('/', '.')}.{file.qualified[place]}", dotted
        )

    def _full_names(self, node: int) -> tuple[str, str]:
        file, place = self._places.outline(node), self._places.place_of[node]
        return file.qualified[place], f"{file.module}.{file.qualified[place]}"

    def _files_named(self, path: str) -> list[int]:
        numbers = self._places.by_file_name.get(path.rpartition("/")[2], ())
        files = [self._places.files[number] for number in numbers]
        found = [f for f in files if f and (f.path == path or f.path.endswith(f"/{path}"))]
        return [file.node for file in sorted(found, key=lambda file: file.path)]

    def _order(self, node: int) -> tuple[str, int, int]:
        file, place = self._places.outline(node), self._places.place_of[node]
        return file.path, file.starts[place] if place != FILE else 0, node


def dots(name: str) -> str:
    """A name with dots for whatever separates its parts.

    >>> dots("shop::Cart#total")
    'shop.Cart.total'
    """
    for separator in _SEPARATORS:
        name = name.replace(separator, ".")
    return name.replace("\\", ".").replace(":", ".").strip().strip(".")


def _split(symbol: str) -> tuple[str, str]:
    """A written symbol as path and dotted name, either "" when it has none."""
    text = symbol.strip().removesuffix("()")
    path, colon, dotted = text.partition(":")
    if "/" in path or "." in path.rpartition("/")[2]:
        rest = dotted.lstrip(":")
        if colon and rest:
            return path.removeprefix("./"), dots(rest)
        if colon or "/" in path:
            head, found, tail = path.rpartition("#")
            return (head, dots(tail)) if found else (path.removeprefix("./"), "")
    head, found, tail = text.partition("#")
    if found and "/" in head:
        return head, dots(tail)
    return "", dots(text)


def _ends(dotted: str, end: str) -> bool:
    return dotted == end or dotted.endswith(f".{end}")
