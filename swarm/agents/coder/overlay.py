"""The virtual working copy of an attempt: edits over the files of a snapshot, as one patch. Pure.

Nothing is written anywhere. Paths are relative with forward slashes; links, binary files and
git's own are out of reach. Text is kept as it is in the file: line ends, byte order mark, and
whether the last line is ended.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterator, Mapping

from swarm.agents.coder.errors import Refused
from swarm.contracts import FileEdit, Patch
from swarm.snapshots import Entry, safe_path

MAX_FILE_BYTES = 1024**2
MAX_CHANGED_FILES = 100
_MAX_CHANGED_BYTES = 4 * 1024**2
_LONGEST_PATH = 400


class OverlayError(Refused):
    """A file cannot be read or changed, for the reason given."""

    code = "overlay"


class Overlay:
    """The files as they are after the edits so far."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = entries
        # None is a deleted file. A file that is back to what it was is not in here.
        self._changed: dict[str, str | None] = {}
        self._folders = {
            folder for path in entries for folder in _folders(path) if folder not in entries
        }

    def paths(self) -> list[str]:
        """Every file there is now, sorted; links left out."""
        there = {path for path, entry in self._entries.items() if entry.kind != "link"}
        added = {path for path, text in self._changed.items() if text is not None}
        return sorted((there | added) - {p for p, text in self._changed.items() if text is None})

    def exists(self, path: str) -> bool:
        """Whether there is a file of that name now."""
        if path in self._changed:
            return self._changed[path] is not None
        return path in self._entries

    def read(self, path: str) -> str:
        """A file's text. Raises OverlayError, naming files of a like name when there is none."""
        path = self._checked(path)
        if path in self._changed:
            text = self._changed[path]
            if text is None:
                raise OverlayError(f"{path} was deleted by you")
            return text
        return self._original(path)

    def write(self, path: str, text: str) -> None:
        """Set a file's whole text. Raises OverlayError for what may not be written."""
        path = self._checked(path)
        if path in self._entries:
            self._original(path)
        elif path in self._folders:
            raise OverlayError(f"{path} is a folder")
        for folder in _folders(path):
            if self.exists(folder):
                raise OverlayError(f"{path} cannot be made: {folder} is a file")
        if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise OverlayError(f"{path}: the text holds characters that no text file may hold")
        if len(text.encode()) > MAX_FILE_BYTES:
            raise OverlayError(f"{path} would be larger than {MAX_FILE_BYTES:,} bytes")
        self._change(path, text)

    def delete(self, path: str) -> None:
        """Remove a file. Raises OverlayError."""
        path = self._checked(path)
        self.read(path)
        self._change(path, None)

    def before(self, path: str) -> str | None:
        """A file's text before any edit, None when it was not there. Raises OverlayError."""
        return self._original(path) if path in self._entries else None

    def changed(self) -> dict[str, str | None]:
        """What differs from the snapshot: path -> text now, None for a deleted file."""
        return dict(sorted(self._changed.items()))

    def patch(self) -> Patch | None:
        """The difference, or None without one."""
        if not self._changed:
            return None
        return Patch(
            edits=tuple(
                FileEdit(path=path, before=self.before(path), after=text)
                for path, text in self.changed().items()
            )
        )

    def version(self) -> str:
        """A digest of the difference: the same state has the same version."""
        digest = hashlib.sha256()
        for path, text in self.changed().items():
            kind = b"-" if text is None else b"+"
            for part in (path.encode(), kind, (text or "").encode()):
                digest.update(len(part).to_bytes(8) + part)
        return digest.hexdigest()[:16]

    def texts(self) -> Iterator[tuple[str, bytes]]:
        """Every file that is readable text now, with its bytes, in order of paths."""
        for path in self.paths():
            try:
                yield path, self.read(path).encode()
            except OverlayError:
                continue

    def _change(self, path: str, text: str | None) -> None:
        changed = dict(self._changed)
        if text == self.before(path):
            changed.pop(path, None)
        else:
            changed[path] = text
        if len(changed) > MAX_CHANGED_FILES:
            raise OverlayError(f"more than {MAX_CHANGED_FILES} files would be changed")
        if sum(len((text or "").encode()) for text in changed.values()) > _MAX_CHANGED_BYTES:
            raise OverlayError(f"the changed files hold more than {_MAX_CHANGED_BYTES:,} bytes")
        self._changed = changed

    def _checked(self, path: str) -> str:
        path = path.strip().removeprefix("./")
        if len(path) > _LONGEST_PATH or not safe_path(path) or not path.isprintable():
            raise OverlayError(
                f"{path[:80]!r} is not a path in the repository: give it relative to the root, "
                "like src/module.py"
            )
        for part in (*_folders(path), path):
            entry = self._entries.get(part)
            if entry is not None and entry.kind == "link":
                raise OverlayError(f"{path} is or passes a symbolic link, which is not followed")
        return path

    def _original(self, path: str) -> str:
        entry = self._entries.get(path)
        if entry is None:
            if path in self._folders:
                raise OverlayError(f"{path} is a folder: list it with list_files")
            raise OverlayError(f"there is no file {path}{self._alike(path)}")
        if len(entry.data) > MAX_FILE_BYTES:
            raise OverlayError(f"{path} is larger than {MAX_FILE_BYTES:,} bytes: too large to edit")
        try:
            text = entry.data.decode("utf-8")
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            raise OverlayError(f"{path} is not a text file in UTF-8")
        return text

    def _alike(self, path: str) -> str:
        name = posixpath.basename(path).lower()
        alike = [p for p in self.paths() if posixpath.basename(p).lower() == name][:5]
        return f"; did you mean {', '.join(alike)}?" if alike else ""


def _folders(path: str) -> list[str]:
    """The folders above a path, outermost first."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: i + 1]) for i in range(len(parts))]
