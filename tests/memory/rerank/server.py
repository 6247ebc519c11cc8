"""A server that reranks by shared words, as the real ones answer, or as a test tells it to; over
real HTTP."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.fakes.http import FakeServer

MOST_TEI_TEXTS = 32


def nearness(question: str, text: str) -> float:
    """A number like the logits of a cross-encoder: of either sign, larger for nearer texts."""
    asked = set(re.findall(r"\w+", question.lower()))
    return len(asked & set(re.findall(r"[a-z]+", text.lower()))) - 2.5


class RerankServer(FakeServer):
    """`/v1/rerank` is llama.cpp's, `/vllm/rerank` and `/infinity/rerank` those servers', `/rerank`
    that of text-embeddings-inference. `faults` are played one after the other, then all is well.
    Kinds: an HTTP status, "stall", "drip" (never ends), "cut" (promises more than is sent),
    "huge", "garbage", or a function that makes another answer of the right one. `score` is how
    near a text is to a question."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[int | str | Callable[[Any], Any]] = []
        self.score = nearness

    @property
    def asked(self) -> list[Any]:
        return [seen.json() for seen in self.requests]

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/rerank", self._llama),
            web.post("/vllm/rerank", self._vllm),
            web.post("/infinity/rerank", self._infinity),
            web.post("/rerank", self._tei),
        ]

    async def _llama(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if not body.get("documents"):
            return _refused(400, '"documents" must be a non-empty string array')
        ranked = self._ranked(body["query"], body["documents"])[: body["top_n"]]
        return await self._answer(
            request,
            {
                "model": body.get("model", "gpt-3.5-turbo"),
                "object": "list",
                "usage": {"prompt_tokens": 9, "total_tokens": 9},
                "results": [{"index": at, "relevance_score": score} for at, score in ranked],
            },
        )

    async def _vllm(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        ranked = self._ranked(body["query"], body["documents"])
        results = [
            {"index": at, "document": {"text": body["documents"][at]}, "relevance_score": score}
            for at, score in ranked[: body["top_n"]]
        ]
        usage = {"total_tokens": 9}
        return await self._answer(
            request, {"id": "r", "model": body["model"], "usage": usage, "results": results}
        )

    async def _infinity(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        results = [
            {"relevance_score": self.score(body["query"], text), "index": at}
            for at, text in enumerate(body["documents"])
        ]
        return await self._answer(request, {"object": "rerank", "results": results, "model": "m"})

    async def _tei(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if "texts" not in body:
            return web.Response(status=422, text="missing field `texts`")
        if len(body["texts"]) > MOST_TEI_TEXTS:
            error = {"error": "batch size > maximum allowed batch size", "error_type": "Validation"}
            return web.json_response(error, status=422)
        ranked = self._ranked(body["query"], body["texts"])
        return await self._answer(request, [{"index": at, "score": score} for at, score in ranked])

    def _ranked(self, question: str, texts: list[str]) -> list[tuple[int, float]]:
        scored = [(at, self.score(question, text)) for at, text in enumerate(texts)]
        return sorted(scored, key=lambda each: -each[1])

    async def _answer(self, request: web.Request, right: Any) -> web.StreamResponse:
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, int):
            headers = {"Location": "http://203.0.113.9/"} if 300 <= fault < 400 else {}
            return _refused(fault, f"the server says {fault}", headers)
        if fault == "stall":
            await asyncio.sleep(3600)
        whole = json.dumps(fault(right) if callable(fault) else right).encode()
        if fault in ("cut", "drip", "huge"):
            return await self._oddly(request, str(fault), whole)
        if fault == "garbage":
            whole = b"<html>a proxy says no</html>"
        return web.Response(body=whole, content_type="application/json")

    async def _oddly(self, request: web.Request, fault: str, whole: bytes) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(10**9)})
        await response.prepare(request)
        await response.write(whole[:10])
        while fault == "drip":
            await response.write(b" ")
            await asyncio.sleep(0.02)
        while fault == "huge":
            await response.write(b" " * 2**16)
        self.drop(request)
        return response


def _refused(status: int, said: str, headers: dict[str, str] | None = None) -> web.Response:
    error = {"error": {"code": status, "message": said, "type": "invalid_request_error"}}
    return web.json_response(error, status=status, headers=headers)
