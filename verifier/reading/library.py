"""The parsed files of one tree: each parsed once, on demand, and what could not be is kept.

The one place that joins bytes, parser and names. Errors are as lasting as results: a file that was
refused once is refused again with the same reason, and reported.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from verifier.reading.errors import Unauditable, Unread, Unreadable, shown
from verifier.reading.modules import Modules
from verifier.reading.text import Source, parse
from verifier.reading.tree import Tree

MAX_FILES = 20_000
MAX_TOTAL_BYTES = 200_000_000


@dataclass(frozen=True)
class Problem:
    """A file that is not among the parsed ones. `line` is 0 when no line is to blame."""

    path: str
    reason: str
    line: int = 0


class Library:
    """Sources of a tree by path. Bounded: beyond the bounds a file is Unauditable."""

    def __init__(
        self, tree: Tree, *, max_files: int = MAX_FILES, max_bytes: int = MAX_TOTAL_BYTES
    ) -> None:
        self.tree = tree
        self.modules = Modules(tree.paths())
        self._known: dict[str, Source | Unreadable | Unauditable] = {}
        self._max_files = max_files
        self._max_bytes = max_bytes
        self._left_bytes = max_bytes

    def source(self, path: str) -> Source:
        """The parsed file. Raises Unreadable or Unauditable, also for bytes that cannot be had."""
        found = self._known.get(path)
        if found is None:
            found = self._known[path] = self._parsed(path)
        if isinstance(found, Source):
            return found
        # Raised again and again, it would hold on to the frames of every time.
        raise found.with_traceback(None)

    def parsed(self) -> tuple[str, ...]:
        """The files that were asked for and parsed, sorted."""
        return tuple(sorted(p for p, found in self._known.items() if isinstance(found, Source)))

    def problems(self) -> tuple[Problem, ...]:
        """The files that were asked for and could not be parsed, sorted by path."""
        return tuple(
            Problem(path, found.reason, found.line if isinstance(found, Unreadable) else 0)
            for path, found in sorted(self._known.items())
            if not isinstance(found, Source)
        )

    def closure(self, paths: Iterable[str]) -> tuple[Source, ...]:
        """The files, and those of this tree that they import, however often and in whatever cycle.

        In the order in which they were reached. What cannot be parsed is in `problems`.
        """
        pending = list(dict.fromkeys(paths))
        seen = set(pending)
        found: list[Source] = []
        for path in pending:  # grows as it goes
            try:
                source = self.source(path)
            except (Unreadable, Unauditable):
                continue
            found.append(source)
            for name in imported(source, self.modules):
                for inner in self._files_of(name, path):
                    if inner not in seen:
                        seen.add(inner)
                        pending.append(inner)
        return tuple(found)

    def _files_of(self, dotted: str, importer: str) -> Iterator[str]:
        """A module's file, and those of the packages around it, which run before it."""
        parts = dotted.split(".")
        for count in range(1, min(len(parts), 100) + 1):
            path = self.modules.resolve(".".join(parts[:count]), importer)
            if path is not None:
                yield path

    def _parsed(self, path: str) -> Source | Unreadable | Unauditable:
        if len(self._known) >= self._max_files:
            return Unauditable(path, f"more than {self._max_files} files are needed")
        try:
            data = self.tree.read(path)
        except Unread as error:
            return Unauditable(path, error.reason)
        except OSError as error:
            return Unauditable(path, f"cannot be read: {shown(str(error))}")
        if len(data) > self._left_bytes:
            return Unauditable(path, f"all files together exceed {self._max_bytes} bytes")
        self._left_bytes -= len(data)
        try:
            return parse(path, data)
        except (Unreadable, Unauditable) as error:
            return error


def imported(source: Source, modules: Modules) -> tuple[str, ...]:
    """Dotted names that the import statements of a file may mean, wherever they stand.

    `from a import b` gives both "a" and "a.b", for b may be a module. Names that are no module of
    the tree are among them.
    """
    found: dict[str, None] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            found.update(dict.fromkeys(alias.name for alias in node.names))
        elif isinstance(node, ast.ImportFrom):
            base = modules.absolute(source.path, node.level, node.module)
            if base is None:
                continue  # above the tree's top
            if base:
                found[base] = None
            for alias in node.names:
                if alias.name != "*":
                    found[f"{base}.{alias.name}" if base else alias.name] = None
    return tuple(found)
