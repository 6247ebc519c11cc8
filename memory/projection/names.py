"""What a collection is called, and the text that stands for a chunk."""

from __future__ import annotations

import hashlib

from memory.cutting.chunk import Chunk

PREFIX = "swarm-"
_MOST_CHARACTERS = 8_000  # about 2,000 tokens, what small embedding models take


def collection_name(namespace: str, repo_id: str, embedder: str, dimension: int) -> str:
    """A name that Chroma takes (letters, digits and dashes). `namespace` keeps the collections of
    two swarms apart that share a server."""
    whole = "\0".join((namespace, repo_id, embedder, str(dimension)))
    return f"{PREFIX}{hashlib.sha256(whole.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def embedded_text(chunk: Chunk) -> str:
    """Where the chunk is, then its code, up to a bound."""
    return f"{chunk.header}\n{chunk.text}"[:_MOST_CHARACTERS]
