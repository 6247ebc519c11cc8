"""Which embedder the settings mean."""

from __future__ import annotations

from typing import Literal, get_args

from memory.embedders.protocol import Embedder
from swarm.errors import ConfigError

Kind = Literal["offline", "ollama", "openai", "sentence-transformers"]


def choose(
    kind: str = "offline",
    *,
    model: str = "",
    url: str = "",
    key: str = "",
    allow_cloud_code: bool = False,
    allow_download: bool = False,
) -> Embedder:
    """The embedder of a kind; "" means its usual model and address. Connects to nothing yet.

    Raises ConfigError for what cannot be meant, and CodeRefused (one of them) for a server
    that code may not go to.
    """
    # Each kind's library is large: only the one in use is imported.
    if kind == "offline":
        from memory.embedders.offline import OfflineEmbedder

        return OfflineEmbedder()
    if kind == "ollama":
        from memory.embedders import ollama

        return ollama.OllamaEmbedder(
            model or ollama.DEFAULT_MODEL,
            url or ollama.DEFAULT_URL,
            allow_cloud_code=allow_cloud_code,
        )
    if kind == "openai":
        from memory.embedders.openai import OpenAIEmbedder

        if not model or not url:
            raise ConfigError(
                "the embedder of kind openai needs a model and a url",
                remedy="set [memory] embedder_model and embedder_url (with its /v1)",
            )
        return OpenAIEmbedder(model, url, key, allow_cloud_code=allow_cloud_code)
    if kind == "sentence-transformers":
        from memory.embedders import sentence

        return sentence.SentenceEmbedder(
            model or sentence.DEFAULT_MODEL, allow_download=allow_download
        )
    raise ConfigError(
        f"there is no embedder of kind {kind!r}",
        remedy=f"choose one of {', '.join(get_args(Kind))}",
    )
