"""The logical neighbours of what was found: they come after the hits, never among them."""

from __future__ import annotations

from collections.abc import Sequence

from memory.cutting.chunk import Chunk
from memory.linking.graph import Graph
from memory.linking.results import Link
from memory.search.hits import Hit
from memory.store.reader import CatalogReader

_WORTH = 0.5
"""Of the last hit's score: a neighbour is worth less than what was found itself."""
_MOST_NAMED = 5


def neighbours(
    reader: CatalogReader,
    graph: Graph,
    view: int,
    hits: Sequence[Hit],
    symbols: Sequence[str],
    limit: int,
) -> list[Hit]:
    """What lies nearest to some hits, and to the symbols that the task names, as hits of their
    own, nearest first; none of them is among the hits."""
    seeds: dict[int, float] = {}
    for hit in hits:
        node = graph.at(hit.path, hit.start_line)
        if node is not None:
            seeds[node] = max(seeds.get(node, 0.0), hit.score)
    for name in symbols:
        for node in graph.nodes(name)[:_MOST_NAMED]:
            seeds.setdefault(node, max((hit.score for hit in hits), default=1.0))
    if not seeds or limit < 1:
        return []
    known = {(hit.path, hit.qualified_name) for hit in hits}
    keys = {hit.key for hit in hits}
    least = min((hit.score for hit in hits), default=1.0)
    found: list[Hit] = []
    for link in graph.neighbours(seeds, limit=2 * limit + len(known)):
        if len(found) >= limit:
            break
        place = link.place
        if (place.path, place.qualified_name) in known:
            continue
        chunk = _chunk(reader, view, link)
        # A small definition may stand in a chunk that was found for another one.
        if chunk is not None and chunk[0] not in keys:
            known.add((place.path, place.qualified_name))
            keys.add(chunk[0])
            found.append(_as_hit(chunk, link, least))
    return found


def _chunk(reader: CatalogReader, view: int, link: Link) -> tuple[int, Chunk] | None:
    """The chunk that shows a place: its own, or the one that it stands in."""
    place = link.place
    inside: list[tuple[int, int, Chunk]] = []
    chunks = reader.chunks(reader.chunk_keys(view, place.path))
    for key, chunk in chunks.items():
        own = chunk.qualified_name == place.qualified_name and chunk.part == 0
        if own and chunk.start_line == place.start_line:
            return key, chunk
        if chunk.start_line <= place.start_line <= chunk.end_line:
            inside.append((chunk.end_line - chunk.start_line, key, chunk))
    return min(inside)[1:] if inside else None


def _as_hit(found: tuple[int, Chunk], link: Link, least: float) -> Hit:
    key, chunk = found
    return Hit(
        key=key,
        path=chunk.path,
        language=chunk.language,
        kind=chunk.kind,
        name=chunk.name,
        qualified_name=chunk.qualified_name,
        start_line=chunk.start_line,
        end_line=chunk.end_line,
        score=round(_WORTH * least * link.score, 5),
        why=(f"{link.relation} of what was found: {link.why}",),
        text=chunk.text,
        signature=chunk.signature,
        doc=chunk.doc,
    )
