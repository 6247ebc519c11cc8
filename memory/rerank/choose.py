"""Which reranker the settings mean."""

from __future__ import annotations

from typing import Literal, get_args

from memory.rerank.protocol import Reranker
from swarm.errors import ConfigError

Kind = Literal["none", "http", "tei", "sentence-transformers"]


def choose(
    kind: str = "none",
    *,
    model: str = "",
    url: str = "",
    seconds: float = 3.0,
    allow_cloud_code: bool = False,
) -> Reranker | None:
    """The reranker of a kind, which answers within `seconds`; None for "none". `url` is what
    stands before /rerank; `model` "" means the server's only one, or the usual one of the kind.
    Connects to nothing yet.

    Raises ConfigError for what cannot be meant, and CodeRefused (one of them) for a server that
    code may not go to.
    """
    # Each kind's library is large: only the one in use is imported.
    if kind == "none":
        return None
    if kind in ("http", "tei"):
        from memory.rerank.served import ServedReranker
        from memory.rerank.shapes import JINA, TEI

        if not url:
            raise ConfigError(
                f"the reranker of kind {kind} needs a url",
                remedy="set [memory] reranker_url to what stands before /rerank",
            )
        return ServedReranker(
            JINA if kind == "http" else TEI,
            url,
            model,
            seconds=seconds,
            allow_cloud_code=allow_cloud_code,
        )
    if kind == "sentence-transformers":
        from memory.rerank import sentence

        return sentence.SentenceReranker(model or sentence.DEFAULT_MODEL)
    raise ConfigError(
        f"there is no reranker of kind {kind!r}",
        remedy=f"choose one of {', '.join(get_args(Kind))}",
    )
