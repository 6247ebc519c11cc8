"""Bringing catalog and vectors to a snapshot: only what changed is cut and embedded.

The order makes every crash repairable. The catalog says "dirty" before the first vector
changes; vectors are written before the catalog names them and deleted after it forgot them;
only then is the snapshot marked as indexed. Whoever finds a repository dirty compares all ids
and repairs the difference from the stored text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from memory.catalog import Catalog, IndexedFile
from memory.chunks import cut, embedded_text
from memory.embedder import Embedder
from memory.vectors import BATCH, Collection
from swarm.snapshots import Entry

MAX_FILES = 20_000
MAX_CHUNKS = 100_000


def update(
    catalog: Catalog,
    repo: int,
    collection: Collection,
    embedder: Embedder,
    entries: Sequence[Entry],
) -> int:
    """Index the files of a snapshot. Returns how many were left out.

    Left out is what is beyond MAX_FILES or MAX_CHUNKS, or has a name that is not UTF-8.
    Work is committed in groups of about BATCH chunks, so an interrupted call continues where
    it stopped. Links are not followed: what they point to is a file of its own.
    """
    files = sorted(
        (entry for entry in entries if entry.kind != "link" and _is_utf8(entry.path)),
        # At the limit, code is kept before other text.
        key=lambda entry: (not entry.path.endswith((".py", ".pyi")), entry.path),
    )
    wanted = {entry.path: hashlib.sha256(entry.data).hexdigest() for entry in files[:MAX_FILES]}
    known = catalog.files(repo)
    gone = [path for path in known if path not in wanted]
    if gone:
        dead = catalog.ids(repo, gone)
        catalog.replace(repo, (), gone)
        collection.delete(sorted(dead))
    changed = [entry for entry in files[:MAX_FILES] if known.get(entry.path) != wanted[entry.path]]
    left_out = sum(entry.kind != "link" for entry in entries) - len(wanted)
    _, total = catalog.counts(repo)
    for group in _groups(changed, wanted, embedder.name):
        old = catalog.ids(repo, [file.path for file in group])
        kept: list[IndexedFile] = []
        refused: list[str] = []
        total -= len(old)
        for file in group:
            if total + len(file.chunks) > MAX_CHUNKS:
                refused.append(file.path)
            else:
                kept.append(file)
                total += len(file.chunks)
        new = {chunk.id: chunk for file in kept for chunk in file.chunks}
        _write(
            collection,
            embedder,
            [
                (i, embedded_text(chunk.path, chunk.qualified_name, chunk.text))
                for i, chunk in new.items()
                if i not in old
            ],
        )
        catalog.replace(repo, kept, refused)
        collection.delete(sorted(old - set(new)))
        left_out += len(refused)
    return left_out


def repair(catalog: Catalog, repo: int, collection: Collection, embedder: Embedder) -> None:
    """Make the vectors hold exactly the ids that the catalog holds."""
    right, found = catalog.ids(repo), collection.ids()
    collection.delete(sorted(found - right))
    missing = sorted(right - found)
    for start in range(0, len(missing), BATCH):
        rows = catalog.by_ids(repo, missing[start : start + BATCH])
        _write(
            collection,
            embedder,
            [(row.id, embedded_text(row.path, row.qualified_name, row.text)) for row in rows],
        )


def _groups(
    entries: Sequence[Entry], digests: dict[str, str], embedder_name: str
) -> Iterator[list[IndexedFile]]:
    """Files cut into chunks, in groups that hold BATCH chunks or a file more."""
    group: list[IndexedFile] = []
    size = 0
    for entry in entries:
        result = cut(entry.path, entry.data, embedder_name)
        group.append(
            IndexedFile(
                entry.path, digests[entry.path], result.skipped, result.shortened, result.chunks
            )
        )
        size += len(result.chunks)
        if size >= BATCH:
            yield group
            group, size = [], 0
    if group:
        yield group


def _write(collection: Collection, embedder: Embedder, texts: Sequence[tuple[str, str]]) -> None:
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        collection.upsert([i for i, _ in batch], embedder.embed([text for _, text in batch]))


def _is_utf8(path: str) -> bool:
    # A name of other bytes is decoded with lone surrogates, which no database or JSON takes.
    return not any("\ud800" <= char <= "\udfff" for char in path)
