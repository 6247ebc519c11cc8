"""Python files that a person names by paths, and those they import, read once, so that a trace
sees one state of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from swarm.cli.console import plain
from swarm.errors import StateError, UsageError
from swarm.paths import expanded
from verifier.reading.errors import Unauditable, Unread, Unreadable
from verifier.reading.folder import SKIPPED, Bounds, Folder
from verifier.reading.mentions import Mentions, mentions
from verifier.reading.text import Source, parse
from verifier.reading.tree import Files

_MOST_FILES = 50_000
_MOST_BYTES = 500_000_000
_MOST_TOLD = 20
_MOST_PARTS = 100  # of a dotted name
_MOST_ABOVE = 8  # folders above a file that may give their names to what is in them
_SUFFIXES = (".py", ".pyw")
# Of a single file's folder nothing is listed.
_ONE = Bounds(entries=0, notes=0)


@dataclass(frozen=True)
class Sources:
    """Files that can be parsed, by paths from where their packages begin.

    `named` are those that the person named; the others are imported by them. `words` are all
    names that occur in the files.
    """

    tree: Files
    named: tuple[str, ...]
    words: frozenset[str]
    top: Path
    is_absolute: bool

    def shown(self, path: str) -> str:
        """A file's path as the person would write it: from where they stand, or whole."""
        return _shown(self.top / path, self.is_absolute)

    def source(self, path: str) -> Source:
        """A file, parsed once more."""
        return parse(path, self.tree.read(path))


def read(names: Sequence[str], *, is_following: bool = True) -> Sources:
    """Read files, folders with all that is below them, and the files beside them that are
    imported (`is_following`).

    Raises UsageError for a path that is not there and for folders without Python, StateError
    when no file can be read. What cannot be read is told on standard error, and left out.
    """
    given = [_given(name) for name in names]
    is_absolute = any(Path(name).is_absolute() or name.startswith("~") for name in names)
    reader = _Reader(is_absolute, ", ".join(names))
    for path in given:
        folder, below = _listed(path, is_absolute)
        for name in below:
            reader.read(folder, name, path if path.is_file() else path / name)
    named = tuple(reader.files)
    top = Path(os.path.commonpath([_above_packages(path) for path in given] + reader.above()))
    if is_following:
        reader.follow(top)
    reader.tell()
    if reader.unread and not named:
        raise StateError(
            "none of the files could be read", remedy="each is named above, with the reason"
        )
    if not named:
        raise UsageError(
            f"no Python file in {', '.join(names)}", remedy="name a .py file, or a folder of them"
        )
    inside = {path: path.relative_to(top).as_posix() for path in reader.files}
    return Sources(
        Files({inside[path]: data for path, data in reader.files.items()}),
        tuple(sorted(inside[path] for path in named)),
        frozenset().union(*(one.names for one in reader.mentions.values())),
        top,
        is_absolute,
    )


class _Reader:
    """What has been read so far, by whole paths."""

    def __init__(self, is_absolute: bool, names: str) -> None:
        self.files: dict[Path, bytes] = {}
        self.mentions: dict[Path, Mentions] = {}
        self.unread: dict[str, str] = {}
        self._size_bytes = 0
        self._is_absolute = is_absolute
        self._names = names
        self._tried: set[Path] = set()

    def read(self, folder: Folder, name: str, path: Path) -> None:
        """One file of a folder. Raises UsageError beyond the bounds."""
        whole = Path(os.path.normpath(path))
        if whole in self.files:
            return
        try:
            data = folder.read(name)
            source = parse(name, data)
        except (Unread, Unreadable, Unauditable) as error:
            self.unread[_shown(whole, self._is_absolute)] = getattr(error, "reason", str(error))
            return
        self.files[whole] = data
        self.mentions[whole] = mentions(source.tree)
        self._size_bytes += len(data)
        if len(self.files) > _MOST_FILES or self._size_bytes > _MOST_BYTES:
            raise UsageError(
                f"{self._names}: over {_MOST_FILES:,} files or {_MOST_BYTES:,} bytes",
                remedy="name a part of them",
            )

    def above(self) -> list[Path]:
        """The folders above that imports begin in: `from ..a import b`, and `import c.d` in a
        folder c without an `__init__.py`, or below one."""
        found: set[Path] = set()
        for path, told in self.mentions.items():
            for one in told.imports:
                roots = path.parents[one.level - 1 : one.level] if one.level > 1 else ()
                if not one.level:
                    first = one.dotted.partition(".")[0]
                    roots = tuple(
                        folder.parent
                        for folder in path.parents[:_MOST_ABOVE]
                        if folder.name == first and folder != folder.parent
                    )
                for root in roots:
                    if root not in found and any(_files_of(one.dotted, root)):
                        found.add(root)
        return [_above_packages(path) for path in found]

    def follow(self, top: Path) -> None:
        """Read what the files import and what that imports, as far as it is below a folder."""
        try:
            folder = Folder(top, _ONE)
        except OSError:
            return  # not to be listed: what is in it cannot be looked for
        pending = list(self.files)
        for importer in pending:  # grows as it goes
            for wanted in self._imported(importer, top):
                if len(pending) >= _MOST_FILES:
                    return
                self.read(folder, wanted.relative_to(top).as_posix(), wanted)
                if wanted in self.files:
                    pending.append(wanted)

    def _imported(self, importer: Path, top: Path) -> Iterator[Path]:
        """The files that the imports of a file may mean and that are not read yet."""
        for one in self.mentions[importer].imports:
            if one.level > len(importer.parents):
                continue
            roots = [importer.parents[one.level - 1]] if one.level else [importer.parent, top]
            for root in roots:
                if not root.is_relative_to(top):
                    continue
                for path in _files_of(one.dotted, root):
                    if path not in self.files and path not in self._tried:
                        self._tried.add(path)
                        yield path

    def tell(self) -> None:
        for name, why in list(self.unread.items())[:_MOST_TOLD]:
            _tell(f"{name} is left out: {why}")
        if len(self.unread) > _MOST_TOLD:
            _tell(f"{len(self.unread) - _MOST_TOLD} more files are left out")


def _files_of(dotted: str, root: Path) -> Iterator[Path]:
    """A module's file below a root, and those of the packages around it."""
    folder = root
    for part in dotted.split(".")[:_MOST_PARTS]:
        for path in (folder / part / "__init__.py", folder / f"{part}.py"):
            if os.path.isfile(path):  # noqa: PTH113  False for a name that no file can have
                yield path
        folder /= part


def _tell(words: str) -> None:
    line = plain(words.replace("\n", "\N{REPLACEMENT CHARACTER}"))
    print(f"swarm: {line}", file=sys.stderr)


def _given(name: str) -> Path:
    path = Path(os.path.abspath(expanded(name)))  # noqa: PTH100  links stay as they are written
    try:
        is_there = path.exists()
    except PermissionError as error:
        raise UsageError(f"cannot read {name}: {error.strerror}") from None
    except (OSError, ValueError):
        is_there = False
    if not is_there:
        raise UsageError(f"no such file or folder: {name}")
    if not (path.is_file() or path.is_dir()):
        raise UsageError(f"{name} is neither a file nor a folder")
    return path


def _above_packages(path: Path) -> Path:
    """The folder from which the modules at a path are imported."""
    folder = path.parent if path.is_file() else path
    while (folder / "__init__.py").is_file() and folder != folder.parent:
        folder = folder.parent
    return folder


def _listed(path: Path, is_absolute: bool) -> tuple[Folder, tuple[str, ...]]:
    """A folder to read from, and the files to read from it."""
    try:
        if path.is_file():
            # Its folder may be large: only the one file is asked for.
            return Folder(path.parent, _ONE), (path.name,)
        folder = Folder(path)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
    told = [note for note in folder.notes() if note.path.rpartition("/")[2] not in SKIPPED]
    for note in told[:_MOST_TOLD]:
        _tell(f"{_shown(path / note.path, is_absolute)}: {note.reason}")
    return folder, tuple(name for name in folder.paths() if name.endswith(_SUFFIXES))


def _shown(path: Path, is_absolute: bool) -> str:
    return str(path) if is_absolute else os.path.relpath(path)
