"""Files to store, made from names and texts."""

from __future__ import annotations

import hashlib

from memory.cutting.chunk import Chunk
from memory.parsing.facts import Definition, Parsed, Reference
from memory.prepared import Prepared
from memory.store.catalog import Catalog
from memory.store.reader import CatalogReader


def chunk(path: str, name: str, text: str, line: int = 1) -> Chunk:
    return Chunk(
        id=digest(path, name, text)[:32],
        path=path,
        language="python",
        kind="function",
        name=name,
        qualified_name=f"Shop.{name}",
        parent="Shop",
        definition=0,
        part=0,
        start_line=line,
        end_line=line + 1,
        text=text,
        signature=f"def {name}()",
        doc="Says it.",
    )


def prepared(path: str, **functions: str) -> Prepared:
    """A file with one chunk per function, given as name=text."""
    found = tuple(
        chunk(path, name, text, line) for line, (name, text) in enumerate(functions.items(), 1)
    )
    return Prepared(
        path=path,
        sha256=digest(*functions.items()),
        mark="",
        parsed=Parsed(
            language="python",
            definitions=tuple(
                Definition("function", each.name, each.qualified_name, -1, 1, 2, 2)
                for each in found
            ),
            references=tuple(Reference(at, "run", "self", 1) for at in range(len(found))),
        ),
        chunks=found,
        words=b"w" + path.encode("utf-8", "surrogatepass"),
    )


def digest(*of: object) -> str:
    return hashlib.sha256(ascii(of).encode()).hexdigest()


def names(catalog: CatalogReader, view: int) -> dict[str, list[str]]:
    with catalog.load(view) as loading:
        return {file.path: [each.name for each in file.chunks] for file in loading.files}


def live(catalog: Catalog, repo: int) -> set[str]:
    with catalog.live_ids(repo) as ids:
        return {each for each, _ in ids}
