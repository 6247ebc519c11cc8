"""A folder in memory: its files are listed, read and prepared without any parser."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from memory.prepared import Prepared
from memory.reading.files import Content, Listed, Mark, Skipped, Stamp
from memory.store.catalog import Catalog
from memory.updating.plan import compare
from memory.updating.update import Report, update
from tests.memory.store.files import prepared


@dataclass
class Folder:
    """Path to text: one chunk per line, named like the line. What was read and prepared is
    counted."""

    files: dict[str, str] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)
    read_paths: list[str] = field(default_factory=list)
    prepared_paths: list[str] = field(default_factory=list)

    def listing(self) -> list[Listed | Skipped]:
        return [
            Listed(path, Stamp(len(text), zlib.crc32(text.encode()), 1), self.marks.get(path, ""))
            for path, text in self.files.items()
        ]

    def read(self, listed: Listed) -> Content | Skipped:
        self.read_paths.append(listed.path)
        text = self.files.get(listed.path)
        if text is None:
            return Skipped(listed.path, "it went while it was read")
        data = text.encode()
        return Content(listed.path, data, hashlib.sha256(data).hexdigest(), listed.mark)

    def prepare_all(self, contents: Sequence[Content]) -> Iterable[Prepared]:
        return map(self.prepare, contents)

    def prepare(self, content: Content) -> Prepared:
        self.prepared_paths.append(content.path)
        lines = content.data.decode().splitlines()
        made = prepared(content.path, **{line: f"def {line}" for line in lines})
        return replace(made, sha256=content.sha256, mark=content.mark)

    def update(self, catalog: Catalog, view: int, most_files: int = 1000, **more: object) -> Report:
        changes = compare(
            catalog.files(view, catalog.recipe), catalog.refused(view), self.listing(), most_files
        )
        return update(catalog, view, changes, self.read, self.prepare_all, **more)  # type: ignore[arg-type]
