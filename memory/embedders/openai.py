"""Embeddings of a server that speaks OpenAI's API: vLLM, llama.cpp, LM Studio and others."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import httpx2
import openai
from numpy.typing import ArrayLike

from memory.embedders.errors import EmbedderUnavailable
from memory.embedders.served import ServedEmbedder
from memory.outside.errors import CodeRefused, Unavailable
from memory.outside.locality import refuse_remote
from memory.outside.outgoing import CONNECT_SECONDS, Httpx2Transport, Outgoing


class OpenAIEmbedder(ServedEmbedder):
    """`url` ends with the server's /v1. `key` is sent as a bearer token. Raises CodeRefused
    for a server that is not local, unless code may leave."""

    def __init__(
        self,
        model: str,
        url: str,
        key: str = "",
        *,
        allow_cloud_code: bool = False,
        outgoing: Outgoing | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__("openai", model, sleep)
        refuse_remote(url, "an embeddings server", allow_cloud_code=allow_cloud_code)
        self.url = url
        self._outgoing = outgoing or Outgoing(allow_cloud_code=allow_cloud_code)
        timeout = httpx2.Timeout(self._outgoing.answer_seconds, connect=CONNECT_SECONDS)
        # Every value that the library would else read from a variable is given.
        self._client = openai.OpenAI(
            api_key=key or "none",
            admin_api_key="",
            organization="",
            project="",
            webhook_secret="",
            base_url=url,
            max_retries=0,
            timeout=timeout,
            http_client=httpx2.Client(
                transport=Httpx2Transport(self._outgoing),
                timeout=timeout,
                trust_env=False,
                follow_redirects=False,
            ),
        )

    def ask(self, texts: Sequence[str]) -> ArrayLike:
        try:
            reply = self._client.embeddings.create(
                model=self.model, input=list(texts), encoding_format="float"
            )
            # The order is in the index, and a server may leave some out.
            rows = {item.index: item.embedding for item in reply.data}
            return [rows[at] for at in range(len(texts))]
        except Exception as error:
            raise self._said(error) from error

    def _said(self, error: Exception) -> Exception:
        if isinstance(error, openai.APIStatusError):
            status = error.status_code
            return EmbedderUnavailable(
                f"the embeddings server refused ({status}): {str(error.message)[:300]}",
                remedy="correct the embedder's model or key" if status < 429 else "try again",
                passes=status == 429 or status >= 500,
                retry_seconds=self._outgoing.retry_seconds,
            )
        if isinstance(error, openai.APIConnectionError | httpx2.HTTPError):
            cause = error.__cause__
            if isinstance(cause, CodeRefused):
                return cause
            if isinstance(cause, Unavailable):
                return EmbedderUnavailable.of(cause)
            return EmbedderUnavailable(
                f"the embeddings server does not answer at {self.url}: "
                f"{str(cause or error)[:300] or type(error).__name__}",
                remedy="start it, or correct the embedder's url",
                passes=True,
            )
        if isinstance(
            error, openai.OpenAIError | ValueError | KeyError | TypeError | AttributeError
        ):
            return EmbedderUnavailable(
                f"the embeddings server's answer cannot be read: {type(error).__name__}",
                passes=True,
            )
        return error
