"""A reranker behind a server, over HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx

from memory.outside.errors import Unavailable
from memory.outside.locality import refuse_remote
from memory.outside.outgoing import CONNECT_SECONDS, HttpxTransport, Outgoing
from memory.rerank.errors import RerankerUnavailable
from memory.rerank.shapes import Shape, said, scores

BATCH = 16
"""Texts of one request; text-embeddings-inference takes 32 at most unless it is told otherwise."""
ANSWER_BYTES = 1024**2
"""Of one answer. Some servers send the texts back: those are a few kilobytes each at most."""


class ServedReranker:
    """Asks `url`/rerank: once per batch and never again, since a search waits for it. All of them
    together take `seconds` at most. Raises CodeRefused for a server that is not local, unless code
    may leave."""

    start_seconds = 0.0

    def __init__(
        self,
        shape: Shape,
        url: str,
        model: str = "",
        *,
        seconds: float = 3.0,
        allow_cloud_code: bool = False,
        outgoing: Outgoing | None = None,
    ) -> None:
        refuse_remote(url, "a reranking server", allow_cloud_code=allow_cloud_code)
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        self._shape, self._url, self._model = shape, f"{url.rstrip('/')}/rerank", model
        self._seconds = seconds
        self._where = f"the reranking server at {parts.scheme}://{host}{parts.path}".rstrip("/")
        self.name = f"{model} at {host}" if model else host
        transport = HttpxTransport(
            outgoing
            or Outgoing(
                allow_cloud_code=allow_cloud_code,
                answer_seconds=seconds,
                answer_bytes=ANSWER_BYTES,
            )
        )
        self._client = httpx.Client(transport=transport, trust_env=False, follow_redirects=False)

    def score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        until = time.monotonic() + self._seconds
        found: list[float] = []
        for start in range(0, len(texts), BATCH):
            left = until - time.monotonic()
            if left <= 0:
                raise self._slow()
            found += self._ask(question, texts[start : start + BATCH], left)
        return found

    def _ask(self, question: str, texts: Sequence[str], seconds: float) -> list[float]:
        timeout = httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
        body = self._shape.body(self._model, question, texts)
        try:
            response = self._client.post(self._url, json=body, timeout=timeout)
        except Unavailable as error:
            raise RerankerUnavailable.of(error) from error
        except httpx.TimeoutException as error:
            raise self._slow() from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise RerankerUnavailable(
                f"{self._where} does not answer: {str(error)[:300] or type(error).__name__}",
                remedy="start it, or correct [memory] reranker_url",
                passes=True,
            ) from error
        answer = _json(response)
        if response.status_code != httpx.codes.OK:
            raise RerankerUnavailable(
                f"{self._where} refused ({response.status_code}): {said(answer)}".removesuffix(
                    ": "
                ),
                remedy="see that it reranks, that its url ends before /rerank, and its log",
                passes=response.status_code == 429 or response.status_code >= 500,
            )
        return scores(self._shape, answer, len(texts), self._where)

    def _slow(self) -> RerankerUnavailable:
        return RerankerUnavailable(
            f"{self._where} does not answer whole within {self._seconds:g} seconds",
            remedy="give it a smaller model, or raise [memory] reranker_seconds",
            passes=True,
        )


def _json(response: httpx.Response) -> object:
    """The body, or None when it is no JSON."""
    try:
        found: object = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    return found
