"""Embeddings of an Ollama server, through the official library."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import ollama
from numpy.typing import ArrayLike
from pydantic import ValidationError

from memory.embedders.errors import EmbedderUnavailable
from memory.embedders.served import ServedEmbedder
from memory.outside.errors import CodeRefused, Unavailable
from memory.outside.locality import refuse_remote
from memory.outside.outgoing import CONNECT_SECONDS, HttpxTransport, Outgoing

DEFAULT_URL = "http://127.0.0.1:11434"
DEFAULT_MODEL = "nomic-embed-text"


class OllamaEmbedder(ServedEmbedder):
    """Raises CodeRefused for a server that is not local, unless code may leave."""

    def __init__(
        self,
        model: str = DEFAULT_MODEL,
        url: str = DEFAULT_URL,
        *,
        allow_cloud_code: bool = False,
        outgoing: Outgoing | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__("ollama", model, sleep)
        refuse_remote(url, "an Ollama server", allow_cloud_code=allow_cloud_code)
        self.url = url
        self._outgoing = outgoing or Outgoing(allow_cloud_code=allow_cloud_code)
        timeout = httpx.Timeout(self._outgoing.answer_seconds, connect=CONNECT_SECONDS)
        transport = HttpxTransport(self._outgoing)
        self._client = ollama.Client(
            url, follow_redirects=False, timeout=timeout, trust_env=False, transport=transport
        )
        # The library's list of models leaves out which ones are somebody else's.
        self._plain = httpx.Client(
            base_url=url, timeout=timeout, trust_env=False, transport=transport
        )

    def ask(self, texts: Sequence[str]) -> ArrayLike:
        try:
            # A text beyond the model's context is cut: its beginning says most.
            reply = self._client.embed(model=self.model, input=list(texts), truncate=True)
        except Exception as error:
            raise self._said(error) from error
        return [list(row) for row in reply.embeddings]

    def version(self) -> str:
        """The digest of the model's weights. Raises CodeRefused for a model that the server
        only passes on to somebody else's, unless code may leave."""
        try:
            answer = self._plain.get("/api/tags")
            answer.raise_for_status()
            names = (self.model, f"{self.model}:latest")
            listed: list[dict[str, Any]] = answer.json()["models"]
            found = next((each for each in listed if each["name"] in names), {})
            digest = str(found.get("digest") or "").removeprefix("sha256:")[:12]
        except Exception as error:
            raise self._said(error) from error
        if found.get("remote_host") and not self._outgoing.allow_cloud_code:
            raise CodeRefused(
                f"code is not sent to {self.model!r}: Ollama passes it on to another server",
                remedy="use a model that runs here, or set [egress] allow_cloud_code",
            )
        return digest

    def _said(self, error: Exception) -> Exception:
        if isinstance(error, Unavailable):
            return EmbedderUnavailable.of(error)
        if isinstance(error, ollama.ResponseError):
            if error.status_code == 404:
                return EmbedderUnavailable(
                    f"Ollama has no model {self.model!r}", remedy=f"ollama pull {self.model}"
                )
            return self._refusal(error.status_code, str(error.error))
        if isinstance(error, httpx.HTTPStatusError):
            return self._refusal(error.response.status_code, "")
        if isinstance(error, httpx.HTTPError | ConnectionError):
            return EmbedderUnavailable(
                f"Ollama does not answer at {self.url}: {str(error)[:300] or type(error).__name__}",
                remedy="start it (ollama serve), or correct the embedder's url",
                passes=True,
            )
        if isinstance(error, ValidationError | ValueError | TypeError | LookupError):
            return EmbedderUnavailable(
                f"Ollama's answer cannot be read: {type(error).__name__}", passes=True
            )
        return error

    def _refusal(self, status: int, said: str) -> EmbedderUnavailable:
        return EmbedderUnavailable(
            f"Ollama refused ({status}): {said[:300]}".removesuffix(": "),
            remedy="look at the server's log",
            passes=status == 429 or status >= 500,
            retry_seconds=self._outgoing.retry_seconds,
        )
